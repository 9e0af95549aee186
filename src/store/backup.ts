// Copies a library while it changes: rows, then records and photographs, then keys, so that every key copied has them.
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { makeEmptyFolder, writeManifest } from './backup-files.ts';
import { copyKeys, hasKeyAt, writeKeys } from './backup-keys.ts';
import { MovedProfiles } from './backup-profiles.ts';
import { keyFileName } from './key-file.ts';
import { copyPhotographs, removeCopies } from './photograph-copies.ts';
import { photographFolderName } from './photograph-files.ts';
import { encodeRecordHead, recordFileName, recordSlotBytes, slotsAtATime } from './record-file.ts';
import { copyMark } from './recovery.ts';
import { firstSlot, type Slot } from './slot-file.ts';
import { type Connection, openCopy, openRows } from './sqlite/database.ts';
import { readLibraryId } from './sqlite/ledger.ts';
import { SlotTable } from './sqlite/slot-table.ts';

export interface Backup {
  readonly faces: number;
  readonly persons: number;
  readonly takenAt: string;
}

/**
 * Copies rows and ciphertext into `to`, and the wrapped keys into `keysTo` where it is given. Needs neither root key
 * nor lock: a server may run and change the library meanwhile. What is there when this begins and is not deleted
 * before it ends is in the copy; a face deleted meanwhile may have its row there, but no key.
 *
 * Why: a row is committed after its record and key are on disk, and a deletion overwrites the key before the record.
 * So a row of the copied database had its record when the copy of records began, unless it was deleted; and a key that
 * is still its row's after the records were copied proves that the record was whole when it was copied.
 * @param onStep told the name of each step before it is taken
 * @throws {Error} in plain words; the folders are empty again then
 */
export async function backUp({
  folder,
  to,
  keysTo,
  nowMs = Date.now(),
  onStep = async () => undefined,
}: {
  folder: string;
  to: string;
  keysTo?: string | undefined;
  nowMs?: number;
  onStep?: (step: string) => Promise<void>;
}): Promise<Backup> {
  const live = openRows(folder);
  const targets = keysTo === undefined ? [to] : [to, keysTo];
  try {
    for (const target of targets) await makeEmptyFolder(target);
    try {
      return await copyLibrary(live, folder, to, keysTo, new Date(nowMs).toISOString(), onStep);
    } catch (error) {
      for (const target of targets) await empty(target);
      throw error;
    }
  } finally {
    live.close();
  }
}

const empty = async (folder: string): Promise<void> => {
  const names = [
    'library.db',
    'library.db-journal',
    recordFileName,
    photographFolderName,
    keyFileName,
    'backup.json',
  ];
  for (const name of names) await rm(join(folder, name), { force: true, recursive: true });
};

async function copyLibrary(
  live: Connection,
  folder: string,
  to: string,
  keysTo: string | undefined,
  takenAt: string,
  onStep: (step: string) => Promise<void>,
): Promise<Backup> {
  const libraryId = readLibraryId(live);
  const keyFile = openSync(join(folder, keyFileName), 'r');
  const recordFile = openSync(join(folder, recordFileName), 'r');
  try {
    await onStep('copy the rows');
    await (await open(join(to, 'library.db'), 'wx', 0o600)).close();
    live.prepare('VACUUM INTO ?').run(join(to, 'library.db'));
    const copy = openCopy(to);
    try {
      await copySealed({ live, copy, folder, keyFile, recordFile, libraryId, to, keysTo, onStep });
      copy.prepare("INSERT INTO meta VALUES (?, x'01')").run(copyMark);
      const count = (table: string) => copy.prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number;
      const backup = { faces: count('faces'), persons: count('persons'), takenAt };
      copy.close();
      const described = { libraryId: libraryId.toString('hex'), takenAt };
      if (keysTo !== undefined) await writeManifest(keysTo, [keyFileName], { kind: 'keys', ...described });
      const names = ['library.db', recordFileName, photographFolderName];
      const made = names.filter((name) => existsSync(join(to, name)));
      await writeManifest(to, made, { kind: 'data', ...described });
      return backup;
    } finally {
      copy.close();
    }
  } finally {
    closeSync(keyFile);
    closeSync(recordFile);
  }
}

interface Copying {
  readonly live: Connection;
  readonly copy: Connection;
  readonly folder: string;
  /** Descriptors of the library's files, opened before the rows were copied. */
  readonly keyFile: number;
  readonly recordFile: number;
  readonly libraryId: Buffer;
  readonly to: string;
  readonly keysTo: string | undefined;
  readonly onStep: (step: string) => Promise<void>;
}

/** Records, photographs and keys of the rows that were copied. */
async function copySealed({ live, copy, folder, to, onStep, ...parts }: Copying): Promise<void> {
  const { keyFile, recordFile, libraryId, keysTo } = parts;
  const slots = new SlotTable(copy);
  await onStep('copy the records');
  const records = await open(join(to, recordFileName), 'wx+', 0o600);
  try {
    await copyRecords(recordFile, records, libraryId, slots);
    await onStep('copy the photographs');
    const isOfFace = (slot: Slot) => slots.listOwned(slot, slot + 1).some(({ kind }) => kind === 'face');
    const photographs = await copyPhotographs(folder, to, isOfFace);
    await onStep('copy the keys');
    const keys = await copyKeys(keyFile, recordFile, records, slots);
    await onStep('follow the profiles that moved');
    const profiles = new MovedProfiles(live, copy, keyFile, recordFile, keys);
    await profiles.follow((slot, record) => records.write(record, 0, record.length, slot * recordSlotBytes));
    const isKept = (slot: Slot) => isOfFace(slot) && hasKeyAt(keys, slot);
    await removeCopies(
      to,
      photographs.filter((slot) => !isKept(slot)),
    );
    const { ino } = await stat(join(folder, keyFileName));
    if (ino !== fstatSync(keyFile).ino) throw new Error('the root key was rotated meanwhile: back up again');
    if (keysTo !== undefined) await writeKeys(join(keysTo, keyFileName), keys);
    keys.bytes.fill(0);
  } finally {
    await records.close();
  }
}

/** Owned slots only: what stands in the others belongs to records that the copied rows do not know. */
async function copyRecords(
  from: number,
  into: { write(bytes: Uint8Array, offset: number, length: number, position: number): Promise<unknown> },
  libraryId: Buffer,
  slots: SlotTable,
): Promise<void> {
  const head = encodeRecordHead(libraryId);
  await into.write(head, 0, head.length, 0);
  for (let first = firstSlot; first < slots.next; first += slotsAtATime) {
    const owned = new Set(slots.listOwned(first, first + slotsAtATime).map(({ slot }) => slot));
    if (owned.size === 0) continue;
    const bytes = Buffer.alloc(slotsAtATime * recordSlotBytes);
    readSync(from, bytes, 0, bytes.length, first * recordSlotBytes);
    for (let i = 0; i < slotsAtATime; i += 1) {
      if (!owned.has(first + i)) bytes.fill(0, i * recordSlotBytes, (i + 1) * recordSlotBytes);
    }
    await into.write(bytes, 0, bytes.length, first * recordSlotBytes);
  }
}
