// Looks at the receipts of a library: whether they are one chain, and what one of them is about.
import { createPublicKey } from 'node:crypto';
import { verifyChain } from '../gallery/receipt-verification.ts';
import { subjectOf } from '../gallery/receipts.ts';
import type { Check } from './check.ts';
import { readReceiptKey } from './receipt-key.ts';
import { slotsAtATime } from './record-file.ts';
import { faceIdOf } from './records.ts';
import type { LibraryKeys } from './sealing.ts';
import { firstSlot } from './slot-file.ts';
import type { Connection } from './sqlite/database.ts';
import { ReceiptTable } from './sqlite/receipt-table.ts';
import type { SlotTable } from './sqlite/slot-table.ts';
import type { Vault } from './vault.ts';

/** The chain, read at one moment. */
export function checkReceipts(connection: Connection, keys: LibraryKeys): Check[] {
  const key = readReceiptKey(connection, keys);
  if (key === undefined) return [];
  const name = 'receipts are an unbroken chain';
  // One transaction, so that none is added between two readings.
  return connection.transaction((): Check[] => {
    const receipts = new ReceiptTable(connection);
    let looked = 0;
    const counted = function* () {
      for (const receipt of receipts.list()) {
        looked += 1;
        yield receipt;
      }
    };
    try {
      verifyChain(counted(), createPublicKey(key.publicPem));
      return [{ name, looked, findings: [] }];
    } catch (error) {
      return [{ name, looked, findings: [(error as Error).message] }];
    }
  })();
}

/**
 * One deletion again: what its receipt states, and with the salt, that none of its faces is enrolled.
 * @throws {Error} when there is no such receipt
 */
export function checkReceipt(
  connection: Connection,
  slots: SlotTable,
  vault: Vault,
  { id, salt }: { id: string; salt?: string | undefined },
): Check[] {
  const receipt = new ReceiptTable(connection).findOfAny(id);
  if (receipt === undefined) throw new Error(`there is no finished receipt ${id}`);
  const { keySlotsReadZero, recordSlotsReadZero } = receipt.checks;
  const isChecked = Math.min(keySlotsReadZero, recordSlotsReadZero) >= receipt.deleted.faces;
  const stated: Check = {
    name: `receipt ${id} states that its slots read zero`,
    looked: keySlotsReadZero + recordSlotsReadZero,
    findings: isChecked ? [] : ['it states fewer slots than faces'],
  };
  if (salt === undefined) return [stated];
  const gone = new Set(receipt.faces);
  let looked = 0;
  let found = 0;
  for (let from = firstSlot; from < slots.next; from += slotsAtATime) {
    const sealed = vault.read(from, slotsAtATime);
    for (const owner of slots.listOwned(from, from + slotsAtATime)) {
      const record = owner.kind === 'face' ? vault.unseal(owner, sealed[owner.slot - from]!) : undefined;
      if (record === undefined) continue;
      looked += 1;
      if (gone.has(subjectOf(salt, faceIdOf(record)))) found += 1;
      record.fill(0);
    }
  }
  return [
    stated,
    {
      name: `no face of receipt ${id} is enrolled`,
      looked,
      findings: found === 0 ? [] : [`${found} of its faces are enrolled`],
    },
  ];
}
