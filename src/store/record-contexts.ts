// Whose a record is, and what binds it to that, so that it opens nowhere else: library, slot, lookup and kind.
import { libraryIdBytes, lookupBytes } from './sealing.ts';
import type { Slot } from './slot-file.ts';

export type RecordKind = 'face' | 'profile';

/** Whose record stands in a slot. */
export interface SlotOwner {
  readonly slot: Slot;
  readonly kind: RecordKind;
  readonly lookup: Uint8Array;
}

const slotAt = libraryIdBytes;
const lookupAt = slotAt + 8;
const kindAt = lookupAt + lookupBytes;

/** Of several records of a kind, one after the other. */
export class RecordContexts {
  readonly bytes: Buffer;
  readonly #length: number;

  constructor(libraryId: Buffer, kind: RecordKind, count: number) {
    const common = Buffer.alloc(kindAt + kind.length);
    libraryId.copy(common);
    common.write(kind, kindAt);
    this.#length = common.length;
    this.bytes = Buffer.alloc(count * common.length, common);
  }

  /** @param from where in `lookup` the owner's begins */
  set(i: number, slot: Slot, lookup: Uint8Array, from = 0): void {
    const at = i * this.#length;
    this.bytes.writeDoubleLE(slot, at + slotAt);
    for (let k = 0; k < lookupBytes; k++) this.bytes[at + lookupAt + k] = lookup[from + k]!;
  }
}

export function recordContextOf(libraryId: Buffer, { slot, kind, lookup }: SlotOwner): Buffer {
  const contexts = new RecordContexts(libraryId, kind, 1);
  contexts.set(0, slot, lookup);
  return contexts.bytes;
}

export const photographContextOf = (libraryId: Buffer, owner: SlotOwner): Buffer =>
  Buffer.concat([recordContextOf(libraryId, owner), Buffer.from(' photograph')]);
