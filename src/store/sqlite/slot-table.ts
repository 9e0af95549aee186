// Which slot is owned, to be erased, or free: the database's side of the vault.
import { keySlotBytes, markBytes } from '../key-file.ts';
import type { Slot } from '../slot-file.ts';
import type { Connection } from './database.ts';

export interface OwnedSlot {
  readonly slot: Slot;
  readonly kind: 'face' | 'profile';
  readonly lookup: Buffer;
}

export class SlotTable {
  readonly #hasFree;
  readonly #listFree;
  readonly #takeFree;
  readonly #takeNew;
  readonly #readNext;
  readonly #intend;
  readonly #listIntents;
  readonly #removeIntent;
  readonly #free;
  readonly #listOwned;
  readonly #compareKeys;
  readonly #claim;

  constructor(connection: Connection) {
    this.#hasFree = connection.prepare('SELECT 1 FROM free_slots LIMIT 1');
    this.#listFree = connection
      .prepare<[number], Slot>('SELECT slot FROM free_slots ORDER BY slot LIMIT ?')
      .pluck();
    this.#takeFree = connection.prepare<[Slot]>('DELETE FROM free_slots WHERE slot = ?');
    this.#takeNew = connection.prepare<[number]>('UPDATE slot_space SET next_slot = next_slot + ?');
    this.#readNext = connection.prepare<[], Slot>('SELECT next_slot FROM slot_space').pluck();
    this.#intend = connection.prepare<[Slot, number | null]>('INSERT INTO erase_intents VALUES (?, ?)');
    this.#listIntents = connection.prepare<[], Slot>('SELECT slot FROM erase_intents ORDER BY slot').pluck();
    this.#removeIntent = connection.prepare<[Slot]>('DELETE FROM erase_intents WHERE slot = ?');
    this.#free = connection.prepare<[Slot]>('INSERT INTO free_slots VALUES (?)');
    this.#claim = [
      'DELETE FROM free_slots WHERE slot = :slot',
      'DELETE FROM erase_intents WHERE slot = :slot',
      'UPDATE slot_space SET next_slot = max(next_slot, :slot + 1)',
    ].map((sql) => connection.prepare<{ slot: Slot }>(sql));
    const keyAt = `(slot - :from) * ${keySlotBytes} + 1`;
    const mark = `substr(:keys, ${keyAt} + ${keySlotBytes - markBytes}, ${markBytes})`;
    const ownersMark = `substr(lookup, -${markBytes})`;
    // Whether the whole key reads zero is asked where its mark does not tell: hardly ever.
    const key = `substr(:keys, ${keyAt}, ${keySlotBytes})`;
    const isErased = `(${ownersMark} = zeroblob(${markBytes}) AND ${key} = zeroblob(${keySlotBytes}))`;
    this.#compareKeys = connection
      .prepare<{ from: Slot; to: Slot; keys: Buffer }, [owned: number, keyless: string]>(
        `SELECT count(*), json_group_array(slot) FILTER (
           WHERE ${mark} <> ${ownersMark} OR ${isErased}
         ) FROM (
           SELECT slot, lookup FROM faces WHERE slot >= :from AND slot < :to
           UNION ALL SELECT slot, lookup FROM persons WHERE slot >= :from AND slot < :to)`,
      )
      .raw();
    this.#listOwned = connection.prepare<{ from: Slot; to: Slot }, OwnedSlot>(
      `SELECT slot, 'face' AS kind, lookup FROM faces WHERE slot >= :from AND slot < :to
       UNION ALL SELECT slot, 'profile', lookup FROM persons WHERE slot >= :from AND slot < :to`,
    );
  }

  /** Takes a slot that reads zero: the lowest free one, so that the files stay short. */
  take(): Slot {
    return this.takeSome(1)[0]!;
  }

  /** As many slots, in rising order. */
  takeSome(count: number): Slot[] {
    // Most often there is none, which the list takes 18 us to say, and this 2.
    const free = this.#hasFree.get() === undefined ? [] : this.#listFree.all(count);
    for (const slot of free) this.#takeFree.run(slot);
    const missing = count - free.length;
    if (missing === 0) return free;
    const first = this.next;
    this.#takeNew.run(missing);
    return [...free, ...Array.from({ length: missing }, (_, i) => first + i)];
  }

  /** Takes the slot that is named, whatever the bookkeeping said of it: for a copy that follows its original. */
  claim(slot: Slot): void {
    this.#claim.forEach((statement) => {
      statement.run({ slot });
    });
  }

  /** Frees a slot that reads zero. */
  free(slot: Slot): void {
    this.#free.run(slot);
  }

  /** Every slot from here on has never been taken. */
  get next(): Slot {
    return this.#readNext.get()!;
  }

  /** Records that a slot's owner is gone and its bytes must go; the receipt that waits for it, if one does. */
  intend(slot: Slot, receipt?: number): void {
    this.#intend.run(slot, receipt ?? null);
  }

  listIntents(): Slot[] {
    return this.#listIntents.all();
  }

  /** Frees slots whose bytes are gone from disk; a slot without an intent stays as it is. */
  release(slots: readonly Slot[]): void {
    for (const slot of slots) if (this.#removeIntent.run(slot).changes === 1) this.#free.run(slot);
  }

  /**
   * How many slots are owned, and which of them have no key of their owner's: sooner than a row each.
   * @param keys of the slots from `from` on, as they stand on disk
   */
  compareKeys(from: Slot, keys: Buffer): { readonly owned: number; readonly keyless: readonly Slot[] } {
    const to = from + keys.length / keySlotBytes;
    const [owned, keyless] = this.#compareKeys.get({ from, to, keys })!;
    return { owned, keyless: JSON.parse(keyless) };
  }

  /** Slots from `from` up to but not including `to` that a face or a person owns. */
  listOwned(from: Slot, to: Slot): OwnedSlot[] {
    return this.#listOwned.all({ from, to });
  }
}
