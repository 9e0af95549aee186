// AES-256-GCM of many records in one call: by the addon native/aead.cc, or where that was not built by node:crypto.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { draw, keyBytes, nonceBytes, partsOf, sealBytes, sealInto, unsealParts } from './sealing.ts';

/** Keys, contexts and records stand one after the other, all of a kind of the same length. */
export interface Aead {
  /**
   * @param sealed written: as `seal` makes it, each under a nonce of its own
   * @throws {RangeError} where lengths do not fit each other
   */
  sealAll(keys: Uint8Array, contexts: Uint8Array, plaintexts: Uint8Array, sealed: Buffer): void;
  /**
   * @param places of the records to open, among the keys and what is sealed
   * @param contexts of the records to open, as are those that follow
   * @param plaintexts written: zeros where one does not open
   * @param isOpen written: 1 where one opens, else 0
   * @throws {RangeError} where lengths do not fit each other
   */
  openAll(
    keys: Uint8Array,
    sealed: Uint8Array,
    places: Uint32Array,
    contexts: Uint8Array,
    plaintexts: Uint8Array,
    isOpen: Uint8Array,
  ): void;
}

/** As native/aead.cc has it. */
interface Addon extends Pick<Aead, 'openAll'> {
  sealAll(
    keys: Uint8Array,
    nonces: Uint8Array,
    contexts: Uint8Array,
    plaintexts: Uint8Array,
    sealed: Uint8Array,
  ): void;
}

export const nodeAead: Aead = {
  sealAll(keys, contexts, plaintexts, sealed) {
    const count = keys.length / keyBytes;
    const key = split(keys, count);
    const context = split(contexts, count);
    const plaintext = split(plaintexts, count);
    const record = split(sealed, count);
    for (let i = 0; i < count; i++) sealInto(record(i), key(i), plaintext(i), context(i));
  },

  openAll(keys, sealed, places, contexts, plaintexts, isOpen) {
    const context = split(contexts, places.length);
    const plaintext = split(plaintexts, places.length);
    const key = split(keys, keys.length / keyBytes);
    const record = split(sealed, sealed.length / (plaintexts.length / places.length + sealBytes));
    if (isOpen.length !== places.length) throw new RangeError(`${isOpen.length} are not ${places.length}`);
    for (const [i, place] of places.entries()) {
      const opened = unsealParts(key(place), partsOf(record(place)), context(i));
      isOpen[i] = opened === undefined ? 0 : 1;
      plaintext(i).fill(0);
      if (opened !== undefined) plaintext(i).set(opened);
      opened?.fill(0);
    }
  },
};

/** Undefined where it was not built, or does not load into this Node. */
export const addonAead: Aead | undefined = loadAddon();

export const aead: Aead = addonAead ?? nodeAead;

function loadAddon(): Aead | undefined {
  try {
    // Right from src/ and from dist/.
    const path = fileURLToPath(new URL('../../build/aead.node', import.meta.url));
    const addon = createRequire(import.meta.url)(path) as Addon;
    return {
      sealAll(keys, contexts, plaintexts, sealed) {
        const nonces = draw(Buffer.allocUnsafe(Math.floor(keys.length / keyBytes) * nonceBytes));
        addon.sealAll(keys, nonces, contexts, plaintexts, sealed);
      },
      openAll: addon.openAll,
    };
  } catch {
    return undefined;
  }
}

/** The i-th of so many parts. @throws {RangeError} where they are not whole */
function split<Bytes extends Uint8Array>(bytes: Bytes, count: number): (i: number) => Bytes {
  const length = bytes.length / count;
  if (!Number.isInteger(length)) throw new RangeError(`${bytes.length} bytes are not ${count} of one length`);
  return (i) => {
    if (i >= count) throw new RangeError(`there are ${count}, and none at ${i}`);
    return bytes.subarray(i * length, (i + 1) * length) as Bytes;
  };
}
