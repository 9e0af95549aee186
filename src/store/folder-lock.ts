// One process owns a data folder: a lock that the operating system gives back when the process ends, however it ends.
import { join } from 'node:path';
import Database from 'better-sqlite3';

export interface FolderLock {
  release(): void;
}

/**
 * Node has no flock; SQLite's exclusive lock on an empty database of its own is one (fcntl, held by the process).
 * @throws {Error} when another process, or another opening in this one, owns the folder
 */
export function lockFolder(folder: string): FolderLock {
  const connection = new Database(join(folder, 'lock'), { timeout: 0 });
  try {
    connection.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    connection.close();
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) {
      throw new Error(`${folder} is in use: one process at a time may serve a data folder`, {
        cause: error,
      });
    }
    throw error;
  }
  return { release: () => connection.close() };
}
