// Group commit: one loop takes all changes that wait, commits them together, and answers each once its own is on disk.
import type { Change } from './change.ts';
import { type Erasure, whenFree } from './erasure.ts';
import { FreshSlots } from './fresh-slots.ts';
import { Gathering } from './gathering.ts';
import { OpenChange } from './open-change.ts';
import type { Slot } from './slot-file.ts';
import type { Connection } from './sqlite/database.ts';
import type { SlotTable } from './sqlite/slot-table.ts';
import type { Vault } from './vault.ts';

interface Member {
  /** Runs the change within the open transaction and keeps its answer. */
  readonly attempt: (change: Change) => void;
  readonly committed: () => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  /** Answered with an error already, and tried again. */
  readonly isOwed?: boolean;
}

interface Attempted {
  readonly member: Member;
  readonly change: OpenChange;
}

/** Changes committed together: bounds the memory of a batch to about 11 MB (20 records of 2 KiB each). */
const maxBatch = 256;

const retryAfterMs = 1_000;

export class Writer {
  readonly #connection: Connection;
  readonly #slots: SlotTable;
  readonly #vault: Vault;
  readonly #erasure: Erasure;
  readonly #withinSavepoint: (member: Member, change: Change) => void;
  readonly #waiting: Member[] = [];
  readonly #gathering = new Gathering();
  /** Slots written for a change that was then rolled back, and that could not be wiped yet. */
  #debris: Slot[] = [];
  /** Deletions whose rows could not be removed, though their bytes were destroyed. */
  #owed: Member[] = [];
  #isUnfinished = false;
  #retry: NodeJS.Timeout | undefined;
  #loop: Promise<void> | undefined;
  #isClosed = false;

  constructor(connection: Connection, slots: SlotTable, vault: Vault, erasure: Erasure) {
    this.#connection = connection;
    this.#slots = slots;
    this.#vault = vault;
    this.#erasure = erasure;
    // Within an open transaction it is a savepoint.
    this.#withinSavepoint = connection.transaction((member: Member, change: Change) =>
      member.attempt(change),
    );
  }

  /**
   * Runs a change in its turn. Resolves once its effect is on disk; a change that throws leaves nothing behind.
   * @param committed called once nothing can bring back what was deleted, before it is overwritten; again on a second
   * try; must not throw
   */
  run<Answer>(change: (change: Change) => Answer, committed?: (answer: Answer) => unknown): Promise<Answer> {
    if (this.#isClosed) return Promise.reject(new Error('the store is closed'));
    return new Promise((resolve, reject) => {
      let answer: Answer;
      this.#waiting.push({
        attempt: (within) => {
          answer = change(within);
        },
        committed: () => committed?.(answer),
        resolve: () => resolve(answer),
        reject,
      });
      this.#wake();
    });
  }

  /** Takes no more changes and resolves once those waiting are answered. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    await this.#loop;
  }

  #wake(): void {
    this.#loop ??= this.#drain();
  }

  async #drain(): Promise<void> {
    // Changes that arrive in the same turn of the event loop share a batch.
    await new Promise((resolve) => setImmediate(resolve));
    do {
      await this.#gathering.untilGathered(this.#waiting);
      await this.#wipeDebris();
      await this.#commitOwed();
      if (this.#isUnfinished) await this.#finishEarlier();
      const batch = this.#waiting.splice(0, maxBatch);
      if (batch.length > 0) await this.#gathering.remember(batch.length, this.#commit(batch));
    } while (this.#waiting.length > 0);
    this.#loop = undefined;
  }

  /** Commits together; when that fails, one by one, so that nobody fails for a neighbour's sake. */
  async #commit(batch: readonly Member[]): Promise<void> {
    const committed: Attempted[] = [];
    try {
      await whenFree(() => this.#connection.exec('BEGIN IMMEDIATE'));
    } catch (error) {
      for (const member of batch) {
        member.reject(error);
        if (member.isOwed) this.#owe(member);
      }
      return;
    }
    try {
      await this.#commitTogether(batch, committed);
    } catch (error) {
      const [first] = committed;
      if (batch.length > 1) for (const member of batch) await this.#commit([member]);
      else if (first && first.change.erased.length > 0 && first.change.entered.length === 0)
        await this.#eraseAhead(first, error);
      else batch[0]!.reject(error);
      return;
    }
    for (const { member } of committed) member.committed();
    const erasing = committed.filter(({ change }) => change.erased.length > 0 || change.deletesRows);
    for (const attempted of committed) if (!erasing.includes(attempted)) attempted.member.resolve();
    if (erasing.length > 0) await this.#erase(erasing);
  }

  /**
   * A deletion whose rows cannot be removed, on a full disk above all, takes the bytes all the same: overwriting needs no
   * room. A face is its key, so a restart sweeps the row away; while we run, the deletion is tried again.
   */
  async #eraseAhead({ member, change }: Attempted, cause: unknown): Promise<void> {
    member.committed();
    try {
      await this.#vault.wipe(change.erased);
      member.reject(unfinished('its rows could not be removed yet', cause));
    } catch {
      member.reject(
        new Error('the deletion holds only until a restart: the disk takes no writes at all', { cause }),
      );
    }
    this.#owe(member);
  }

  #owe(member: Member): void {
    const ignore = () => undefined;
    this.#owed.push({ ...member, resolve: ignore, reject: ignore, isOwed: true });
    this.#retryLater();
  }

  async #commitOwed(): Promise<void> {
    const owed = this.#owed.splice(0);
    for (const [i, member] of owed.entries()) {
      await this.#commit([member]);
      if (this.#owed.length === 0) continue;
      this.#owed.push(...owed.slice(i + 1));
      return;
    }
  }

  /** Within the transaction that was begun; ends it. */
  async #commitTogether(batch: readonly Member[], attempted: Attempted[]): Promise<void> {
    const fresh = new FreshSlots(this.#vault);
    const refused: { member: Member; error: unknown }[] = [];
    try {
      for (const member of batch) {
        try {
          attempted.push(this.#attempt(member, fresh));
        } catch (error) {
          // Some failures of SQLite (disk full, I/O) end the whole transaction: then the batch has failed.
          if (!this.#connection.inTransaction) throw error;
          refused.push({ member, error });
        }
        await fresh.beginWriting();
      }
      await fresh.sync();
      this.#connection.exec('COMMIT');
    } catch (error) {
      if (this.#connection.inTransaction) this.#connection.exec('ROLLBACK');
      // A write still under way must not land after its slot was wiped.
      await fresh.settle();
      this.#debris.push(...fresh.slots);
      await this.#wipeDebris();
      throw error;
    }
    for (const { member, error } of refused) member.reject(error);
  }

  /** One member under a savepoint of its own. */
  #attempt(member: Member, fresh: FreshSlots): Attempted {
    const mayTake = this.#debris.length === 0 && this.#owed.length === 0;
    const change = new OpenChange({ slots: this.#slots, vault: this.#vault, fresh, mayTake });
    try {
      this.#withinSavepoint(member, change);
    } catch (error) {
      fresh.withdraw(change.entered);
      throw error;
    }
    return { member, change };
  }

  /** Overwrites together; where that fails, each member's slots by themselves. */
  async #erase(erasing: readonly Attempted[]): Promise<void> {
    const failures = new Map<Attempted, unknown>();
    try {
      await this.#erasure.overwrite(erasing.flatMap(({ change }) => change.erased));
    } catch {
      for (const attempted of erasing) {
        await this.#erasure
          .overwrite(attempted.change.erased)
          .catch((error) => failures.set(attempted, error));
      }
    }
    try {
      await this.#erasure.emptyLog();
    } catch (error) {
      for (const attempted of erasing) failures.set(attempted, failures.get(attempted) ?? error);
    }
    if (failures.size > 0) this.#retryLater();
    for (const attempted of erasing) {
      const cause = failures.get(attempted);
      if (cause === undefined) attempted.member.resolve();
      else attempted.member.reject(unfinished('its bytes could not be overwritten yet', cause));
    }
  }

  /** Completes what an earlier batch could not; one slot that will not go must not keep the others. */
  async #finishEarlier(): Promise<void> {
    this.#isUnfinished = false;
    try {
      const slots = this.#slots.listIntents();
      await this.#erasure.overwrite(slots).catch(async () => {
        this.#retryLater();
        for (const slot of slots) await this.#erasure.overwrite([slot]).catch(() => undefined);
      });
      await this.#erasure.emptyLog();
    } catch {
      this.#retryLater();
    }
  }

  async #wipeDebris(): Promise<void> {
    if (this.#debris.length === 0) return;
    try {
      // First: a commit whose sync failed may stand whole in the log, and a restart that reads it needs these records.
      await this.#erasure.emptyLog();
      await this.#vault.wipe(this.#debris);
      this.#debris = [];
    } catch {
      this.#retryLater();
    }
  }

  #retryLater(): void {
    clearTimeout(this.#retry);
    if (this.#isClosed) return;
    this.#retry = setTimeout(() => {
      this.#isUnfinished = true;
      this.#wake();
    }, retryAfterMs).unref();
  }
}

const unfinished = (why: string, cause: unknown): Error =>
  new Error(`the deletion holds but is not finished: ${why}`, { cause });
