// `lethe keys`: makes, lists and disables AccessKeys, beside a running server or without one.
import { readFile } from 'node:fs/promises';
import Table from 'cli-table3';
import { drawAccessKey, rsaAccessKey } from '../gallery/access-keys.ts';
import type { KeyStore } from '../gallery/ports.ts';
import { type LibrarySettings, openKeys } from '../main.ts';

export async function createKey(
  folder: LibrarySettings,
  { account, publicKey }: { account?: string; publicKey?: string },
): Promise<void> {
  const named = account ?? 'default';
  if (!/^[A-Za-z0-9_-]{1,32}$/.test(named)) {
    throw new Error('--account: it accepts 1 to 32 letters, digits, _ and -');
  }
  const key =
    publicKey === undefined
      ? drawAccessKey(named, Date.now())
      : rsaAccessKey(named, await readFile(publicKey, 'utf8'), Date.now());
  await withKeys(folder, (keys) => keys.addAccessKey(key));
  console.log(`AccessKey id      ${key.id}`);
  if (key.material.kind === 'secret') {
    console.log(`AccessKey secret  ${key.material.secret}   (shown this once)`);
  }
}

export async function listKeys(folder: LibrarySettings): Promise<void> {
  const keys = await withKeys(folder, (store) => store.listAccessKeys());
  const table = new Table({
    head: ['AccessKey id', 'account', 'status', 'made'],
    style: { head: [], border: [] },
  });
  for (const { id, account, status, createdAtMs } of keys) {
    table.push([id, account, status, new Date(createdAtMs).toISOString()]);
  }
  console.log(table.toString());
}

export async function disableKey(folder: LibrarySettings, id?: string): Promise<void> {
  if (!(await withKeys(folder, (keys) => keys.setAccessKeyStatus(id!, 'disabled')))) {
    throw new Error(`there is no AccessKey ${id}; lethe keys list shows those there are`);
  }
  console.log(`AccessKey ${id} is disabled`);
}

async function withKeys<Value>(
  folder: LibrarySettings,
  work: (keys: KeyStore) => Promise<Value>,
): Promise<Value> {
  const keys = await openKeys(folder);
  try {
    return await work(keys);
  } finally {
    await keys.close();
  }
}
