// Memory that worker threads share with the main one: pictures go over in it, one after another.

/** A decoded picture of 1,180 x 1,180 pixels, and nearly all JPEGs; memory for a larger one is not kept. */
const keptBytes = 4 * 1024 * 1024;

/** In words: node writes shared memory one element at a time. */
const wordBytes = BigUint64Array.BYTES_PER_ELEMENT;

/** New memory for each picture would cost more than its two copies: the system clears it page by page. */
export class LentMemory {
  readonly #free: SharedArrayBuffer[] = [];

  /**
   * Lends memory that begins with `bytes`, as soon as `use` asks for it. Where `use` succeeds, it has overwritten them;
   * where it fails, that is done here, since its thread may be dead.
   */
  async lend<Result>(
    bytes: Uint8Array,
    use: (borrow: () => SharedArrayBuffer) => Promise<Result>,
  ): Promise<Result> {
    const borrowed: SharedArrayBuffer[] = [];
    try {
      const result = await use(() => {
        const memory = this.#find(bytes.length);
        new Uint8Array(memory).set(bytes);
        borrowed.push(memory);
        return memory;
      });
      this.#free.push(...borrowed.filter(({ byteLength }) => byteLength <= keptBytes));
      return result;
    } catch (error) {
      for (const memory of borrowed) overwrite(memory, memory.byteLength);
      throw error;
    }
  }

  /** Where none is large enough one is given up, so that there are never more than were lent at once. */
  #find(length: number): SharedArrayBuffer {
    const index = this.#free.findIndex(({ byteLength }) => byteLength >= length);
    const [found] = this.#free.splice(index, 1);
    if (index >= 0 && found) return found;
    return new SharedArrayBuffer(Math.ceil(length / wordBytes) * wordBytes);
  }
}

/** Overwrites the beginning of lent memory, `length` bytes or a few more. */
export function overwrite(memory: SharedArrayBuffer, length: number): void {
  new BigUint64Array(memory, 0, Math.ceil(length / wordBytes)).fill(0n);
}
