// Finds what is left of bytes: every run of 16 or more that still stands somewhere in a set of files.

/** Sizes of the slots of keys.bin and templates.bin, as the format has them. */
export const keySlotBytes = 64;
export const recordSlotBytes = 2176;

/** Shortest run that counts: a run this long of a ciphertext or key does not come about by chance. */
const runBytes = 16;

/** The bytes that came to stand in the slot files between two readings of a folder. */
export function bytesBetween(
  before: ReadonlyMap<string, Buffer>,
  after: ReadonlyMap<string, Buffer>,
): Buffer[] {
  return ['keys.bin', 'templates.bin'].flatMap((name) => {
    const slotBytes = name === 'keys.bin' ? keySlotBytes : recordSlotBytes;
    const was = before.get(name)!;
    const is = after.get(name)!;
    const slots: Buffer[] = [];
    for (let at = 0; at < is.length; at += slotBytes) {
      const slot = is.subarray(at, at + slotBytes);
      if (!isZero(slot) && !slot.equals(was.subarray(at, at + slotBytes))) slots.push(slot);
    }
    return slots;
  });
}

/** How many places of the files hold 16 bytes that stand anywhere in `belongings`. */
export function countResidue(files: ReadonlyMap<string, Buffer>, belongings: readonly Buffer[]): number {
  const runs = new Set<string>();
  for (const bytes of belongings) {
    for (let at = 0; at + runBytes <= bytes.length; at += 1) runs.add(textAt(bytes, at));
  }
  runs.delete('\0'.repeat(runBytes));
  let found = 0;
  for (const bytes of files.values()) {
    for (let block = 0; block < bytes.length; block += blockBytes) {
      // The slot files are mostly zeros.
      if (isZero(bytes.subarray(block, block + blockBytes + runBytes))) continue;
      const end = Math.min(block + blockBytes, bytes.length - runBytes + 1);
      for (let at = block; at < end; at += 1) if (runs.has(textAt(bytes, at))) found += 1;
    }
  }
  return found;
}

const blockBytes = 4096;
const zeros = Buffer.alloc(blockBytes + runBytes);

const textAt = (bytes: Buffer, at: number): string => bytes.toString('latin1', at, at + runBytes);
const isZero = (bytes: Buffer): boolean => bytes.equals(zeros.subarray(0, bytes.length));
