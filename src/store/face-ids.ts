// Ids of faces, given out in runs, and the keyed hashes that faces are found by: those of a run stand together.
import { createCipheriv, randomInt } from 'node:crypto';
import { maxFaceId, minFaceId } from '../wire/limits.ts';
import { blockBytes, type LibraryKeys, lookupBytes, lookupOf } from './sealing.ts';

/** Ids that differ in the last three digits. */
const idsInRun = 1_000;
const idBytes = String(maxFaceId).length;

export class FaceIds {
  readonly #next = new Map<string, number>();

  /** Ids of an account that most probably no face of it ever had: a run is drawn from 10^12, and given out once. */
  draw(account: string, count: number): string[] {
    let next = this.#next.get(account) ?? 0;
    const ids = Array.from({ length: count }, () => {
      if (next % idsInRun === 0)
        next = randomInt(minFaceId / idsInRun, (maxFaceId + 1) / idsInRun) * idsInRun;
      return String(next++);
    });
    this.#next.set(account, next);
    return ids;
  }
}

const runAt = 0;
const firstAt = blockBytes;
const secondAt = 2 * blockBytes;
const stride = 3 * blockBytes;
const bytesOfRun = 8;

/**
 * What ids of faces are found by in the database, which knows no id in clear: AES under a key of the account's. The
 * first 8 bytes are those of the whole run, so that the rows of faces enrolled together stand on a few pages of the
 * index.
 * @param faceIds any texts: what cannot be an id is found nowhere
 */
export function faceLookupsOf(keys: LibraryKeys, account: string, faceIds: readonly string[]): Buffer[] {
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
  const key = lookupOf(keys, 'faces', account, '');
  const hashes = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false).update(blocks);
  key.fill(0);
  return faceIds.map((_, i) => {
    const from = i * stride + firstAt - bytesOfRun;
    return hashes.subarray(from, from + lookupBytes);
  });
}

/** As `faceLookupsOf`, of one. */
export const faceLookupOf = (keys: LibraryKeys, account: string, faceId: string): Buffer =>
  faceLookupsOf(keys, account, [faceId])[0]!;
