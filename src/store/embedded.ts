// Opens the embedded store: a library in one folder of one process, SQLite for the rows and the vault for what is personal.
import { EmbeddedStore } from './embedded-store.ts';
import { Erasure } from './erasure.ts';
import { FaceIds } from './face-ids.ts';
import { makeFolder } from './folder.ts';
import { type FolderLock, lockFolder } from './folder-lock.ts';
import { finishRotation } from './key-rotation.ts';
import { openReceiptKey } from './receipt-key.ts';
import { recover } from './recovery.ts';
import { finishRestore } from './restore-swap.ts';
import { keyBytes } from './sealing.ts';
import { firstSlot, type OpenBlockFile, openBlockFile } from './slot-file.ts';
import { Accounts } from './sqlite/accounts.ts';
import { Catalogue } from './sqlite/catalogue.ts';
import { openDatabase, openReader } from './sqlite/database.ts';
import { DeletionMemory } from './sqlite/deletion-memory.ts';
import { Holds } from './sqlite/holds.ts';
import { ReceiptTable } from './sqlite/receipt-table.ts';
import { SlotTable } from './sqlite/slot-table.ts';
import { Vault } from './vault.ts';
import { Writer } from './writer.ts';

export { openKeyStore } from './key-store.ts';
export type { EmbeddedStore };

export interface EmbeddedStoreOptions {
  /** Holds `library.db`, `keys.bin` and `templates.bin`; made with mode 700 when missing. */
  readonly folder: string;
  /** 32 bytes that wrap every data key; never stored in the folder. */
  readonly rootKey: Uint8Array;
  /** Opens the files of slots; the operating system's unless a test puts another disk there. */
  readonly openFile?: OpenBlockFile;
  /** Where the caller has taken it; the store's own otherwise. Released when the store is closed. */
  readonly lock?: FolderLock;
  /** Milliseconds since 1970; the system's clock unless a test moves it. */
  readonly nowMs?: () => number;
}

/**
 * Opens a library and recovers it: deletions that a crash cut short are finished, bytes nobody owns are wiped, before
 * this resolves.
 * @throws {Error} in plain words when the folder is in use, the root key is another, a file is missing or damaged, or
 * the format is newer than this program
 */
export async function openEmbeddedStore({
  folder,
  rootKey,
  openFile = openBlockFile,
  lock: taken,
  nowMs = Date.now,
}: EmbeddedStoreOptions): Promise<EmbeddedStore> {
  if (rootKey.length !== keyBytes) throw new RangeError(`the root key has ${keyBytes} bytes`);
  await makeFolder(folder);
  const opened: { close(): unknown }[] = [];
  try {
    const lock = taken ?? lockFolder(folder);
    opened.push({ close: () => lock.release() });
    await finishRotation(folder);
    await finishRestore(folder);
    const { connection, keys } = await openDatabase(folder, rootKey);
    opened.push(connection);
    const slots = new SlotTable(connection);
    const vault = await Vault.open(folder, keys, { isNew: slots.next === firstSlot, openFile });
    opened.push(vault);
    const receiptKey = openReceiptKey(connection, keys);
    const receipts = new ReceiptTable(connection);
    const erasure = new Erasure(connection, slots, vault, { table: receipts, key: receiptKey, nowMs });
    const tables = {
      accounts: new Accounts(connection),
      catalogue: new Catalogue(connection),
      receipts,
      memory: new DeletionMemory(connection, keys),
      holds: new Holds(connection, keys, new Accounts(connection)),
      faceIds: new FaceIds(keys),
    };
    const recovery = await recover({ connection, ...tables, slots, vault, erasure, nowMs: nowMs() });
    const reader = openReader(folder);
    const writer = new Writer(connection, slots, vault, erasure);
    return new EmbeddedStore({
      folder,
      lock,
      connection,
      reader,
      tables,
      keys,
      receiptKey,
      vault,
      writer,
      recovery,
      nowMs,
    });
  } catch (error) {
    for (const part of opened.reverse()) await part.close();
    throw error;
  }
}
