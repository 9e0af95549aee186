// The keys of a backup: each only where it is still its row's, so that no deleted face has one there.
import { readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { hasKeyOf, keyHeadBytes, keySlotBytes } from './key-file.ts';
import { recordSlotBytes, slotsAtATime } from './record-file.ts';
import { firstSlot, type Slot } from './slot-file.ts';
import type { SlotTable } from './sqlite/slot-table.ts';

export interface CopiedKeys {
  /** The copy of `keys.bin`: keys that were their rows' when they were read, zeros elsewhere. */
  bytes: Buffer;
  /** Persons whose profile was no longer in its slot, or not the one that was copied. */
  readonly moved: Buffer[];
}

/** @param copied the copy of the records */
export async function copyKeys(
  keyFile: number,
  recordFile: number,
  copied: { read(into: Buffer, offset: number, length: number, position: number): Promise<unknown> },
  slots: SlotTable,
): Promise<CopiedKeys> {
  const bytes = Buffer.alloc(positionOf(slots.next));
  readSync(keyFile, bytes, 0, keyHeadBytes, 0);
  const moved: Buffer[] = [];
  const [then, now] = [Buffer.alloc(recordSlotBytes), Buffer.alloc(recordSlotBytes)];
  for (let first = firstSlot; first < slots.next; first += slotsAtATime) {
    const keys = readSettled(keyFile, first, slotsAtATime);
    for (const { slot, kind, lookup } of slots.listOwned(first, first + slotsAtATime)) {
      const key = keys.subarray((slot - first) * keySlotBytes, (slot - first + 1) * keySlotBytes);
      let isKept = hasKeyOf({ lookup }, { key });
      if (isKept && kind === 'profile') {
        // Renamed twice, a person may have another profile in the same slot, and the key of that one.
        await copied.read(then, 0, recordSlotBytes, slot * recordSlotBytes);
        readSync(recordFile, now, 0, recordSlotBytes, slot * recordSlotBytes);
        isKept = then.equals(now);
      }
      if (isKept) key.copy(bytes, positionOf(slot));
      else if (kind === 'profile') moved.push(lookup);
    }
    keys.fill(0);
  }
  return { bytes, moved };
}

/** Twice the same, so that no key is half overwritten. */
export function readSettled(from: number, first: Slot, count: number): Buffer {
  const read = (): Buffer => {
    const bytes = Buffer.alloc(count * keySlotBytes);
    readSync(from, bytes, 0, bytes.length, positionOf(first));
    return bytes;
  };
  let bytes = read();
  for (let again = read(); !again.equals(bytes); again = read()) bytes = again;
  return bytes;
}

const noKey = Buffer.alloc(keySlotBytes);

export const keyAt = ({ bytes }: CopiedKeys, slot: Slot): Buffer =>
  bytes.subarray(positionOf(slot), positionOf(slot + 1));

export const hasKeyAt = (keys: CopiedKeys, slot: Slot): boolean => !keyAt(keys, slot).equals(noKey);

export const positionOf = (slot: Slot): number => keyHeadBytes + (slot - firstSlot) * keySlotBytes;

export async function writeKeys(path: string, { bytes }: CopiedKeys): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(bytes);
  } finally {
    await file.close();
  }
}
