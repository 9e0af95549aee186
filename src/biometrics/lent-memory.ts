// Memory that a worker thread shares with the main one: pictures go over in it, one after another, in one place.

/** A picture of 1,920 x 1,920 pixels; memory for a larger one is not kept. */
const keptBytes = 1920 * 1920 * 3;

/** In words: node writes shared memory one element at a time. */
const wordBytes = BigUint64Array.BYTES_PER_ELEMENT;

/** New memory for each picture would cost more than its two copies: the system clears it page by page. */
export class LentMemory {
  #memory: SharedArrayBuffer | undefined;

  /** Puts bytes at the beginning of the memory that is answered, where they stay until the next are put. */
  put(bytes: Uint8Array): SharedArrayBuffer {
    const memory =
      this.#memory !== undefined && this.#memory.byteLength >= bytes.length
        ? this.#memory
        : new SharedArrayBuffer(Math.ceil(bytes.length / wordBytes) * wordBytes);
    new Uint8Array(memory).set(bytes);
    this.#memory = memory;
    return memory;
  }

  /** For when the worker is done: what it was lent it has overwritten. */
  takeBack(): void {
    if (this.#memory !== undefined && this.#memory.byteLength > keptBytes) this.#memory = undefined;
  }

  /** For when the worker cannot have overwritten it. */
  forget(): void {
    if (this.#memory !== undefined) overwrite(this.#memory, this.#memory.byteLength);
    this.#memory = undefined;
  }
}

/** Overwrites the beginning of lent memory, `length` bytes or a few more. */
export function overwrite(memory: SharedArrayBuffer, length: number): void {
  new BigUint64Array(memory, 0, Math.ceil(length / wordBytes)).fill(0n);
}
