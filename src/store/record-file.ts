// templates.bin: its head says whose it is, then one slot a record; all sealed.
import { join } from 'node:path';
import { recordBytes } from './records.ts';
import { sealBytes } from './sealing.ts';
import { type OpenBlockFile, SlotFile } from './slot-file.ts';

export const recordFileName = 'templates.bin';
export const recordSlotBytes = recordBytes + sealBytes;
/** Slots read at a time by who goes through them all: 2 MiB of records. */
export const slotsAtATime = 1024;

const recordFormat = 1;

/**
 * Opens it; makes it where the library has never held a record.
 * @throws {Error} in plain words when it is missing, of a newer format, or another library's
 */
export async function openRecordFile(
  folder: string,
  libraryId: Buffer,
  isNew: boolean,
  openFile: OpenBlockFile,
): Promise<SlotFile> {
  const path = join(folder, recordFileName);
  const block = await openFile(path, isNew).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    throw new Error(`${path} is missing, but the library holds records: put the file back`);
  });
  const file = new SlotFile(block, recordSlotBytes, recordSlotBytes);
  try {
    const expected = encodeRecordHead(libraryId);
    const head = file.readHead();
    if (isNew && head.every((byte) => byte === 0)) {
      await file.writeHead(expected);
      await file.sync();
    } else if (!head.equals(expected)) {
      throw new Error(
        head.subarray(0, 8).equals(expected.subarray(0, 8)) && head.readUInt32LE(8) > recordFormat
          ? `${path} was written by a newer Lethe`
          : `${path} does not belong to this library: put back the file that does`,
      );
    }
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The head fills a slot: "lethe", format, size of a slot, library id, zeros. */
export function encodeRecordHead(libraryId: Buffer): Buffer {
  const head = Buffer.alloc(recordSlotBytes);
  head.write('lethe');
  head.writeUInt32LE(recordFormat, 8);
  head.writeUInt32LE(recordSlotBytes, 12);
  libraryId.copy(head, 16);
  return head;
}
