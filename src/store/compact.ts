// Rewrites library.db without its gaps, where SQLite keeps copies of rows that were moved, or are gone.
import Database from 'better-sqlite3';
import { whenFree } from './erasure.ts';
import type { Connection } from './sqlite/database.ts';

/** A running server's changes wait meanwhile, about a second for a million faces. */
export async function compact(connection: Connection): Promise<void> {
  await whenFree(() => connection.exec('VACUUM'));
  await whenFree(() => {
    const [outcome] = connection.pragma('wal_checkpoint(TRUNCATE)') as [{ busy: number }];
    if (outcome.busy !== 0) throw new Database.SqliteError('database is locked', 'SQLITE_BUSY');
  });
}
