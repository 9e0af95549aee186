// Consecutive slots as they stand on disk, in memory that serves for one range after another.
import { keySlotBytes } from './key-file.ts';
import { recordSlotBytes } from './record-file.ts';
import { partsOf, type SealedParts } from './sealing.ts';

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

  /** Of the record in the `i`th slot; they hold until the next one's. */
  partsOf(i: number): SealedParts {
    const at = (i + 1) * recordSlotBytes;
    this.#bytes.copyWithin(0, at, at + recordSlotBytes);
    return this.#parts;
  }
}
