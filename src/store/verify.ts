// Checks a data folder for anything left of what was deleted, beside a running server or alone.
import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Check } from './check.ts';
import { compact } from './compact.ts';
import { type FolderLock, lockFolder } from './folder-lock.ts';
import { keyFileName } from './key-file.ts';
import { photographFolderName } from './photograph-files.ts';
import { recordFileName, slotsAtATime } from './record-file.ts';
import { firstSlot, openBlockFile, type Slot } from './slot-file.ts';
import { type Connection, openBeside, openRows } from './sqlite/database.ts';
import { countOldContent } from './sqlite/old-content.ts';
import { walkPages } from './sqlite/page-walk.ts';
import { SlotTable } from './sqlite/slot-table.ts';
import { isEmpty, Vault } from './vault.ts';
import { checkPhotographs } from './verify-photographs.ts';
import { checkReceipt, checkReceipts } from './verify-receipts.ts';

export interface VerifyOptions {
  readonly folder: string;
  readonly rootKey: Uint8Array;
  /** Rewrites the database without its gaps first; a running server waits for that long. */
  readonly isCompacting?: boolean;
  /** A deletion to be looked at by itself; with its salt, also that none of its faces is enrolled. */
  readonly receipt?: { readonly id: string; readonly salt?: string | undefined } | undefined;
}

/** How long to look again before something is a finding: a change under way is on disk in milliseconds. */
const secondLooksMs = [20, 50, 100, 250, 500, 1_000, 1_500];

/**
 * Looks at every slot, at the database's pages, at the receipts and at the files of the folder. Changes nothing, unless
 * told to compact. What a running server is just writing or erasing is looked at again and is no finding.
 * @throws {Error} in plain words when the folder or the root key cannot be used at all
 */
export async function verifyErasure({
  folder,
  rootKey,
  isCompacting = false,
  receipt,
}: VerifyOptions): Promise<Check[]> {
  // Refuses an older format before anything is opened for good.
  openRows(folder).close();
  const lock = tryLock(folder);
  const { connection, keys } = openBeside(folder, rootKey);
  try {
    const vault = await Vault.open(folder, keys, { isNew: false, openFile: openBlockFile });
    try {
      if (isCompacting) await compact(connection);
      const slots = new SlotTable(connection);
      return [
        ...(await checkSlots(slots, vault)),
        await checkIntents(slots),
        await checkPhotographs(folder, slots, vault, secondLooksMs),
        ...checkPages(connection),
        await checkFiles(folder),
        ...checkReceipts(connection, keys),
        ...(receipt === undefined ? [] : checkReceipt(connection, slots, vault, receipt)),
      ];
    } finally {
      await vault.close();
    }
  } finally {
    connection.close();
    lock?.release();
  }
}

/** Held where no server runs, so that none starts meanwhile. */
function tryLock(folder: string): FolderLock | undefined {
  try {
    return lockFolder(folder);
  } catch {
    return undefined;
  }
}

type Fault = 'nobody’s' | 'not its owner’s';

async function checkSlots(slots: SlotTable, vault: Vault): Promise<Check[]> {
  const counts = { owned: 0, others: 0 };
  const suspects = new Map<Slot, Fault>();
  const end = Math.max(vault.slotCount, slots.next);
  for (let from = firstSlot; from < end; from += slotsAtATime) {
    inspect(slots, vault, from, slotsAtATime, suspects, counts);
    // A server on this machine wants the processor, too.
    await pause(0);
  }
  for (const waitMs of secondLooksMs) {
    if (suspects.size === 0) break;
    await pause(waitMs);
    for (const slot of [...suspects.keys()]) {
      suspects.delete(slot);
      inspect(slots, vault, slot, 1, suspects, { owned: 0, others: 0 });
    }
  }
  const list = (fault: Fault, words: string) =>
    [...suspects].filter(([, found]) => found === fault).map(([slot]) => `slot ${slot} ${words}`);
  return [
    {
      name: 'slots without an owner are zero',
      looked: counts.others,
      findings: list('nobody’s', 'holds bytes that nobody owns'),
    },
    {
      name: 'slots with an owner open for it alone',
      looked: counts.owned,
      findings: list(
        'not its owner’s',
        'does not open for its owner: its key is gone, or the disk changed it',
      ),
    },
  ];
}

function inspect(
  slots: SlotTable,
  vault: Vault,
  from: Slot,
  count: number,
  suspects: Map<Slot, Fault>,
  counts: { owned: number; others: number },
): void {
  const owned = new Map(slots.listOwned(from, from + count).map((owner) => [owner.slot, owner]));
  for (const sealed of vault.read(from, count)) {
    const owner = owned.get(sealed.slot);
    if (owner === undefined) {
      counts.others += 1;
      if (!isEmpty(sealed)) suspects.set(sealed.slot, 'nobody’s');
      continue;
    }
    counts.owned += 1;
    const record = vault.unseal(owner, sealed);
    if (record === undefined) suspects.set(sealed.slot, 'not its owner’s');
    record?.fill(0);
  }
}

async function checkIntents(slots: SlotTable): Promise<Check> {
  const first = slots.listIntents();
  let left = first;
  for (const waitMs of secondLooksMs) {
    if (left.length === 0) break;
    await pause(waitMs);
    const now = new Set(slots.listIntents());
    left = left.filter((slot) => now.has(slot));
  }
  return {
    name: 'deletions are finished',
    looked: first.length,
    findings: left.map((slot) => `slot ${slot} waits to be overwritten: the next start does it`),
  };
}

function checkPages(connection: Connection): Check[] {
  const roots = connection
    .prepare<[], number>('SELECT rootpage FROM sqlite_schema WHERE rootpage > 1')
    .pluck()
    .all();
  const image = connection.serialize();
  const { pages, freePages, freePagesWithContent, gaps, gapsWithContent } = walkPages(image, roots);
  const old = countOldContent(image, gapsWithContent);
  return [
    {
      name: 'free pages of the database are zero',
      looked: freePages,
      findings: freePagesWithContent.map(
        (page) => `page ${page} of ${pages} is free and not zero (--compact clears it)`,
      ),
    },
    {
      name: 'gaps between rows hold nothing of rows that are gone',
      looked: gaps,
      findings:
        old === 0
          ? []
          : [`${old} gaps hold keyed hashes or sealed texts of rows that are gone (--compact clears them)`],
    },
  ];
}

const expectedFiles = [
  'library.db',
  'library.db-wal',
  'library.db-shm',
  'lock',
  keyFileName,
  recordFileName,
  photographFolderName,
];

async function checkFiles(folder: string): Promise<Check> {
  let names = await readdir(folder);
  const strangers = [];
  for (const name of names.filter((one) => !expectedFiles.includes(one))) {
    // The lock is held by a transaction that never writes a row: its journal, where there is one, is empty of any.
    if (name === 'lock-journal' && (await isWithoutRows(join(folder, name)))) continue;
    strangers.push(name);
  }
  if (strangers.length > 0) {
    // Some may have been under way to their place.
    await pause(1_000);
    names = await readdir(folder);
  }
  return {
    name: 'files of the folder are those of a library',
    looked: names.length,
    findings: strangers
      .filter((name) => existsSync(join(folder, name)))
      .map((name) => `${name} does not belong there`),
  };
}

/** A rollback journal begins with a header of one sector; rows would follow it. */
const journalHeaderBytes = 512;

async function isWithoutRows(path: string): Promise<boolean> {
  try {
    if ((await stat(path)).size === 0) return true;
    return (await readFile(path)).subarray(journalHeaderBytes).every((byte) => byte === 0);
  } catch {
    return true;
  }
}
