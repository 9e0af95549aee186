// The retention policies of groups as rows: days in clear, the group's id sealed.
import type { GroupPolicy, Limit, RetentionPolicy } from '../../gallery/ports.ts';
import { maxIdLength } from '../../wire/limits.ts';
import { type LibraryKeys, lookupOf, sealText, unsealText } from '../sealing.ts';
import type { Accounts } from './accounts.ts';
import type { Connection } from './database.ts';

export interface PolicyColumns {
  readonly maxAgeDays: number | null;
  readonly idleDays: number | null;
  readonly inactiveDays: number | null;
}

export const policyColumns =
  'max_age_days AS maxAgeDays, idle_days AS idleDays, inactive_days AS inactiveDays';

export class Policies {
  readonly #keys: LibraryKeys;
  readonly #accounts: Accounts;
  readonly #statements;

  constructor(connection: Connection, keys: LibraryKeys, accounts: Accounts) {
    this.#keys = keys;
    this.#accounts = accounts;
    this.#statements = prepare(connection);
  }

  /** False when there is no such account. */
  set(accountName: string, groupId: string, policy: RetentionPolicy | undefined): boolean {
    const account = this.#accounts.find(accountName);
    if (account === undefined) return false;
    const lookup = lookupOf(this.#keys, 'group', accountName, groupId);
    if (policy === undefined) {
      this.#statements.delete.run(lookup);
      return true;
    }
    this.#statements.set.run({
      lookup,
      account,
      sealedId: sealText(this.#keys, 'policy', lookup, groupId.padEnd(maxIdLength, '\0')),
      maxAgeDays: columnOf(policy.maxAgeDays),
      idleDays: columnOf(policy.idleDays),
      inactiveDays: columnOf(policy.inactiveDays),
    });
    return true;
  }

  /** Sorted by account and group. */
  list(): GroupPolicy[] {
    const policies = this.#statements.list.all().map(({ account, lookup, sealedId, ...columns }) => ({
      account,
      groupId: unsealText(this.#keys, 'policy', lookup, sealedId).replace(/\0+$/, ''),
      policy: policyOf(columns),
    }));
    const keyOf = ({ account, groupId }: GroupPolicy) => `${account}/${groupId}`;
    return policies.sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
  }
}

const columnOf = (limit: Limit | undefined): number | null =>
  limit === undefined ? null : limit === 'off' ? 0 : limit;

export function policyOf({ maxAgeDays, idleDays, inactiveDays }: PolicyColumns): RetentionPolicy {
  const given = Object.entries({ maxAgeDays, idleDays, inactiveDays }).filter(([, days]) => days !== null);
  return Object.fromEntries(given.map(([name, days]) => [name, days === 0 ? 'off' : days]));
}

function prepare(connection: Connection) {
  return {
    set: connection.prepare<PolicyColumns & { lookup: Buffer; account: number; sealedId: Buffer }>(
      `INSERT OR REPLACE INTO retention_policies
       VALUES (:lookup, :account, :sealedId, :maxAgeDays, :idleDays, :inactiveDays)`,
    ),
    delete: connection.prepare<[Buffer]>('DELETE FROM retention_policies WHERE lookup = ?'),
    list: connection.prepare<[], PolicyColumns & { account: string; lookup: Buffer; sealedId: Buffer }>(
      `SELECT accounts.name AS account, lookup, sealed_id AS sealedId, ${policyColumns}
       FROM retention_policies JOIN accounts USING (account)`,
    ),
  };
}
