// The key that signs receipts: made once with the library, sealed under the library key, never leaving it.
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { fingerprintOf } from '../gallery/receipts.ts';
import { type LibraryKeys, sealText, unsealText } from './sealing.ts';
import type { Connection } from './sqlite/database.ts';

export interface ReceiptKey {
  readonly privateKey: KeyObject;
  readonly fingerprint: string;
  /** SPKI, PEM: what the operator gives to whoever shall check receipts. */
  readonly publicPem: string;
}

const name = 'receipt_key';
const kind = 'receipt key';

/** Opens the key; makes it where the library, at its first start, has none yet. */
export function openReceiptKey(connection: Connection, keys: LibraryKeys): ReceiptKey {
  const key = readReceiptKey(connection, keys);
  if (key !== undefined) return key;
  const { privateKey } = generateKeyPairSync('ed25519');
  const text = privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64');
  connection
    .prepare('INSERT INTO meta VALUES (?, ?)')
    .run(name, sealText(keys, kind, Buffer.from(name), text));
  return describe(privateKey);
}

/**
 * Undefined before the first start.
 * @throws {Error} when the key does not open
 */
export function readReceiptKey(connection: Connection, keys: LibraryKeys): ReceiptKey | undefined {
  const sealed = connection
    .prepare<[string], Buffer>('SELECT value FROM meta WHERE name = ?')
    .pluck()
    .get(name);
  if (sealed === undefined) return undefined;
  const der = Buffer.from(unsealText(keys, kind, Buffer.from(name), sealed), 'base64');
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  der.fill(0);
  return describe(privateKey);
}

function describe(privateKey: KeyObject): ReceiptKey {
  const publicKey = createPublicKey(privateKey);
  return {
    privateKey,
    fingerprint: fingerprintOf(publicKey),
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }) as string,
  };
}
