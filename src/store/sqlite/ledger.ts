// The ledger of what was erased: numbered tags, kept as long as a key backup may be restored.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';

// Declared here, since database.ts imports this file.
type Connection = Database.Database;

/** The oldest key backup that may be restored at all, in days; the ledger reaches two days further back. */
const maxBackupAgeDays = 90;

interface LedgerEntry {
  readonly entry: number;
  readonly tag: Buffer;
  readonly day: number;
}

const tagBytes = 32;

/** What an erased row is recognised by in a copy. */
export const tagOf = (lookup: Uint8Array): Buffer => createHash('sha256').update(lookup).digest();

/** Before any row of a face or a person is deleted through the connection. */
export function defineTag(connection: Connection): void {
  connection.function('erased_tag', { deterministic: true }, (lookup) => tagOf(lookup as Buffer));
}

/** Forgets entries that no key backup needs any more. */
export function purgeLedger(connection: Connection): void {
  connection.prepare('DELETE FROM erased WHERE day < unixepoch() / 86400 - ?').run(maxBackupAgeDays + 2);
}

/** The highest number given so far, also where its entry is forgotten. */
export const lastEntry = (connection: Connection): number =>
  (connection.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'erased'").pluck().get() as
    | number
    | undefined) ?? 0;

const listLedger = (connection: Connection): IterableIterator<LedgerEntry> =>
  connection.prepare<[], LedgerEntry>('SELECT entry, tag, day FROM erased ORDER BY entry').iterate();

/** A ledger as JSON Lines: whose it is and how far it goes, then its entries. */
export function* exportLedger(connection: Connection): Iterable<string> {
  const libraryId = readLibraryId(connection);
  yield JSON.stringify({ ledger: 1, libraryId: libraryId.toString('hex'), last: lastEntry(connection) });
  for (const { entry, tag, day } of listLedger(connection)) {
    yield JSON.stringify({ entry, tag: tag.toString('hex'), day });
  }
}

export interface Ledger {
  readonly libraryId: Buffer;
  readonly entries: readonly LedgerEntry[];
}

/**
 * Reads a ledger from an exported file, or from the library.db of a folder (a data folder, or a later backup).
 * @throws {Error} in plain words when there is none, or not a whole one
 */
export function readLedger(path: string): Ledger {
  if (!existsSync(path)) throw new Error(`the ledger ${path} is missing`);
  if (!statSync(path).isDirectory()) return parseLedger(path, readFileSync(path, 'utf8'));
  const database = join(path, 'library.db');
  if (!existsSync(database)) throw new Error(`${path} holds no library.db to read a ledger from`);
  const connection = new Database(database, { readonly: true });
  try {
    return { libraryId: readLibraryId(connection), entries: [...listLedger(connection)] };
  } finally {
    connection.close();
  }
}

export function readLibraryId(connection: Connection): Buffer {
  const id = connection.prepare("SELECT value FROM meta WHERE name = 'library_id'").pluck().get();
  if (!Buffer.isBuffer(id)) throw new Error(`${connection.name} is no library`);
  return id;
}

function parseLedger(path: string, text: string): Ledger {
  try {
    const [head, ...lines] = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const entries = lines.map(({ entry, tag, day }): LedgerEntry => {
      const bytes = Buffer.from(String(tag), 'hex');
      if (!Number.isSafeInteger(entry) || !Number.isSafeInteger(day) || bytes.length !== tagBytes)
        throw new Error();
      return { entry, tag: bytes, day };
    });
    if (head.ledger !== 1 || (entries.at(-1)?.entry ?? 0) > head.last) throw new Error();
    return { libraryId: Buffer.from(String(head.libraryId), 'hex'), entries };
  } catch (cause) {
    throw new Error(`${path} is no ledger, or not a whole one`, { cause });
  }
}
