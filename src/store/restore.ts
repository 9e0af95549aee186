// Brings a backup back without what was erased since: present keys tell it, or the ledger where the keys are old, too.
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { checkBackup, copySynced, type Manifest } from './backup-files.ts';
import { carryOver } from './carry-over.ts';
import { compact } from './compact.ts';
import { openEmbeddedStore } from './embedded.ts';
import { makeFolder, syncFile } from './folder.ts';
import { lockFolder } from './folder-lock.ts';
import { keyFileName, readKeyHeadOf } from './key-file.ts';
import { finishRotation } from './key-rotation.ts';
import { copyPhotographs, moveCopy } from './photograph-copies.ts';
import { photographFolderName } from './photograph-files.ts';
import { recordFileName } from './record-file.ts';
import type { Recovery } from './recovery.ts';
import { decideRestore, finishRestore, stagingOf } from './restore-swap.ts';
import { type RootKeySource, readRootKey } from './root-key.ts';
import { forgetKeys, openLibraryKeys } from './sealing.ts';
import { firstSlot } from './slot-file.ts';
import { Catalogue } from './sqlite/catalogue.ts';
import { type Connection, openBeside, openCopy } from './sqlite/database.ts';
import { type Ledger, lastEntry, readLedger, readLibraryId, tagOf } from './sqlite/ledger.ts';
import { SlotTable } from './sqlite/slot-table.ts';

export interface Restored extends Recovery {
  readonly takenAt: string;
  readonly faces: number;
  readonly persons: number;
  /** Faces and persons of the backup that the ledger knew to be erased since; they are among those without a key. */
  readonly erasedByLedger: number;
}

export interface RestoreOptions {
  readonly folder: string;
  readonly source: RootKeySource;
  /** The backup of the data. */
  readonly from: string;
  /** A backup of the keys, where those of the folder are lost. */
  readonly keysFrom?: string | undefined;
  /** An exported ledger, a data folder or a later backup; "none" where there is none. */
  readonly ledger?: string | undefined;
  /** What the folder holds may go. */
  readonly isReplacing: boolean;
  readonly maxAgeDays: number;
  readonly nowMs?: number;
  /** Told the name of each step before it is taken. */
  readonly onStep?: (step: string) => void;
}

/**
 * Restores a backup into a folder that no server runs on, and opens it once, so that what was erased since is swept
 * away before anybody is served. Nothing of the folder is changed before the backup is found whole, its keys fit, and
 * the copies are on disk.
 * @throws {Error} in plain words; the folder is as it was then
 */
export async function restore(options: RestoreOptions): Promise<Restored> {
  const { folder, from, keysFrom, source, onStep = () => undefined } = options;
  const data = await checkBackup(from, 'data');
  const keys = keysFrom === undefined ? undefined : await checkBackup(keysFrom, 'keys');
  if (keys !== undefined) refuseOldKeys(keys, options);
  await makeFolder(folder);
  const lock = lockFolder(folder);
  try {
    await finishRotation(folder);
    await finishRestore(folder);
    refuseUnlessReplaceable(options);
    const rootKey = await checkKeys(keysFrom ?? folder, data, { dataFolder: folder, ...source });
    const ledger = findLedger(options, data);
    onStep('copy the backup beside the present files');
    const erasedByLedger = await stage(folder, data, from, keysFrom, ledger);
    onStep('decide');
    await decideRestore(folder);
    await finishRestore(folder, onStep);
    onStep('sweep');
    const store = await openEmbeddedStore({ folder, rootKey, lock: { release: () => undefined } });
    const { recovery } = store;
    await store.close();
    const { connection: rows } = openBeside(folder, rootKey);
    // The sweep's rows, too, leave the gaps of the database.
    await compact(rows);
    const count = (table: string) => rows.prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number;
    const held = { faces: count('faces'), persons: count('persons') };
    rows.close();
    return { takenAt: data.takenAt, ...held, erasedByLedger, ...recovery };
  } finally {
    lock.release();
  }
}

function refuseOldKeys(keys: Manifest, { keysFrom, maxAgeDays, nowMs = Date.now() }: RestoreOptions): void {
  const ageDays = (nowMs - Date.parse(keys.takenAt)) / 86_400_000;
  if (ageDays > maxAgeDays) {
    throw new Error(
      `the key backup in ${keysFrom} is ${Math.floor(ageDays)} days old, and --backup-max-age is ${maxAgeDays}: ` +
        'it may hold keys of faces that were to be forgotten long ago',
    );
  }
}

function refuseUnlessReplaceable({ folder, keysFrom, isReplacing }: RestoreOptions): void {
  const present = ['library.db', recordFileName, keyFileName].filter((name) =>
    existsSync(join(folder, name)),
  );
  if (keysFrom === undefined && !present.includes(keyFileName)) {
    throw new Error(
      `${folder} has no keys.bin, and a backup of the data holds no key: give a key backup with --keys-from`,
    );
  }
  const replaced = keysFrom === undefined ? present.filter((name) => name !== keyFileName) : present;
  if (replaced.length > 0 && !isReplacing) {
    throw new Error(
      `${folder} holds ${replaced.join(', ')}: --replace puts the backup in their place, ` +
        'and whoever was enrolled since the backup is gone then',
    );
  }
}

/** The root key, once it is certain that keys, data and root key are one library's. */
async function checkKeys(
  keysIn: string,
  data: Manifest,
  root: RootKeySource & { dataFolder: string },
): Promise<Buffer> {
  const { libraryId, wrappedLibraryKey } = readKeyHeadOf(keysIn);
  if (libraryId.toString('hex') !== data.libraryId) {
    throw new Error(`the keys in ${keysIn} belong to another library than the backup`);
  }
  const { key } = await readRootKey({ ...root, mayBeMade: false });
  const keys = openLibraryKeys(key, libraryId, wrappedLibraryKey);
  if (keys === undefined) throw new Error(`the root key does not open the keys in ${keysIn}`);
  forgetKeys(keys);
  return key;
}

function findLedger({ folder, keysFrom, ledger }: RestoreOptions, data: Manifest): Ledger {
  const isPresent = existsSync(join(folder, 'library.db'));
  if (keysFrom !== undefined && ledger === undefined && !isPresent) {
    throw new Error(
      'old keys open what was erased since: give the ledger with --ledger (an exported one, or a later backup), ' +
        'or say --ledger none where there is none',
    );
  }
  const ledgers = [
    ...(ledger === undefined || ledger === 'none' ? [] : [readLedger(ledger)]),
    ...(isPresent ? [readLedger(folder)] : []),
  ];
  if (ledgers.some(({ libraryId }) => libraryId.toString('hex') !== data.libraryId)) {
    throw new Error('the ledger belongs to another library than the backup');
  }
  return {
    libraryId: Buffer.from(data.libraryId, 'hex'),
    entries: ledgers.flatMap(({ entries }) => entries),
  };
}

/** Copies of everything, brought up to the present where a backup must not set it back; answers the rows erased since. */
async function stage(
  folder: string,
  data: Manifest,
  from: string,
  keysFrom: string | undefined,
  ledger: Ledger,
): Promise<number> {
  const staging = stagingOf(folder);
  await mkdir(staging, { mode: 0o700 });
  try {
    await copySynced(join(from, recordFileName), join(staging, recordFileName));
    await copySynced(join(from, 'library.db'), join(staging, 'library.db'));
    // Also an empty folder: photographs of faces that the backup does not know must not stay.
    await makeFolder(join(staging, photographFolderName));
    await copyPhotographs(from, staging);
    if (keysFrom !== undefined) await copySynced(join(keysFrom, keyFileName), join(staging, keyFileName));
    const rows = openCopy(staging);
    let erased: number;
    try {
      if (
        rows.pragma('quick_check', { simple: true }) !== 'ok' ||
        readLibraryId(rows).toString('hex') !== data.libraryId
      ) {
        throw new Error(`${join(from, 'library.db')} is damaged, or not the library its manifest names`);
      }
      erased = await detachErased(rows, ledger, staging);
      if (existsSync(join(folder, 'library.db'))) carryOver(folder, rows);
    } finally {
      rows.close();
    }
    await syncFile(join(staging, 'library.db'));
    return erased;
  } catch (error) {
    await finishRestore(folder);
    throw error;
  }
}

/**
 * Takes the slots away from rows that the ledger says were erased after they were copied: without a key they are swept
 * away like all others, receipts and all, and their slots are wiped, since nobody owns them.
 */
async function detachErased(rows: Connection, { entries }: Ledger, staging: string): Promise<number> {
  const seen = lastEntry(rows);
  const erased = new Set(
    entries.filter(({ entry }) => entry > seen).map(({ tag }) => tag.toString('base64')),
  );
  if (erased.size === 0) return 0;
  const slots = new SlotTable(rows);
  const catalogue = new Catalogue(rows);
  const due = slots
    .listOwned(firstSlot, slots.next)
    .filter(({ lookup }) => erased.has(tagOf(lookup).toString('base64')));
  const moved = rows.transaction(() =>
    due.map(({ kind, lookup, slot: from }) => {
      const to = slots.take();
      if (kind === 'face') catalogue.moveFace(lookup, to);
      else catalogue.movePerson(catalogue.findPerson(lookup)!.person, to);
      return { from, to };
    }),
  )();
  // A photograph goes along, so that the sweep's receipt counts it.
  for (const { from, to } of moved) await moveCopy(staging, from, to);
  return due.length;
}
