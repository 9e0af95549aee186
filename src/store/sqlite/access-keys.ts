// Accounts and AccessKeys in the database: ids in clear, what a request is verified with sealed.
import type { AccessKey, AccessKeyStatus, KeyMaterial } from '../../gallery/ports.ts';
import { type LibraryKeys, sealText, unsealText } from '../sealing.ts';
import type { Accounts } from './accounts.ts';
import type { Connection } from './database.ts';

interface AccessKeyRow {
  readonly id: string;
  readonly account: string;
  readonly status: AccessKeyStatus;
  readonly createdAtMs: number;
  /** A JSON array. */
  readonly allowedActions: string | null;
}

const columns =
  'id, accounts.name AS account, status, created_at_ms AS createdAtMs, allowed_actions AS allowedActions';

const describe = ({ allowedActions, ...row }: AccessKeyRow): Omit<AccessKey, 'material'> => ({
  ...row,
  ...(allowedActions === null ? {} : { allowedActions: JSON.parse(allowedActions) as string[] }),
});

export class AccessKeys {
  readonly #keys: LibraryKeys;
  readonly #accounts: Accounts;
  readonly #find;
  readonly #list;
  readonly #insert;
  readonly #setStatus;

  constructor(connection: Connection, keys: LibraryKeys, accounts: Accounts) {
    this.#keys = keys;
    this.#accounts = accounts;
    this.#find = connection.prepare<[string], AccessKeyRow & { sealedMaterial: Buffer }>(
      `SELECT ${columns}, sealed_material AS sealedMaterial
       FROM access_keys JOIN accounts USING (account) WHERE id = ?`,
    );
    this.#list = connection.prepare<[], AccessKeyRow>(
      `SELECT ${columns} FROM access_keys JOIN accounts USING (account) ORDER BY created_at_ms, id`,
    );
    this.#insert = connection.prepare<[string, number, AccessKeyStatus, number, string | null, Buffer]>(
      `INSERT INTO access_keys (id, account, status, created_at_ms, allowed_actions, sealed_material)
       VALUES (?, ?, ?, ?, ?, ?)`,
    );
    this.#setStatus = connection.prepare<[AccessKeyStatus, string]>(
      'UPDATE access_keys SET status = ? WHERE id = ?',
    );
  }

  find(id: string): AccessKey | undefined {
    const row = this.#find.get(id);
    if (row === undefined) return undefined;
    const { sealedMaterial, ...key } = row;
    const material = unsealText(this.#keys, 'access key', Buffer.from(id), sealedMaterial);
    return { ...describe(key), material: JSON.parse(material) as KeyMaterial };
  }

  list(): Omit<AccessKey, 'material'>[] {
    return this.#list.all().map(describe);
  }

  /** @throws {Error} when the id is taken */
  add({ id, account, status, createdAtMs, allowedActions, material }: AccessKey): void {
    if (this.#find.get(id) !== undefined) throw new Error(`the AccessKey id ${id} is taken`);
    const sealed = sealText(this.#keys, 'access key', Buffer.from(id), JSON.stringify(material));
    const allowed = allowedActions === undefined ? null : JSON.stringify(allowedActions);
    this.#insert.run(id, this.#accounts.enter(account), status, createdAtMs, allowed, sealed);
  }

  setStatus(id: string, status: AccessKeyStatus): boolean {
    return this.#setStatus.run(status, id).changes === 1;
  }
}
