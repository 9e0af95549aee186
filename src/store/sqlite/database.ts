// Opens library.db: what must hold before it is trusted, the pragmas that make commits durable and erasure real.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { syncFolder } from '../folder.ts';
import { makeKeyFile, readKeyHead } from '../key-file.ts';
import { migrations } from '../migrations/index.ts';
import { drawLibraryKey, type LibraryKeys, libraryIdBytes, openLibraryKeys } from '../sealing.ts';
import { defineTag } from './ledger.ts';

export type Connection = Database.Database;

/** "LETH": says whose file it is (sqlite.org/pragma.html#pragma_application_id). */
const applicationId = 0x4c455448;

/** Short, since waiting blocks the event loop: only `lethe keys` writes beside us, for a millisecond or two. */
const busyTimeoutMs = 50;

const databasePath = (folder: string): string => join(folder, 'library.db');

export interface LibraryDatabase {
  readonly connection: Connection;
  readonly keys: LibraryKeys;
}

/** Whether the folder holds a library of the newest format: no other can be used beside its server. */
export function hasCurrentLibrary(folder: string): boolean {
  if (!existsSync(databasePath(folder))) return false;
  const connection = openConnection(folder);
  try {
    return readFormat(connection, folder) === migrations.length;
  } finally {
    connection.close();
  }
}

/**
 * Opens the database of a folder, makes it when the folder is new, and brings an older format up to date. The root
 * key is tried before anything is written.
 * @throws {Error} in plain words: wrong root key, newer format, not a library, damaged
 */
export async function openDatabase(folder: string, rootKey: Uint8Array): Promise<LibraryDatabase> {
  if (!existsSync(databasePath(folder))) await makeFile(folder);
  const connection = openConnection(folder);
  try {
    const format = readFormat(connection, folder);
    if (format > 0) readKeys(connection, folder, rootKey);
    setPragmas(connection);
    const libraryId = format > 0 ? undefined : randomBytes(libraryIdBytes);
    if (libraryId !== undefined) {
      // Before the library is committed: a library never lacks its key.
      await makeKeyFile(folder, { libraryId, wrappedLibraryKey: drawLibraryKey(rootKey, libraryId) });
    }
    connection.transaction(() => migrate(connection, format, libraryId)).immediate();
    return { connection, keys: readKeys(connection, folder, rootKey) };
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** A second connection that only reads, and so sees committed rows only while the first is inside a transaction. */
export function openReader(folder: string): Connection {
  const connection = new Database(databasePath(folder), { readonly: true, timeout: busyTimeoutMs });
  // Never called on it, but statements that delete are prepared alike on every connection.
  defineTag(connection);
  return connection;
}

/** A connection to a current library that may be in use by another process. */
export function openBeside(folder: string, rootKey: Uint8Array): LibraryDatabase {
  // Nothing else runs on this connection's event loop: it may wait for the server's writes.
  const connection = openConnection(folder, 5_000);
  try {
    readFormat(connection, folder);
    const keys = readKeys(connection, folder, rootKey);
    setPragmas(connection);
    return { connection, keys };
  } catch (error) {
    connection.close();
    throw error;
  }
}

async function makeFile(folder: string): Promise<void> {
  const orphan = ['keys.bin', 'templates.bin'].find((name) => existsSync(join(folder, name)));
  if (orphan !== undefined) {
    throw new Error(`${databasePath(folder)} is missing, but ${orphan} is there: put library.db back`);
  }
  // Made by hand for its mode; the log and index files that SQLite puts beside it take the mode over.
  const file = await open(databasePath(folder), 'a', 0o600);
  await file.close();
  await syncFolder(folder);
}

function openConnection(folder: string, timeoutMs = busyTimeoutMs): Connection {
  const connection = new Database(databasePath(folder), { timeout: timeoutMs, fileMustExist: true });
  defineTag(connection);
  return connection;
}

/**
 * The rows of a library without its keys: what a backup and a check need, beside a running server or alone.
 * @throws {Error} in plain words when there is no library, or one of an older format
 */
export function openRows(folder: string): Connection {
  if (!existsSync(databasePath(folder))) throw new Error(`there is no library in ${folder}`);
  const connection = openConnection(folder, 5_000);
  try {
    if (readFormat(connection, folder) !== migrations.length) {
      throw new Error(
        `${databasePath(folder)} has an older format: start the server once, which brings it up to date`,
      );
    }
    connection.pragma('temp_store = MEMORY');
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** A copy of a library's rows that nothing else uses yet, brought up to date; one file when it is closed. */
export function openCopy(folder: string): Connection {
  const connection = openConnection(folder);
  try {
    const format = readFormat(connection, folder);
    if (format === 0) throw new Error(`${databasePath(folder)} holds no library`);
    connection.pragma('journal_mode = DELETE');
    connection.pragma('secure_delete = ON');
    connection.pragma('temp_store = MEMORY');
    connection.transaction(() => migrate(connection, format, undefined)).immediate();
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** The format a database stands at; 0 when it is empty. */
function readFormat(connection: Connection, folder: string): number {
  try {
    const format = connection.pragma('user_version', { simple: true }) as number;
    const isOurs = connection.pragma('application_id', { simple: true }) === applicationId;
    const tables = connection.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() as number;
    if (!isOurs && tables > 0) throw new Error(`${databasePath(folder)} is not a Lethe library`);
    if (format > migrations.length) {
      throw new Error(
        `${folder} was written by a newer Lethe (format ${format}, this one knows up to ${migrations.length})`,
      );
    }
    return format;
  } catch (error) {
    if (error instanceof Database.SqliteError && /^SQLITE_(NOTADB|CORRUPT)/.test(error.code)) {
      throw new Error(`${databasePath(folder)} is damaged or no database: ${error.message}`, {
        cause: error,
      });
    }
    throw error;
  }
}

function readKeys(connection: Connection, folder: string, rootKey: Uint8Array): LibraryKeys {
  const read = connection.prepare<[string], Buffer>('SELECT value FROM meta WHERE name = ?').pluck();
  const libraryId = read.get('library_id');
  if (libraryId === undefined) throw new Error(`${databasePath(folder)} is damaged: it has no library id`);
  const keys = openLibraryKeys(rootKey, libraryId, readKeyHead(folder, libraryId).wrappedLibraryKey);
  if (keys === undefined) {
    throw new Error(`the root key does not open the library in ${folder}: it was made with another root key`);
  }
  return keys;
}

/** In this order, on a new file and at every opening: the first two take effect only before the first table. */
function setPragmas(connection: Connection): void {
  connection.pragma('page_size = 4096');
  connection.pragma('auto_vacuum = NONE');
  connection.pragma('journal_mode = WAL');
  connection.pragma('synchronous = FULL');
  connection.pragma('secure_delete = ON');
  connection.pragma('temp_store = MEMORY');
  // 16 MB. A batch of faces changes a page a face, scattered by their lookups: with 1000, each batch copied all of them.
  connection.pragma('wal_autocheckpoint = 4000');
  connection.pragma('foreign_keys = ON');
  if (process.platform === 'darwin') {
    connection.pragma('fullfsync = ON');
    connection.pragma('checkpoint_fullfsync = ON');
  }
  // FAST would read 2: it leaves deleted rows on the free list unwiped.
  if (connection.pragma('secure_delete', { simple: true }) !== 1) {
    throw new Error('this SQLite cannot overwrite what it deletes: secure_delete does not hold');
  }
  if (connection.pragma('journal_mode', { simple: true }) !== 'wal') {
    throw new Error('this file system cannot hold a library: SQLite has no write-ahead log on it');
  }
}

function migrate(connection: Connection, format: number, libraryId: Buffer | undefined): void {
  if (format === migrations.length) return;
  for (const step of migrations.slice(format)) connection.exec(step);
  if (libraryId !== undefined) {
    connection.prepare("INSERT INTO meta VALUES ('library_id', ?)").run(libraryId);
    connection.pragma(`application_id = ${applicationId}`);
  }
  connection.pragma(`user_version = ${migrations.length}`);
}
