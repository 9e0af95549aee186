// What retention counts by, as rows: days of persons, faces, memberships and groups, holds, and the policies of groups.
import type { KeptPerson, Membership, PersonHandle } from '../../gallery/ports.ts';
import type { Day } from '../../wire/days.ts';
import type { FaceRow, PersonRow } from './catalogue.ts';
import type { Connection } from './database.ts';
import { type PolicyColumns, policyColumns, policyOf } from './policies.ts';

interface Handles {
  /** Greater than. */
  readonly after: PersonHandle;
  /** Up to and including. */
  readonly last: PersonHandle;
}

interface KeptRow extends PersonRow {
  readonly account: string;
  readonly activeDay: Day;
  readonly consentEndDay: Day | null;
}

interface MembershipRow extends PolicyColumns {
  readonly person: PersonHandle;
  readonly group: number;
  readonly joinedDay: Day;
  readonly searchedDay: Day;
}

interface NumberedFace extends FaceRow {
  readonly face: number;
}

/** A person as retention judges it, and the rows it stands in. */
export interface KeptRows {
  readonly kept: KeptPerson;
  readonly row: PersonRow;
  readonly faces: readonly NumberedFace[];
}

export class RetentionTable {
  readonly #statements;

  constructor(connection: Connection) {
    this.#statements = prepare(connection);
  }

  /** Persons by handle, with all that counts for them. */
  listKept(after: PersonHandle, limit: number, nowMs: number): KeptRows[] {
    const rows = this.#statements.listPersons.all(after, limit);
    const range = { after, last: rows.at(-1)?.person ?? after };
    const holds = byPerson(this.#statements.listHolds.all({ ...range, nowMs }));
    const memberships = byPerson(this.#statements.listMemberships.all(range));
    const faces = byPerson(this.#statements.listFaces.all(range));
    return rows.map(({ account, activeDay, consentEndDay, ...row }) => ({
      row,
      faces: faces.get(row.person) ?? [],
      kept: {
        account,
        person: row.person,
        lastActiveDay: activeDay,
        ...(consentEndDay === null ? {} : { consentEndDay }),
        isHeld: (holds.get(row.person) ?? []).some((hold) => hold.lookup === null),
        faces: (faces.get(row.person) ?? []).map(({ face, enrolledDay, lookup }) => ({
          face,
          enrolledDay,
          isHeld: (holds.get(row.person) ?? []).some((hold) => hold.lookup?.equals(lookup)),
        })),
        memberships: (memberships.get(row.person) ?? []).map(membershipOf),
      },
    }));
  }

  findKept(person: PersonHandle, nowMs: number): KeptRows | undefined {
    const [found] = this.listKept(person - 1, 1, nowMs);
    return found?.row.person === person ? found : undefined;
  }

  noteSearch(group: number, today: Day): void {
    this.#statements.noteSearch.run(today, group);
  }

  setConsentEnd(person: PersonHandle, endDay: Day): void {
    this.#statements.setConsentEnd.run(endDay, person);
  }
}

function byPerson<Row extends { person: PersonHandle }>(rows: readonly Row[]): Map<PersonHandle, Row[]> {
  const grouped = new Map<PersonHandle, Row[]>();
  for (const row of rows) {
    const same = grouped.get(row.person);
    if (same === undefined) grouped.set(row.person, [row]);
    else same.push(row);
  }
  return grouped;
}

const membershipOf = ({ group, joinedDay, searchedDay, ...policy }: MembershipRow): Membership => ({
  group,
  joinedDay,
  ...(searchedDay === 0 ? {} : { lastSearchDay: searchedDay }),
  policy: policyOf(policy),
});

function prepare(connection: Connection) {
  return {
    listPersons: connection.prepare<[PersonHandle, number], KeptRow>(
      `SELECT person, lookup, slot, accounts.name AS account, active_day AS activeDay,
              consent_end_day AS consentEndDay
       FROM persons JOIN accounts USING (account) WHERE person > ? ORDER BY person LIMIT ?`,
    ),
    listMemberships: connection.prepare<Handles, MembershipRow>(
      `SELECT person, person_group AS "group", joined_day AS joinedDay, searched_day AS searchedDay,
              ${policyColumns}
       FROM membership JOIN person_groups USING (person_group)
       LEFT JOIN retention_policies USING (lookup)
       WHERE person > :after AND person <= :last ORDER BY membership`,
    ),
    listFaces: connection.prepare<Handles, NumberedFace & { enrolledDay: Day }>(
      `SELECT person, face, lookup, slot, enrolled_day AS enrolledDay FROM faces
       WHERE person > :after AND person <= :last ORDER BY face`,
    ),
    listHolds: connection.prepare<
      Handles & { nowMs: number },
      { person: PersonHandle; lookup: Buffer | null }
    >(
      `SELECT person, face_lookup AS lookup FROM holds
       WHERE person > :after AND person <= :last AND until_ms > :nowMs`,
    ),
    noteSearch: connection.prepare<[Day, number]>(
      'UPDATE person_groups SET searched_day = ? WHERE person_group = ?',
    ),
    setConsentEnd: connection.prepare<[Day, PersonHandle]>(
      'UPDATE persons SET consent_end_day = ? WHERE person = ?',
    ),
  };
}
