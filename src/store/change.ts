// What a change of the library may ask of the vault, within the transaction that changes its rows.

import type { RecordKind, SlotOwner } from './record-contexts.ts';
import type { UnsealedRecord } from './records.ts';
import type { Slot } from './slot-file.ts';
import type { ReceiptHandle } from './sqlite/receipt-table.ts';

/** What a change may do to the vault while it changes rows; all of it happens, or none. */
export interface Change {
  /** Seals a record into a slot of its own; the plaintext reads zero afterwards. */
  enter(kind: RecordKind, lookup: Buffer, plaintext: Buffer): Slot;
  /** Takes slots in rising order, each of which the change must fill. */
  take(count: number): Slot[];
  /** Seals a record into each slot, one after the other: all may be made in the same memory, which reads zero again. */
  fill(kind: RecordKind, slots: readonly Slot[], recordOf: (i: number) => UnsealedRecord): void;
  /** Whether a photograph is kept with the slot's face, one entered by an earlier change among them. */
  hasPhotograph(slot: Slot): boolean;
  /** The record in clear, those entered by earlier changes among them; undefined when it does not open. */
  read(owner: SlotOwner): Buffer | undefined;
  /** Erases a slot that no row points to any more; the change is answered after that, and its receipt signed. */
  erase(slot: Slot, receipt?: ReceiptHandle): void;
  /** Answers the change only once the rows it deleted are gone from the files. */
  eraseRows(): void;
}
