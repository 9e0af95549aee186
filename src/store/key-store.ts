// The AccessKeys of a data folder without its faces: what `lethe keys` opens, beside a running server or alone.
import type { KeyStore } from '../gallery/ports.ts';
import { makeFolder } from './folder.ts';
import { lockFolder } from './folder-lock.ts';
import { finishRotation } from './key-rotation.ts';
import { finishRestore } from './restore-swap.ts';
import { AccessKeys } from './sqlite/access-keys.ts';
import { Accounts } from './sqlite/accounts.ts';
import { hasCurrentLibrary, openBeside, openDatabase } from './sqlite/database.ts';
import { issueTemporaryKey, openSecurityToken } from './temporary-keys.ts';

/**
 * Opens the key store. A folder without a library gets one; that, and bringing an older format up to date, needs the
 * folder to itself.
 * @throws {Error} in plain words, as `openEmbeddedStore`
 */
export async function openKeyStore({
  folder,
  rootKey,
}: {
  folder: string;
  rootKey: Uint8Array;
}): Promise<KeyStore & { close(): Promise<void> }> {
  await makeFolder(folder);
  if (!hasCurrentLibrary(folder)) {
    const lock = lockFolder(folder);
    try {
      await finishRotation(folder);
      await finishRestore(folder);
      (await openDatabase(folder, rootKey)).connection.close();
    } finally {
      lock.release();
    }
  }
  const { connection, keys } = openBeside(folder, rootKey);
  const accessKeys = new AccessKeys(connection, keys, new Accounts(connection));
  return {
    findAccessKey: async (id) => accessKeys.find(id),
    addAccessKey: async (key) => connection.transaction(() => accessKeys.add(key)).immediate(),
    listAccessKeys: async () => accessKeys.list(),
    setAccessKeyStatus: async (id, status) => accessKeys.setStatus(id, status),
    issueTemporaryKey: async (grant) => issueTemporaryKey(keys, grant),
    openSecurityToken: async (securityToken) => openSecurityToken(keys, securityToken),
    close: async () => {
      connection.close();
    },
  };
}
