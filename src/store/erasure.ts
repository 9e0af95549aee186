// The end of a deletion: bytes overwritten, slot freed, the database's log emptied, each on disk before the next.
import { setTimeout as pause } from 'node:timers/promises';
import Database from 'better-sqlite3';
import type { Slot } from '../gallery/ports.ts';
import type { Connection } from './sqlite/database.ts';
import type { SlotTable } from './sqlite/slot-table.ts';
import type { Vault } from './vault.ts';

/** How long to wait for another process, `lethe keys` or a backup, to let go of the database. */
const busyLimitMs = 5_000;
const busyPauseMs = 10;

export class Erasure {
  readonly #connection: Connection;
  readonly #slots: SlotTable;
  readonly #vault: Vault;

  constructor(connection: Connection, slots: SlotTable, vault: Vault) {
    this.#connection = connection;
    this.#slots = slots;
    this.#vault = vault;
  }

  /**
   * Overwrites and frees slots whose intents are committed; those without an intent are left alone, so a second try
   * cannot reach a slot that was freed and taken anew. `emptyLog` completes it.
   */
  async overwrite(slots: readonly Slot[]): Promise<void> {
    if (slots.length === 0) return;
    const intended = new Set(this.#slots.listIntents());
    const due = slots.filter((slot) => intended.has(slot));
    await this.#vault.wipe(due);
    await whenFree(() => this.#connection.transaction(() => this.#slots.release(due)).immediate());
  }

  /** Copies the log into the database and cuts it to nothing: deleted rows stand in neither. */
  async emptyLog(): Promise<void> {
    await whenFree(() => {
      const [outcome] = this.#connection.pragma('wal_checkpoint(TRUNCATE)') as [{ busy: number }];
      if (outcome.busy !== 0) throw new Database.SqliteError('database is locked', 'SQLITE_BUSY');
    });
  }
}

/** Tries a step again while another process holds the database, without blocking the event loop between tries. */
export async function whenFree<Value>(step: () => Value): Promise<Value> {
  const deadlineMs = Date.now() + busyLimitMs;
  for (;;) {
    try {
      return step();
    } catch (error) {
      const isBusy = error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
      if (!isBusy || Date.now() > deadlineMs) throw error;
      await pause(busyPauseMs);
    }
  }
}
