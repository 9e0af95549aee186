// Persons, faces, groups and membership as rows: who belongs where and which slot holds what, no id in clear.
import Database from 'better-sqlite3';
import type { PersonHandle } from '../../gallery/ports.ts';
import type { Day } from '../../wire/days.ts';
import type { Slot } from '../slot-file.ts';
import type { Connection } from './database.ts';

export interface PersonRow {
  readonly person: PersonHandle;
  readonly lookup: Buffer;
  /** Null where the profile is lost. */
  readonly slot: Slot | null;
}

export interface FaceRow {
  readonly person: PersonHandle;
  readonly lookup: Buffer;
  readonly slot: Slot;
}

export interface GroupRow {
  readonly group: number;
  readonly lookup: Buffer;
  readonly sealedId: Buffer;
}

type InAccount<Row> = Row & { readonly account: string };

/** Statements only; the order of things and their limits are its callers'. */
export class Catalogue {
  readonly #statements;
  readonly #insertFaces: (rows: number) => Database.Statement;

  constructor(connection: Connection) {
    this.#statements = prepare(connection);
    this.#insertFaces = prepareInsertFaces(connection);
  }

  findPerson(lookup: Buffer): PersonRow | undefined {
    return this.#statements.findPerson.get(lookup);
  }

  /** Of every account, but for those whose profile is lost. */
  listAllPersons(): InAccount<PersonRow>[] {
    return this.#statements.listAllPersons.all();
  }

  insertPerson(account: number, lookup: Buffer, slot: Slot, today: Day): PersonHandle {
    return this.#statements.insertPerson.get(account, lookup, slot, today)!;
  }

  movePerson(person: PersonHandle, slot: Slot | null): void {
    this.#statements.movePerson.run(slot, person);
  }

  /** The person did something, or something was done for it: retention counts from here. */
  noteActivity(person: PersonHandle, today: Day): void {
    this.#statements.noteActivity.run({ person, today });
  }

  accountOf(person: PersonHandle): number {
    return this.#statements.accountOf.get(person)!;
  }

  /** Undefined where no consent was recorded. */
  consentEndDay(person: PersonHandle): Day | undefined {
    return this.#statements.consentEndDay.get(person) ?? undefined;
  }

  countPersonsWithoutProfile(): number {
    return this.#statements.countPersonsWithoutProfile.get()!;
  }

  /** Faces and memberships must be gone before. */
  deletePerson(person: PersonHandle): void {
    this.#statements.deletePerson.run(person);
  }

  findFace(lookup: Buffer): FaceRow | undefined {
    return this.#statements.findFace.get(lookup);
  }

  /** In the order of enrolment. */
  listFaces(person: PersonHandle): FaceRow[] {
    return this.#statements.listFaces.all(person);
  }

  countAllFaces(): number {
    return this.#statements.countAllFaces.get()!;
  }

  countFaces(person: PersonHandle): number {
    return this.#statements.countFaces.get(person)!;
  }

  /** In the order given; false, and none, when a lookup is another face's. */
  insertFaces(person: PersonHandle, lookups: readonly Buffer[], slots: readonly Slot[], today: Day): boolean {
    if (lookups.length === 0) return true;
    try {
      const values: (number | Buffer)[] = [];
      for (let i = 0; i < lookups.length; i++) values.push(person, lookups[i]!, slots[i]!, today);
      this.#insertFaces(lookups.length).run(values);
      return true;
    } catch (error) {
      if (error instanceof Database.SqliteError && error.message.endsWith('faces.lookup')) return false;
      throw error;
    }
  }

  moveFace(lookup: Buffer, slot: Slot): void {
    this.#statements.moveFace.run(slot, lookup);
  }

  deleteFace(lookup: Buffer): void {
    this.#statements.deleteFace.run(lookup);
  }

  findGroup(lookup: Buffer): GroupRow | undefined {
    return this.#statements.findGroup.get(lookup);
  }

  /** Of every account. */
  listAllGroups(): GroupRow[] {
    return this.#statements.listAllGroups.all();
  }

  listGroups(account: number): GroupRow[] {
    return this.#statements.listGroups.all(account);
  }

  /** In the order the person joined them. */
  listGroupsOf(person: PersonHandle): GroupRow[] {
    return this.#statements.listGroupsOf.all(person);
  }

  countGroups(account: number): number {
    return this.#statements.countGroups.get(account)!;
  }

  insertGroup(account: number, lookup: Buffer, sealedId: Buffer): number {
    return this.#statements.insertGroup.get(account, lookup, sealedId)!;
  }

  /** Deletes the group unless somebody belongs to it. */
  deleteEmptyGroup(group: number): void {
    this.#statements.deleteEmptyGroup.run({ group });
  }

  countMembers(group: number): number {
    return this.#statements.countMembers.get(group)!;
  }

  /** In the order they joined. */
  listMembers(group: number, limit: number, offset: number): PersonRow[] {
    return this.#statements.listMembers.all(group, limit, offset);
  }

  /** Stays in place where the person belongs already. */
  join(person: PersonHandle, group: number, today: Day): void {
    this.#statements.join.run(group, person, today);
  }

  /** False when the person did not belong. */
  leave(person: PersonHandle, group: number): boolean {
    return this.#statements.leave.run(group, person).changes === 1;
  }
}

const personColumns = 'persons.person, persons.lookup, persons.slot';
const faceColumns = 'faces.person, faces.lookup, faces.slot';
const groupColumns = 'person_group AS "group", lookup, sealed_id AS sealedId';

function prepare(connection: Connection) {
  return {
    findPerson: connection.prepare<[Buffer], PersonRow>(
      `SELECT ${personColumns} FROM persons WHERE lookup = ?`,
    ),
    listAllPersons: connection.prepare<[], InAccount<PersonRow>>(
      `SELECT ${personColumns}, accounts.name AS account
       FROM persons JOIN accounts USING (account) WHERE slot IS NOT NULL ORDER BY slot`,
    ),
    insertPerson: connection
      .prepare<[number, Buffer, Slot, Day], PersonHandle>(
        'INSERT INTO persons (account, lookup, slot, active_day) VALUES (?, ?, ?, ?) RETURNING person',
      )
      .pluck(),
    movePerson: connection.prepare<[Slot | null, PersonHandle]>(
      'UPDATE persons SET slot = ? WHERE person = ?',
    ),
    noteActivity: connection.prepare<{ person: PersonHandle; today: Day }>(
      'UPDATE persons SET active_day = :today WHERE person = :person AND active_day < :today',
    ),
    accountOf: connection
      .prepare<[PersonHandle], number>('SELECT account FROM persons WHERE person = ?')
      .pluck(),
    consentEndDay: connection
      .prepare<[PersonHandle], Day | null>('SELECT consent_end_day FROM persons WHERE person = ?')
      .pluck(),
    countPersonsWithoutProfile: connection
      .prepare<[], number>('SELECT count(*) FROM persons WHERE slot IS NULL')
      .pluck(),
    deletePerson: connection.prepare<[PersonHandle]>('DELETE FROM persons WHERE person = ?'),

    findFace: connection.prepare<[Buffer], FaceRow>(`SELECT ${faceColumns} FROM faces WHERE lookup = ?`),
    listFaces: connection.prepare<[PersonHandle], FaceRow>(
      `SELECT ${faceColumns} FROM faces WHERE person = ? ORDER BY face`,
    ),
    countAllFaces: connection.prepare<[], number>('SELECT count(*) FROM faces').pluck(),
    countFaces: connection
      .prepare<[PersonHandle], number>('SELECT count(*) FROM faces WHERE person = ?')
      .pluck(),
    moveFace: connection.prepare<[Slot, Buffer]>('UPDATE faces SET slot = ? WHERE lookup = ?'),
    deleteFace: connection.prepare<[Buffer]>('DELETE FROM faces WHERE lookup = ?'),

    findGroup: connection.prepare<[Buffer], GroupRow>(
      `SELECT ${groupColumns} FROM person_groups WHERE lookup = ?`,
    ),
    listAllGroups: connection.prepare<[], GroupRow>(`SELECT ${groupColumns} FROM person_groups`),
    listGroups: connection.prepare<[number], GroupRow>(
      `SELECT ${groupColumns} FROM person_groups WHERE account = ?`,
    ),
    listGroupsOf: connection.prepare<[PersonHandle], GroupRow>(
      `SELECT ${groupColumns} FROM membership JOIN person_groups USING (person_group)
       WHERE person = ? ORDER BY membership`,
    ),
    countGroups: connection
      .prepare<[number], number>('SELECT count(*) FROM person_groups WHERE account = ?')
      .pluck(),
    insertGroup: connection
      .prepare<[number, Buffer, Buffer], number>(
        'INSERT INTO person_groups (account, lookup, sealed_id) VALUES (?, ?, ?) RETURNING person_group',
      )
      .pluck(),
    deleteEmptyGroup: connection.prepare<{ group: number }>(
      `DELETE FROM person_groups WHERE person_group = :group
       AND NOT EXISTS (SELECT 1 FROM membership WHERE person_group = :group)`,
    ),
    countMembers: connection
      .prepare<[number], number>('SELECT count(*) FROM membership WHERE person_group = ?')
      .pluck(),
    listMembers: connection.prepare<[number, number, number], PersonRow>(
      `SELECT ${personColumns} FROM membership JOIN persons USING (person)
       WHERE person_group = ? ORDER BY membership LIMIT ? OFFSET ?`,
    ),
    join: connection.prepare<[number, PersonHandle, Day]>(
      'INSERT INTO membership (person_group, person, joined_day) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    ),
    leave: connection.prepare<[number, PersonHandle]>(
      'DELETE FROM membership WHERE person_group = ? AND person = ?',
    ),
  };
}

/** A statement for each number of rows, once it is asked for: a call of the database costs as much as a row. */
function prepareInsertFaces(connection: Connection): (rows: number) => Database.Statement {
  const statements: Database.Statement[] = [];
  return (rows) => {
    statements[rows] ??= connection.prepare(
      `INSERT INTO faces (person, lookup, slot, enrolled_day) VALUES ${Array(rows).fill('(?, ?, ?, ?)').join()}`,
    );
    return statements[rows];
  };
}
