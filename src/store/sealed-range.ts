// Consecutive slots as they stand on disk, and what they hold in clear, in memory that serves for one range after another.
import { keySlotBytes } from './key-file.ts';
import { recordSlotBytes } from './record-file.ts';
import { recordBytes } from './records.ts';
import { keyBytes } from './sealing.ts';

export class SealedRange {
  readonly keys: Uint8Array;
  readonly records: Uint8Array;
  /** Room for the keys in clear, to be overwritten by who fills it. */
  readonly dataKeys: Uint8Array;
  /** Room for as many records in clear, likewise. */
  readonly plaintexts: Uint8Array;
  /** Of each record: views that are made once. */
  readonly plaintext: readonly Buffer[];

  constructor(slots: number) {
    this.keys = new Uint8Array(slots * keySlotBytes);
    this.records = new Uint8Array(slots * recordSlotBytes);
    this.dataKeys = new Uint8Array(slots * keyBytes);
    this.plaintexts = new Uint8Array(slots * recordBytes);
    this.plaintext = Array.from({ length: slots }, (_, i) =>
      Buffer.from(this.plaintexts.buffer, i * recordBytes, recordBytes),
    );
  }

  /** Without the marks, one after the other. */
  get wrappedKeys(): Uint8Array {
    const wrapped = new Uint8Array(this.dataKeys.length);
    for (let from = 0, to = 0; from < this.keys.length; from += keySlotBytes, to += keyBytes)
      for (let k = 0; k < keyBytes; k++) wrapped[to + k] = this.keys[from + k]!;
    return wrapped;
  }
}
