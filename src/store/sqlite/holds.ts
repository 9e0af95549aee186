// Legal holds as rows: whom they keep and until when in numbers, everything a person could read sealed.
import { randomBytes } from 'node:crypto';
import type { Hold, PersonHandle } from '../../gallery/ports.ts';
import { faceLookupOf } from '../face-ids.ts';
import { type LibraryKeys, lookupOf, sealText, unsealText } from '../sealing.ts';
import type { Accounts } from './accounts.ts';
import type { Connection } from './database.ts';

type Terms = Pick<Hold, 'personId' | 'faceId' | 'reason' | 'owner' | 'setAtMs'>;

export class Holds {
  readonly #keys: LibraryKeys;
  readonly #accounts: Accounts;
  readonly #statements;

  constructor(connection: Connection, keys: LibraryKeys, accounts: Accounts) {
    this.#keys = keys;
    this.#accounts = accounts;
    this.#statements = prepare(connection);
  }

  /** Undefined when there is no such person or face. */
  set({ account, untilMs, ...given }: Omit<Hold, 'id' | 'setAtMs'>, nowMs: number): Hold | undefined {
    const { personId, faceId } = given;
    const person = this.#statements.findPerson.get(lookupOf(this.#keys, 'person', account, personId));
    if (person === undefined) return undefined;
    const face = faceId === undefined ? null : faceLookupOf(this.#keys, account, faceId);
    if (face !== null && this.#statements.findFace.get(face, person) === undefined) return undefined;
    const id = randomBytes(8).toString('hex');
    const terms: Terms = { ...given, setAtMs: nowMs };
    const sealed = sealText(this.#keys, 'hold', Buffer.from(id), JSON.stringify(terms));
    this.#statements.insert.run(id, this.#accounts.enter(account), person, face, untilMs, sealed);
    return { id, account, untilMs, ...terms };
  }

  list(nowMs: number): Hold[] {
    return this.#statements.list.all(nowMs).map(({ id, account, untilMs, sealedTerms }) => {
      const terms = unsealText(this.#keys, 'hold', Buffer.from(id), sealedTerms);
      return { id, account, untilMs, ...(JSON.parse(terms) as Terms) };
    });
  }

  end(id: string): boolean {
    return this.#statements.end.run(id).changes === 1;
  }

  /** A hold on the person or on any of its faces. */
  findOnPerson(person: PersonHandle, nowMs: number): string | undefined {
    return this.#statements.findOnPerson.get(person, nowMs);
  }

  isFaceHeld(person: PersonHandle, face: Buffer, nowMs: number): boolean {
    return this.#statements.findOnFace.get(person, face, nowMs) !== undefined;
  }

  /** Holds that have ended, before the person's row can go. */
  forgetPerson(person: PersonHandle): void {
    this.#statements.forgetPerson.run(person);
  }

  purge(nowMs: number): number {
    return this.#statements.purge.run(nowMs).changes;
  }
}

function prepare(connection: Connection) {
  return {
    findPerson: connection
      .prepare<[Buffer], PersonHandle>('SELECT person FROM persons WHERE lookup = ?')
      .pluck(),
    findFace: connection.prepare<[Buffer, PersonHandle], unknown>(
      'SELECT 1 FROM faces WHERE lookup = ? AND person = ?',
    ),
    insert: connection.prepare<[string, number, PersonHandle, Buffer | null, number, Buffer]>(
      `INSERT INTO holds (id, account, person, face_lookup, until_ms, sealed_terms) VALUES (?, ?, ?, ?, ?, ?)`,
    ),
    list: connection.prepare<[number], { id: string; account: string; untilMs: number; sealedTerms: Buffer }>(
      `SELECT id, accounts.name AS account, until_ms AS untilMs, sealed_terms AS sealedTerms
       FROM holds JOIN accounts USING (account) WHERE until_ms > ? ORDER BY hold`,
    ),
    end: connection.prepare<[string]>('DELETE FROM holds WHERE id = ?'),
    findOnPerson: connection
      .prepare<[PersonHandle, number], string>(
        'SELECT id FROM holds WHERE person = ? AND until_ms > ? ORDER BY until_ms DESC',
      )
      .pluck(),
    findOnFace: connection.prepare<[PersonHandle, Buffer, number], unknown>(
      `SELECT 1 FROM holds WHERE person = ? AND (face_lookup IS NULL OR face_lookup = ?) AND until_ms > ?`,
    ),
    forgetPerson: connection.prepare<[PersonHandle]>('DELETE FROM holds WHERE person = ?'),
    purge: connection.prepare<[number]>('DELETE FROM holds WHERE until_ms <= ?'),
  };
}
