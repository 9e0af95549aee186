// What an open embedded library is made of.
import type { Changing } from './changes.ts';
import type { FolderLock } from './folder-lock.ts';
import type { ReceiptKey } from './receipt-key.ts';
import type { Recovery } from './recovery.ts';
import type { LibraryKeys } from './sealing.ts';
import type { Connection } from './sqlite/database.ts';
import type { Vault } from './vault.ts';
import type { Writer } from './writer.ts';

export interface StoreParts {
  readonly folder: string;
  readonly lock: FolderLock;
  /** Changes go through it, one batch at a time. */
  readonly connection: Connection;
  /** Sees committed rows only. Used within one turn of the event loop, so that a row it shows has its slot. */
  readonly reader: Connection;
  /** Of `connection`. */
  readonly tables: Pick<Changing, 'accounts' | 'catalogue' | 'receipts' | 'memory' | 'holds' | 'faceIds'>;
  readonly keys: LibraryKeys;
  readonly receiptKey: ReceiptKey;
  readonly vault: Vault;
  readonly writer: Writer;
  readonly recovery: Recovery;
  readonly nowMs: () => number;
}
