// Receipts, legal holds and retention policies of a data folder without its faces: what the CLI opens, beside a running server or alone.
import type { HoldStore, PolicyStore } from '../gallery/ports.ts';
import type { Receipt } from '../gallery/receipts.ts';
import { readReceiptKey } from './receipt-key.ts';
import { Accounts } from './sqlite/accounts.ts';
import { hasCurrentLibrary, openBeside } from './sqlite/database.ts';
import { Holds } from './sqlite/holds.ts';
import { Policies } from './sqlite/policies.ts';
import { ReceiptTable } from './sqlite/receipt-table.ts';

export interface ErasureDesk extends HoldStore, PolicyStore {
  /** Of any account. */
  findReceipt(id: string): Receipt | undefined;
  /** The whole chain. */
  receipts(): Iterable<Receipt>;
  /** Ed25519, SPKI, PEM. */
  readonly receiptKey: string;
  close(): void;
}

/**
 * @param readRootKey called once it is certain that there is a library, so that none is made a key for
 * @throws {Error} in plain words when there is no library of this version's format, or the root key is another
 */
export async function openErasureDesk(
  folder: string,
  readRootKey: () => Promise<Uint8Array>,
): Promise<ErasureDesk> {
  if (!hasCurrentLibrary(folder)) {
    throw new Error(`${folder} holds no library of this version: start lethe serve on it once`);
  }
  const { connection, keys } = openBeside(folder, await readRootKey());
  const receiptKey = readReceiptKey(connection, keys)?.publicPem;
  if (receiptKey === undefined) {
    connection.close();
    throw new Error(`${folder} has no key to sign receipts with yet: start lethe serve on it once`);
  }
  const accounts = new Accounts(connection);
  const holds = new Holds(connection, keys, accounts);
  const policies = new Policies(connection, keys, accounts);
  const table = new ReceiptTable(connection);
  return {
    findReceipt: (id) => table.findOfAny(id),
    receipts: () => table.list(),
    receiptKey,
    setHold: async (hold) => connection.transaction(() => holds.set(hold, Date.now())).immediate(),
    listHolds: async () => holds.list(Date.now()),
    endHold: async (id) => holds.end(id),
    setPolicy: async (account, groupId, policy) =>
      connection.transaction(() => policies.set(account, groupId, policy)).immediate(),
    listPolicies: async () => policies.list(),
    close: () => connection.close(),
  };
}
