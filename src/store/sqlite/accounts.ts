// Account names and the numbers that rows know them by.
import type { Connection } from './database.ts';

export class Accounts {
  readonly #find;
  readonly #insert;

  constructor(connection: Connection) {
    this.#find = connection.prepare<[string], number>('SELECT account FROM accounts WHERE name = ?').pluck();
    this.#insert = connection
      .prepare<[string], number>('INSERT INTO accounts (name) VALUES (?) RETURNING account')
      .pluck();
  }

  find(name: string): number | undefined {
    return this.#find.get(name);
  }

  /** The account's number; made when it is new. */
  enter(name: string): number {
    return this.#find.get(name) ?? this.#insert.get(name)!;
  }
}
