// Gives a caller a temporary key for uploads, and says under which address this server takes them.
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { Caller } from '../gallery/callers.ts';
import type { KeyStore } from '../gallery/ports.ts';
import type { UploadKey } from '../operations/operation.ts';
import { uploadLifeMs } from '../wire/limits.ts';
import { uploadBucket, uploadFolderOf } from '../wire/oss-address.ts';

/** It lasts no longer than the key that asked, and is in the name of the same stored key. */
export async function lendUploadKey(
  keys: Pick<KeyStore, 'issueTemporaryKey'>,
  { account, parentId, expiresAtMs: endsAtMs = Number.POSITIVE_INFINITY }: Caller,
  endpoint: string,
  nowMs: number,
): Promise<UploadKey> {
  const expiresAtMs = Math.min(nowMs + uploadLifeMs, endsAtMs);
  const key = await keys.issueTemporaryKey({ account, parentId, expiresAtMs, isForUploads: true });
  return {
    accessKeyId: key.id,
    accessKeySecret: key.secret,
    securityToken: key.securityToken,
    expiresAtMs,
    endpoint,
    bucket: uploadBucket,
    folder: uploadFolderOf(account),
  };
}

/**
 * The address that a request was sent to. pop-core leaves the port out of `Host`, so that of the socket is put where there
 * is none. For localhost, its IP address: the clients put the bucket before a name, and lethe-uploads.localhost is known
 * to few.
 */
export function endpointOf({ headers: { host = '' }, socket }: IncomingMessage): string {
  const scheme = socket instanceof TLSSocket ? 'https' : 'http';
  const { localAddress = '', localPort } = socket;
  const here = localAddress.includes(':') ? `[${localAddress}]` : localAddress;
  const [, name = here, port = `:${localPort}`] =
    /^([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?$/.exec(host) ?? [];
  const asked = `${scheme}://${name.toLowerCase() === 'localhost' ? '127.0.0.1' : name}${port}`;
  return new URL(URL.canParse(asked) ? asked : `${scheme}://${here}:${localPort}`).origin;
}
