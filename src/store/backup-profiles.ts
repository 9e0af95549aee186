// Profiles that move while a backup is made: the copy follows them to the slots where they are.
import { readSync } from 'node:fs';
import { type CopiedKeys, keyAt, positionOf, readSettled } from './backup-keys.ts';
import { hasKeyOf } from './key-file.ts';
import { recordSlotBytes } from './record-file.ts';
import type { Slot } from './slot-file.ts';
import { Catalogue, type PersonRow } from './sqlite/catalogue.ts';
import type { Connection } from './sqlite/database.ts';
import { SlotTable } from './sqlite/slot-table.ts';

/** A profile that is changed moves to another slot: without following, the copy would lose name and note. */
export class MovedProfiles {
  readonly #liveCatalogue: Catalogue;
  readonly #copy: Connection;
  readonly #catalogue: Catalogue;
  readonly #slots: SlotTable;
  readonly #keyFile: number;
  readonly #recordFile: number;
  readonly #keys: CopiedKeys;

  constructor(live: Connection, copy: Connection, keyFile: number, recordFile: number, keys: CopiedKeys) {
    this.#liveCatalogue = new Catalogue(live);
    this.#copy = copy;
    this.#catalogue = new Catalogue(copy);
    this.#slots = new SlotTable(copy);
    this.#keyFile = keyFile;
    this.#recordFile = recordFile;
    this.#keys = keys;
  }

  async follow(write: (slot: Slot, record: Buffer) => Promise<unknown>): Promise<void> {
    const { moved } = this.#keys;
    for (let lookup = moved.pop(); lookup !== undefined; lookup = moved.pop()) {
      const live = this.#liveCatalogue.findPerson(lookup);
      // Deleted meanwhile, with its faces: their keys are gone, and a start sweeps them away.
      if (live === undefined || live.slot === null) continue;
      const record = this.#readRecord(live.slot);
      const key = readSettled(this.#keyFile, live.slot, 1);
      const isSettled = this.#readRecord(live.slot).equals(record);
      if (!isSettled || !hasKeyOf({ lookup }, { key })) {
        moved.push(lookup);
        continue;
      }
      const person = this.#catalogue.findPerson(lookup)!;
      this.#settle(person, live.slot, key);
      if (person.slot !== null) await write(person.slot, Buffer.alloc(recordSlotBytes));
      await write(live.slot, record);
    }
  }

  #readRecord(slot: Slot): Buffer {
    const record = Buffer.alloc(recordSlotBytes);
    readSync(this.#recordFile, record, 0, recordSlotBytes, slot * recordSlotBytes);
    return record;
  }

  #settle(person: PersonRow, slot: Slot, key: Buffer): void {
    const { moved } = this.#keys;
    this.#copy.transaction(() => {
      this.#slots.claim(slot);
      for (const owner of this.#slots.listOwned(slot, slot + 1)) {
        // Whoever the copy has there was deleted, or moved, in the meantime.
        if (owner.kind === 'face') this.#catalogue.moveFace(owner.lookup, this.#slots.take());
        else if (!owner.lookup.equals(person.lookup)) {
          // To an empty slot, so that it is swept away if it was deleted, too.
          this.#catalogue.movePerson(this.#catalogue.findPerson(owner.lookup)!.person, this.#slots.take());
          moved.push(owner.lookup);
        }
      }
      this.#catalogue.movePerson(person.person, slot);
      if (person.slot !== null && person.slot !== slot) this.#slots.free(person.slot);
    })();
    const end = positionOf(this.#slots.next);
    if (end > this.#keys.bytes.length) {
      this.#keys.bytes = Buffer.concat([this.#keys.bytes, Buffer.alloc(end - this.#keys.bytes.length)]);
    }
    // Followed before, it has left a key there.
    if (person.slot !== null) keyAt(this.#keys, person.slot).fill(0);
    key.copy(this.#keys.bytes, positionOf(slot));
  }
}
