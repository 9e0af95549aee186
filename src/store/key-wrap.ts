// Wraps many data keys in one call of the cipher: AES-256-GCM as `seal` makes it, where a call a key costs as a record's.
import { type Cipher, createCipheriv } from 'node:crypto';
import { keyContext, keySlotBytes } from './key-file.ts';
import { blockBytes, draw, keyBytes, type LibraryKeys, nonceBytes, seal, tagBytes } from './sealing.ts';
import type { Slot } from './slot-file.ts';

// NIST SP 800-38D, 7.1: the counter follows the nonce; its first block hides the tag, the next ones the key.
const countersOfKey = 1 + keyBytes / blockBytes;
const streamBytes = countersOfKey * blockBytes;
const tagAt = nonceBytes + keyBytes;
const tagWords = tagBytes / 4;

/** What differs in what a tag vouches for: the slot, and the wrapped key. */
const slotBytes = 8;
const vouchedBytes = slotBytes + keyBytes;

type WrappingKeys = Pick<LibraryKeys, 'wrappingKey' | 'libraryId'>;

export class KeyWrap {
  /** Block by block, so that one serves for all keys. */
  readonly #cipher: Cipher;
  readonly #tagRows: Int32Array;
  #tagOfZeros: Int32Array = new Int32Array(tagWords);
  readonly #vouched = Buffer.alloc(vouchedBytes);

  constructor(keys: WrappingKeys) {
    this.#cipher = createCipheriv('aes-256-ecb', keys.wrappingKey, null).setAutoPadding(false);
    this.#tagRows = learnTagRows(keys);
    this.#tagOfZeros = this.#learnTagOfZeros(keys);
  }

  /**
   * Writes each key, wrapped and bound to its slot, to where a slot of the key file begins.
   * @param dataKeys one after the other
   * @param into as many slots of the key file, one after the other
   */
  wrap(dataKeys: Buffer, slots: readonly Slot[], into: Buffer): void {
    for (let i = 0; i < slots.length; i++) draw(into, i * keySlotBytes, nonceBytes);
    const stream = this.#streamOf(into, slots.length);
    for (let i = 0; i < slots.length; i++) {
      const at = i * keySlotBytes;
      const streamAt = i * streamBytes;
      for (let k = 0; k < keyBytes; k++)
        into[at + nonceBytes + k] = dataKeys[i * keyBytes + k]! ^ stream[streamAt + blockBytes + k]!;
      this.#writeTag(slots[i]!, into, at);
      for (let k = 0; k < tagBytes; k++) into[at + tagAt + k]! ^= stream[streamAt + k]!;
    }
    stream.fill(0);
  }

  /** What hides the tag and the key of each slot, after the nonces that stand where they begin. */
  #streamOf(slots: Buffer, count: number): Buffer {
    const counters = Buffer.alloc(count * streamBytes);
    for (let i = 0; i < count; i++) {
      for (let counter = 0; counter < countersOfKey; counter++) {
        const at = i * streamBytes + counter * blockBytes;
        slots.copy(counters, at, i * keySlotBytes, i * keySlotBytes + nonceBytes);
        counters.writeUInt32BE(counter + 1, at + nonceBytes);
      }
    }
    return this.#cipher.update(counters);
  }

  /** Without a branch or an index that depends on a secret. */
  #writeTag(slot: Slot, into: Buffer, at: number): void {
    const vouched = this.#vouched;
    const rows = this.#tagRows;
    vouched.writeDoubleLE(slot);
    into.copy(vouched, slotBytes, at + nonceBytes, at + tagAt);
    let a = this.#tagOfZeros[0]!;
    let b = this.#tagOfZeros[1]!;
    let c = this.#tagOfZeros[2]!;
    let d = this.#tagOfZeros[3]!;
    for (let byte = 0, row = 0; byte < vouchedBytes; byte += 4) {
      let bits = vouched.readInt32BE(byte);
      for (const end = row + 32 * tagWords; row < end; row += tagWords, bits <<= 1) {
        const mask = bits >> 31;
        a ^= rows[row]! & mask;
        b ^= rows[row + 1]! & mask;
        c ^= rows[row + 2]! & mask;
        d ^= rows[row + 3]! & mask;
      }
    }
    into.writeInt32BE(a, at + tagAt);
    into.writeInt32BE(b, at + tagAt + 4);
    into.writeInt32BE(c, at + tagAt + 8);
    into.writeInt32BE(d, at + tagAt + 12);
  }

  /** From one key that the cipher itself has wrapped: its tag, less what its bits add, and less what hides it. */
  #learnTagOfZeros({ wrappingKey, libraryId }: WrappingKeys): Int32Array {
    const slot = 1;
    const sealed = seal(wrappingKey, Buffer.alloc(keyBytes), keyContext(libraryId, slot));
    const ours = Buffer.alloc(keySlotBytes);
    sealed.copy(ours);
    const stream = this.#streamOf(ours, 1);
    this.#writeTag(slot, ours, 0);
    return Int32Array.from({ length: tagWords }, (_, word) => {
      const at = tagAt + 4 * word;
      return sealed.readInt32BE(at) ^ ours.readInt32BE(at) ^ stream.readInt32BE(4 * word);
    });
  }

  /** Overwrites what was made from the wrapping key. */
  close(): void {
    this.#cipher.final();
    this.#tagRows.fill(0);
    this.#tagOfZeros.fill(0);
  }
}

/**
 * What each bit of slot and wrapped key adds to the tag, learnt from the cipher: under one nonce a tag is an affine
 * function of them over GF(2) (6.4 and 7.1). Slot and wrapped key stand in the same blocks as in a real wrapping, but as
 * bytes that are only vouched for; these tags leave the process nowhere.
 */
function learnTagRows({ wrappingKey, libraryId }: WrappingKeys): Int32Array {
  const message = Buffer.alloc(2 * blockBytes + keyBytes);
  libraryId.copy(message);
  const tagOf = (): Buffer => {
    const cipher = createCipheriv('aes-256-gcm', wrappingKey, Buffer.alloc(nonceBytes)).setAAD(message);
    cipher.final();
    return cipher.getAuthTag();
  };
  const zero = tagOf();
  const rows = new Int32Array(8 * vouchedBytes * tagWords);
  for (let bit = 0; bit < 8 * vouchedBytes; bit++) {
    const byte = bit >> 3;
    const at = byte < slotBytes ? libraryId.length + byte : 2 * blockBytes + byte - slotBytes;
    message[at] = 0x80 >> (bit & 7);
    const tag = tagOf();
    message[at] = 0;
    for (let word = 0; word < tagWords; word++)
      rows[bit * tagWords + word] = tag.readInt32BE(4 * word) ^ zero.readInt32BE(4 * word);
  }
  return rows;
}
