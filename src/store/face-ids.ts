// Ids of faces, given out in runs, and the keyed hashes that faces are found by: those of a run stand together.
import { type Cipher, randomInt } from 'node:crypto';
import { maxFaceId, minFaceId } from '../wire/limits.ts';
import { blockBytes, blockCipherOf, type LibraryKeys, lookupBytes, lookupOf } from './sealing.ts';

/** Ids that differ in the last three digits. */
const idsInRun = 1_000;
const idBytes = String(maxFaceId).length;

// What is hashed of an id: its run, then the id twice. Of the run's hash the last bytes count.
const runAt = 0;
const firstAt = blockBytes;
const secondAt = 2 * blockBytes;
const stride = 3 * blockBytes;
const bytesOfRun = 8;

export interface NewFace {
  readonly faceId: string;
  readonly lookup: Buffer;
}

export class FaceIds {
  readonly #keys: LibraryKeys;
  readonly #accounts = new Map<string, { next: number; readonly cipher: Cipher }>();

  constructor(keys: LibraryKeys) {
    this.#keys = keys;
  }

  /** Ids of an account that most probably no face of it ever had: a run is drawn from 10^12, and given out once. */
  draw(account: string, count: number): NewFace[] {
    let drawing = this.#accounts.get(account);
    if (drawing === undefined) {
      drawing = { next: 0, cipher: hashingCipher(this.#keys, account) };
      this.#accounts.set(account, drawing);
    }
    const faceIds: string[] = [];
    while (faceIds.length < count) {
      if (drawing.next % idsInRun === 0)
        drawing.next = randomInt(minFaceId / idsInRun, (maxFaceId + 1) / idsInRun) * idsInRun;
      faceIds.push(String(drawing.next++));
    }
    const lookups = hash(drawing.cipher, faceIds);
    return faceIds.map((faceId, i) => ({ faceId, lookup: lookups[i]! }));
  }

  /** Overwrites what was derived from the keys. */
  close(): void {
    for (const { cipher } of this.#accounts.values()) cipher.final();
  }
}

/**
 * What an id is found by in the database, which knows no id in clear: AES under a key of the account's. The first 8
 * bytes are those of the whole run, so that the rows of faces enrolled together stand on a few pages of the index.
 * @param faceId any text: what cannot be an id is found nowhere
 */
export const faceLookupOf = (keys: LibraryKeys, account: string, faceId: string): Buffer =>
  hash(hashingCipher(keys, account), [faceId])[0]!;

function hashingCipher(keys: LibraryKeys, account: string): Cipher {
  const key = lookupOf(keys, 'faces', account, '');
  const cipher = blockCipherOf(key);
  key.fill(0);
  return cipher;
}

function hash(cipher: Cipher, faceIds: readonly string[]): Buffer[] {
  const blocks = Buffer.alloc(faceIds.length * stride);
  for (const [i, faceId] of faceIds.entries()) {
    const length = Buffer.byteLength(faceId);
    if (length > idBytes) continue;
    const at = i * stride;
    blocks.write(faceId.slice(0, -3), at + runAt);
    for (const [number, part] of [firstAt, secondAt].entries()) {
      blocks.write(faceId, at + part);
      // Past the longest id: which block of the two, and where the id ends.
      blocks[at + part + blockBytes - 1] = (1 + number) * blockBytes + length;
    }
  }
  const hashes = cipher.update(blocks);
  return faceIds.map((_, i) => {
    const from = i * stride + firstAt - bytesOfRun;
    return hashes.subarray(from, from + lookupBytes);
  });
}
