// Consecutive slots as they stand on disk, in memory that serves for one range after another.
import { keySlotBytes } from './key-file.ts';
import { recordSlotBytes } from './record-file.ts';
import { keyBytes, partsOf, type SealedParts } from './sealing.ts';

export class SealedRange {
  readonly keys: Uint8Array;
  readonly records: Uint8Array;
  /** The records, and before them room for one: its parts are views that are made once. */
  readonly #bytes: Uint8Array;
  readonly #parts: SealedParts;

  constructor(slots: number) {
    this.keys = new Uint8Array(slots * keySlotBytes);
    this.#bytes = new Uint8Array((slots + 1) * recordSlotBytes);
    this.records = this.#bytes.subarray(recordSlotBytes);
    this.#parts = partsOf(this.#bytes.subarray(0, recordSlotBytes));
  }

  /** Without the marks, one after the other. */
  get wrappedKeys(): Uint8Array {
    const wrapped = new Uint8Array((this.keys.length / keySlotBytes) * keyBytes);
    for (let from = 0, to = 0; from < this.keys.length; from += keySlotBytes, to += keyBytes)
      for (let k = 0; k < keyBytes; k++) wrapped[to + k] = this.keys[from + k]!;
    return wrapped;
  }

  /** Of the record in the `i`th slot; they hold until the next one's. */
  partsOf(i: number): SealedParts {
    const at = (i + 1) * recordSlotBytes;
    this.#bytes.copyWithin(0, at, at + recordSlotBytes);
    return this.#parts;
  }
}
