// Receipts as rows: drafts that wait for their slots to be overwritten, and the chain of those that are signed.
import {
  type ChainHead,
  emptyChain,
  headAfter,
  type Receipt,
  type ReceiptDraft,
} from '../../gallery/receipts.ts';
import type { Connection } from './database.ts';

/** Number of a receipt's row; intents name the receipt they belong to by it. */
export type ReceiptHandle = number;

export interface ReadyReceipt {
  readonly receipt: ReceiptHandle;
  readonly draft: ReceiptDraft;
  /** Slots that were overwritten for it. */
  readonly slots: number;
}

/** Receipts read at a time, a few hundred bytes each. */
const receiptsAtATime = 1_000;

export class ReceiptTable {
  readonly #statements;

  constructor(connection: Connection) {
    this.#statements = prepare(connection);
  }

  /** Records what is about to be erased, in the transaction that deletes its rows. */
  begin(account: number, draft: ReceiptDraft, slots: number): ReceiptHandle {
    return this.#statements.begin.get(draft.id, account, slots, JSON.stringify(draft))!;
  }

  /** Replaces the draft, id apart, of a receipt that is not finished. */
  amend(receipt: ReceiptHandle, draft: ReceiptDraft, slots: number): void {
    this.#statements.amend.run(slots, JSON.stringify(draft), receipt);
  }

  /** Those whose slots are all overwritten, in the order they were begun. */
  listReady(): ReadyReceipt[] {
    return this.#statements.listReady
      .all()
      .map(({ draft, ...row }) => ({ ...row, draft: JSON.parse(draft) as ReceiptDraft }));
  }

  /** The text stays as it was signed. */
  complete(receipt: ReceiptHandle, signed: Receipt, text: string): void {
    this.#statements.complete.run(signed.sequence, text, receipt);
  }

  head(): ChainHead {
    const text = this.#statements.last.get();
    return text === undefined ? emptyChain : headAfter(JSON.parse(text) as Receipt);
  }

  /** Signed ones only, and only the account's. */
  find(account: string, id: string): Receipt | undefined {
    const text = this.#statements.find.get(account, id);
    return text === undefined ? undefined : (JSON.parse(text) as Receipt);
  }

  /** For the operator, who sees all accounts' receipts. */
  findOfAny(id: string): Receipt | undefined {
    const text = this.#statements.findOfAny.get(id);
    return text === undefined ? undefined : (JSON.parse(text) as Receipt);
  }

  *list(): Iterable<Receipt> {
    for (let after = 0; ; ) {
      const rows = this.#statements.listAfter.all(after, receiptsAtATime);
      if (rows.length === 0) return;
      for (const { signed } of rows) yield JSON.parse(signed) as Receipt;
      after = rows.at(-1)!.sequence;
    }
  }
}

function prepare(connection: Connection) {
  return {
    begin: connection
      .prepare<[string, number, number, string], ReceiptHandle>(
        'INSERT INTO receipts (id, account, slots, draft) VALUES (?, ?, ?, ?) RETURNING receipt',
      )
      .pluck(),
    amend: connection.prepare<[number, string, ReceiptHandle]>(
      "UPDATE receipts SET slots = ?, draft = json_set(?, '$.id', id) WHERE receipt = ?",
    ),
    listReady: connection.prepare<[], { receipt: ReceiptHandle; draft: string; slots: number }>(
      `SELECT receipt, draft, slots FROM receipts WHERE sequence IS NULL
       AND NOT EXISTS (SELECT 1 FROM erase_intents WHERE erase_intents.receipt = receipts.receipt)
       ORDER BY receipt`,
    ),
    complete: connection.prepare<[number, string, ReceiptHandle]>(
      'UPDATE receipts SET sequence = ?, signed = ?, draft = NULL WHERE receipt = ?',
    ),
    last: connection
      .prepare<[], string>(
        'SELECT signed FROM receipts WHERE sequence IS NOT NULL ORDER BY sequence DESC LIMIT 1',
      )
      .pluck(),
    find: connection
      .prepare<[string, string], string>(
        `SELECT signed FROM receipts JOIN accounts USING (account)
         WHERE accounts.name = ? AND id = ? AND sequence IS NOT NULL`,
      )
      .pluck(),
    findOfAny: connection
      .prepare<[string], string>('SELECT signed FROM receipts WHERE id = ? AND sequence IS NOT NULL')
      .pluck(),
    listAfter: connection.prepare<[number, number], { sequence: number; signed: string }>(
      'SELECT sequence, signed FROM receipts WHERE sequence > ? ORDER BY sequence LIMIT ?',
    ),
  };
}
