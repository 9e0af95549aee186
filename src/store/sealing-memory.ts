// Memory that two threads share while records are sealed: records in clear at its front, what they become behind them.
import { keySlotBytes } from './key-file.ts';
import { recordSlotBytes } from './record-file.ts';
import { recordBytes } from './records.ts';

/**
 * Records handed over at a time. A message and its answer cost about as much as sealing one record: shared by so many,
 * little, and a few are sealed sooner where they are.
 */
export const recordsAtATime = 16;

export class SealingMemory {
  readonly shared: SharedArrayBuffer;
  readonly #bytes: Buffer;

  constructor(
    shared = new SharedArrayBuffer(recordsAtATime * (recordBytes + keySlotBytes + recordSlotBytes)),
  ) {
    this.shared = shared;
    this.#bytes = Buffer.from(shared);
  }

  plaintext(i: number): Buffer {
    return this.#part(0, i, recordBytes);
  }

  key(i: number): Buffer {
    return this.#part(recordsAtATime * recordBytes, i, keySlotBytes);
  }

  record(i: number): Buffer {
    return this.#part(recordsAtATime * (recordBytes + keySlotBytes), i, recordSlotBytes);
  }

  erasePlaintexts(): void {
    this.#bytes.fill(0, 0, recordsAtATime * recordBytes);
  }

  #part(from: number, i: number, bytes: number): Buffer {
    return this.#bytes.subarray(from + i * bytes, from + (i + 1) * bytes);
  }
}
