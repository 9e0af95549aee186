// Who owns the slots of a range, column by column in one row: sooner read than a row and an object a slot.
import type { PersonHandle } from '../../gallery/ports.ts';
import type { Slot } from '../slot-file.ts';
import type { Connection } from './database.ts';

/** From `from` up to but not including `to`. */
export interface SlotRange {
  readonly from: Slot;
  readonly to: Slot;
}

/** In the order of the slots. */
export interface FaceColumns {
  readonly slots: readonly Slot[];
  readonly persons: readonly PersonHandle[];
  /** One after the other. */
  readonly lookups: Uint8Array;
}

export interface ProfileColumns extends FaceColumns {
  readonly accounts: readonly string[];
  /** Numbers of each person's groups, in the order of joining. */
  readonly groups: readonly (readonly number[])[];
}

type Row = [slots: string, persons: string, lookups: Buffer | null, accounts: string, groups: string];

// A BLOB is taken for text as it stands, and is one again afterwards: sooner than hex and back.
const columns = `json_group_array(slot), json_group_array(person), CAST(group_concat(lookup, '') AS BLOB)`;
const inRange = 'slot >= :from AND slot < :to ORDER BY slot';

export class OwnerColumns {
  readonly #listFaces;
  readonly #listProfiles;

  constructor(connection: Connection) {
    this.#listFaces = connection
      .prepare<SlotRange, Row>(
        `SELECT ${columns} FROM (SELECT slot, person, lookup FROM faces WHERE ${inRange})`,
      )
      .raw();
    this.#listProfiles = connection
      .prepare<SlotRange, Row>(
        `SELECT ${columns}, json_group_array(name), json_group_array(json(groups)) FROM (
           SELECT slot, person, lookup, name,
             (SELECT json_group_array(person_group ORDER BY membership) FROM membership
              WHERE membership.person = persons.person) AS groups
           FROM persons JOIN accounts USING (account) WHERE ${inRange})`,
      )
      .raw();
  }

  listFaces(range: SlotRange): FaceColumns {
    return readColumns(this.#listFaces.get(range)!);
  }

  listProfiles(range: SlotRange): ProfileColumns {
    const row = this.#listProfiles.get(range)!;
    return { ...readColumns(row), accounts: JSON.parse(row[3]), groups: JSON.parse(row[4]) };
  }
}

const readColumns = ([slots, persons, lookups]: Row): FaceColumns => ({
  slots: JSON.parse(slots),
  persons: JSON.parse(persons),
  lookups: lookups ?? new Uint8Array(),
});
