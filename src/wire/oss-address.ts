// Where uploads lie, in the words of the cloud's object storage: bucket, folder, object, and addresses that name them.
import { Refusal } from './errors.ts';
import { maxObjectNameBytes } from './limits.ts';
import { headerOf, splitTarget, type WireRequest } from './request.ts';

/** The one bucket, so that a name for it (`lethe-uploads.<host>`) is one name for DNS and certificate, too. */
export const uploadBucket = 'lethe-uploads';

/** The folder of an account, none named as the bucket is: whoever has credentials for uploads may write below it and nowhere else. */
export const uploadFolderOf = (account: string): string => `upload/${encodeURIComponent(account)}`;

export interface ObjectAddress {
  readonly bucket: string;
  /** Decoded, without a slash before it. */
  readonly object: string;
}

/** Whether a request speaks to the object storage rather than to the face API. */
export function isStorageRequest({ method, target, rawHeaders }: Omit<WireRequest, 'body'>): boolean {
  const isNamed = (name: string, form: RegExp) =>
    rawHeaders.some((text, i) => i % 2 === 0 && text.toLowerCase() === name && form.test(rawHeaders[i + 1]!));
  return (
    isNamed('authorization', /^OSS4?[ -]/) ||
    isNamed('host', hostOfBucket) ||
    (method === 'PUT' && target.startsWith(`/${uploadBucket}/`))
  );
}

const hostOfBucket = new RegExp(`^${uploadBucket}\\.`, 'i');

/**
 * Reads bucket and object: from the path `/<bucket>/<object>`, or `/<object>` under `Host: <bucket>.<anything>`. ali-oss,
 * given an IP address as endpoint, names the cloud's own host after the bucket, and with `sldEnable` does both.
 * @throws {Refusal} noSuchBucket, storageObjectName, malformedRequest
 */
export function readObjectAddress(request: WireRequest): ObjectAddress {
  const path = decodePath(splitTarget(request.target).path);
  const isBelowBucket = path === uploadBucket || path.startsWith(`${uploadBucket}/`);
  if (!isBelowBucket && !hostOfBucket.test(headerOf(request, 'host') ?? ''))
    throw new Refusal('noSuchBucket');
  const object = isBelowBucket ? path.slice(uploadBucket.length + 1) : path;
  if (!isObjectName(object)) throw new Refusal('storageObjectName');
  return { bucket: uploadBucket, object };
}

/** Without the slash it begins with; a `+` is a plus. */
function decodePath(path: string): string {
  try {
    return decodeURIComponent(path.slice(1));
  } catch {
    throw new Refusal('storageObjectName');
  }
}

/** No control characters, and no part that a file system would read as a way elsewhere, though none is asked. */
const isObjectName = (name: string): boolean =>
  Buffer.byteLength(name) <= maxObjectNameBytes &&
  !/[\p{Cc}\\]/u.test(name) &&
  name.split('/').every((part) => part !== '' && part !== '.' && part !== '..');

/**
 * Reads `oss://<bucket>/<object>`, or with `<bucket>.<endpoint>` in the bucket's place; the object is not encoded.
 * Undefined where it names no object of ours.
 */
export function readOssUrl(text: string): string | undefined {
  const [, host, object] = /^oss:\/\/([^/]+)\/(.+)$/is.exec(text) ?? [];
  const isOurs = host === uploadBucket || (host !== undefined && hostOfBucket.test(host));
  return isOurs && object !== undefined && isObjectName(object) ? object : undefined;
}
