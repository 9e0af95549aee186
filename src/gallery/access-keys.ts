// Makes AccessKeys: the pair a caller signs with, and the public half of an RSA pair.
import { createPublicKey, randomInt } from 'node:crypto';
import type { AccessKey, KeyStore } from './ports.ts';

/** The account that a new library begins with. */
const defaultAccount = 'default';

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const draw = (length: number): string =>
  Array.from({ length }, () => letters[randomInt(letters.length)]).join('');

/** An id to tell keys apart, and a secret of 238 random bits that no one else has seen. */
export const drawAccessKey = (
  account: string,
  nowMs: number,
): AccessKey & { material: { kind: 'secret' } } => ({
  id: `LETHE${draw(19)}`,
  account,
  status: 'active',
  createdAtMs: nowMs,
  material: { kind: 'secret', secret: draw(40) },
});

/**
 * A key whose owner signs with an RSA private key (ACS3-RSA-SHA256); Lethe holds only the public half.
 * @throws {Error} when the PEM is not an RSA public key of at least 2048 bits
 */
export function rsaAccessKey(account: string, pem: string, nowMs: number): AccessKey {
  const key = createPublicKey(pem);
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.asymmetricKeyType !== 'rsa' || bits < 2048) {
    throw new Error('the public key must be an RSA key of at least 2048 bits');
  }
  const material = {
    kind: 'rsa-public-key',
    pem: key.export({ type: 'spki', format: 'pem' }).toString(),
  } as const;
  return { ...drawAccessKey(account, nowMs), material };
}

export interface KeySeed {
  readonly id: string;
  readonly secret: string;
}

/**
 * Sees to it that somebody may call: the seed given, or a drawn pair for a library without keys.
 * @returns the pair that was drawn, to be shown once, or undefined
 * @throws {Error} when the seed's id stands in the library with another secret
 */
export async function ensureAccessKey(
  keys: KeyStore,
  seed: KeySeed | undefined,
  nowMs: number,
): Promise<KeySeed | undefined> {
  if (seed !== undefined) {
    await plantSeed(keys, seed, nowMs);
    return undefined;
  }
  if ((await keys.listAccessKeys()).length > 0) return undefined;
  const drawn = drawAccessKey(defaultAccount, nowMs);
  await keys.addAccessKey(drawn);
  return { id: drawn.id, secret: drawn.material.secret };
}

async function plantSeed(keys: KeyStore, { id, secret }: KeySeed, nowMs: number): Promise<void> {
  const present = await keys.findAccessKey(id);
  if (present === undefined) {
    const material = { kind: 'secret', secret } as const;
    await keys.addAccessKey({ id, account: defaultAccount, status: 'active', createdAtMs: nowMs, material });
  } else if (present.material.kind !== 'secret' || present.material.secret !== secret) {
    throw new Error(
      `the library already has an AccessKey ${id} with another secret: give that secret, or another LETHE_ACCESS_KEY_ID`,
    );
  }
}
