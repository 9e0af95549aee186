// Consecutive slots as they stand on disk, in memory that serves for one range after another.
import { keySlotBytes } from './key-file.ts';
import { recordSlotBytes } from './record-file.ts';
import { keyBytes, partsOf, type SealedParts } from './sealing.ts';

export class SealedRange {
  readonly keys: Uint8Array;
  readonly records: Uint8Array;
  /** Of the record in each slot: views that are made once. */
  readonly parts: readonly SealedParts[];
  /** Room for the keys in clear, to be overwritten by who fills it. */
  readonly dataKeys: Uint8Array;
  /** Of each slot. */
  readonly dataKey: readonly Uint8Array[];

  constructor(slots: number) {
    const views = (memory: Uint8Array, bytes: number) =>
      Array.from({ length: slots }, (_, i) => memory.subarray(i * bytes, (i + 1) * bytes));
    this.keys = new Uint8Array(slots * keySlotBytes);
    this.records = new Uint8Array(slots * recordSlotBytes);
    this.parts = views(this.records, recordSlotBytes).map(partsOf);
    this.dataKeys = new Uint8Array(slots * keyBytes);
    this.dataKey = views(this.dataKeys, keyBytes);
  }

  /** Without the marks, one after the other. */
  get wrappedKeys(): Uint8Array {
    const wrapped = new Uint8Array(this.dataKeys.length);
    for (let from = 0, to = 0; from < this.keys.length; from += keySlotBytes, to += keyBytes)
      for (let k = 0; k < keyBytes; k++) wrapped[to + k] = this.keys[from + k]!;
    return wrapped;
  }
}
