// The end of a deletion: bytes overwritten, slot freed and receipt signed, the log emptied, each on disk before the next.
import { setTimeout as pause } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { canonicalJson, completeReceipt, headOf } from '../gallery/receipts.ts';
import type { ReceiptKey } from './receipt-key.ts';
import type { Slot } from './slot-file.ts';
import type { Connection } from './sqlite/database.ts';
import type { ReceiptTable } from './sqlite/receipt-table.ts';
import type { SlotTable } from './sqlite/slot-table.ts';
import { isEmpty, type Vault } from './vault.ts';

/** How long to wait for another process, `lethe keys` or a backup, to let go of the database. */
const busyLimitMs = 5_000;
const busyPauseMs = 10;

export class Erasure {
  readonly #connection: Connection;
  readonly #slots: SlotTable;
  readonly #vault: Vault;
  readonly #receipts: ReceiptTable;
  readonly #key: ReceiptKey;
  readonly #nowMs: () => number;

  constructor(
    connection: Connection,
    slots: SlotTable,
    vault: Vault,
    receipts: { table: ReceiptTable; key: ReceiptKey; nowMs: () => number },
  ) {
    this.#connection = connection;
    this.#slots = slots;
    this.#vault = vault;
    this.#receipts = receipts.table;
    this.#key = receipts.key;
    this.#nowMs = receipts.nowMs;
  }

  /**
   * Overwrites and frees slots whose intents are committed; those without an intent are left alone, so a second try
   * cannot reach a slot that was freed and taken anew. Signs every receipt that waits for no slot any more, in the same
   * transaction: a receipt stands in the chain exactly when its deletion is finished. `emptyLog` completes it.
   */
  async overwrite(slots: readonly Slot[]): Promise<void> {
    const intended = new Set(slots.length === 0 ? [] : this.#slots.listIntents());
    const due = slots.filter((slot) => intended.has(slot));
    if (due.length > 0) {
      await this.#vault.wipe(due);
      this.#checkEmpty(due);
    } else if (this.#receipts.listReady().length === 0) return;
    await whenFree(() =>
      this.#connection
        .transaction(() => {
          this.#slots.release(due);
          this.#signReady();
        })
        .immediate(),
    );
  }

  /** Reads the slots back: what a receipt says was checked. */
  #checkEmpty(slots: readonly Slot[]): void {
    const kept = slots.find((slot) => !isEmpty(this.#vault.read(slot)[0]!));
    if (kept !== undefined) throw new Error(`slot ${kept} was overwritten, yet does not read as zeros`);
  }

  #signReady(): void {
    let head = this.#receipts.head();
    for (const { receipt, draft, slots } of this.#receipts.listReady()) {
      const checks = { keySlotsReadZero: slots, recordSlotsReadZero: slots };
      const signed = completeReceipt(draft, { head, checks, nowMs: this.#nowMs() }, this.#key);
      const text = canonicalJson(signed);
      this.#receipts.complete(receipt, signed, text);
      head = headOf(signed.sequence, text);
    }
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
