// Copies a library while it changes: rows, then records and photographs, then keys, so that every key copied has them.
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Slot } from '../gallery/ports.ts';
import { makeEmptyFolder, writeManifest } from './backup-files.ts';
import { keyFileName, keyHeadBytes, keySlotBytes } from './key-file.ts';
import { copyPhotographs, removeCopies } from './photograph-copies.ts';
import { photographFolderName } from './photograph-files.ts';
import { encodeRecordHead, recordFileName, recordSlotBytes } from './record-file.ts';
import { copyMark } from './recovery.ts';
import { firstSlot } from './slot-file.ts';
import { Catalogue, type PersonRow } from './sqlite/catalogue.ts';
import { type Connection, openCopy, openRows } from './sqlite/database.ts';
import { readLibraryId } from './sqlite/ledger.ts';
import { SlotTable } from './sqlite/slot-table.ts';
import { hasKeyOf } from './vault.ts';

export interface Backup {
  readonly faces: number;
  readonly persons: number;
  readonly takenAt: string;
}

/** Slots copied at a time: 2 MiB of records. */
const slotsAtATime = 1024;

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
        const moving = new Following(live, copy, keyFile, recordFile, keys);
        await moving.followAll((slot, record) =>
          records.write(record, 0, record.length, slot * recordSlotBytes),
        );
        const isKept = (slot: Slot) => isOfFace(slot) && !keyAt(keys.bytes, slot).equals(noKey);
        await removeCopies(
          to,
          photographs.filter((slot) => !isKept(slot)),
        );
        const { ino } = await stat(join(folder, keyFileName));
        if (ino !== fstatSync(keyFile).ino)
          throw new Error('the root key was rotated meanwhile: back up again');
        if (keysTo !== undefined) await writeKeys(join(keysTo, keyFileName), keys.bytes);
        keys.bytes.fill(0);
      } finally {
        await records.close();
      }
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

interface CopiedKeys {
  /** The copy of `keys.bin`: keys that were their rows' when they were read, zeros elsewhere. */
  bytes: Buffer;
  /** Persons whose profile was no longer in its slot, or not the one that was copied. */
  readonly moved: Buffer[];
}

async function copyKeys(
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
function readSettled(from: number, first: Slot, count: number): Buffer {
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
const keyAt = (keys: Buffer, slot: Slot): Buffer => keys.subarray(positionOf(slot), positionOf(slot + 1));

const positionOf = (slot: Slot): number => keyHeadBytes + (slot - firstSlot) * keySlotBytes;

/** A profile that is changed moves to another slot: the copy follows it there, or it would lose name and note. */
class Following {
  readonly #liveCatalogue: Catalogue;
  readonly #copy: Connection;
  readonly #catalogue: Catalogue;
  readonly #slots: SlotTable;
  readonly #keyFile: number;
  readonly #recordFile: number;
  readonly #keys: CopiedKeys;

  constructor(live: Connection, copy: Connection, keyFile: number, recordFile: number, keys: CopiedKeys) {
    this.#liveCatalogue = new Catalogue(live);
    this.#copy = copy;
    this.#catalogue = new Catalogue(copy);
    this.#slots = new SlotTable(copy);
    this.#keyFile = keyFile;
    this.#recordFile = recordFile;
    this.#keys = keys;
  }

  async followAll(write: (slot: Slot, record: Buffer) => Promise<unknown>): Promise<void> {
    const { moved } = this.#keys;
    for (let lookup = moved.pop(); lookup !== undefined; lookup = moved.pop()) {
      const live = this.#liveCatalogue.findPerson(lookup);
      // Deleted meanwhile, with its faces: their keys are gone, and a start sweeps them away.
      if (live === undefined || live.slot === null) continue;
      const record = this.#readRecord(live.slot);
      const key = readSettled(this.#keyFile, live.slot, 1);
      const isSettled = this.#readRecord(live.slot).equals(record);
      if (!isSettled || !hasKeyOf({ lookup }, { key })) {
        moved.push(lookup);
        continue;
      }
      const person = this.#catalogue.findPerson(lookup)!;
      this.#settle(person, live.slot, key);
      if (person.slot !== null) await write(person.slot, Buffer.alloc(recordSlotBytes));
      await write(live.slot, record);
    }
  }

  #readRecord(slot: Slot): Buffer {
    const record = Buffer.alloc(recordSlotBytes);
    readSync(this.#recordFile, record, 0, recordSlotBytes, slot * recordSlotBytes);
    return record;
  }

  #settle(person: PersonRow, slot: Slot, key: Buffer): void {
    const { moved } = this.#keys;
    this.#copy.transaction(() => {
      this.#slots.claim(slot);
      for (const owner of this.#slots.listOwned(slot, slot + 1)) {
        // Whoever the copy has there was deleted, or moved, in the meantime.
        if (owner.kind === 'face') this.#catalogue.moveFace(owner.lookup, this.#slots.take());
        else if (!owner.lookup.equals(person.lookup)) {
          // To an empty slot, so that it is swept away if it was deleted, too.
          this.#catalogue.movePerson(this.#catalogue.findPerson(owner.lookup)!.person, this.#slots.take());
          moved.push(owner.lookup);
        }
      }
      this.#catalogue.movePerson(person.person, slot);
      if (person.slot !== null && person.slot !== slot) this.#slots.free(person.slot);
    })();
    const end = positionOf(this.#slots.next);
    if (end > this.#keys.bytes.length) {
      this.#keys.bytes = Buffer.concat([this.#keys.bytes, Buffer.alloc(end - this.#keys.bytes.length)]);
    }
    // Followed before, it has left a key there.
    if (person.slot !== null) {
      keyAt(this.#keys.bytes, person.slot).fill(0);
    }
    key.copy(this.#keys.bytes, positionOf(slot));
  }
}

async function writeKeys(path: string, bytes: Buffer): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(bytes);
  } finally {
    await file.close();
  }
}
