// `lethe keys`: makes, lists and disables AccessKeys, beside a running server or without one.
import { readFile } from 'node:fs/promises';
import Table from 'cli-table3';
import type { Command } from 'commander';
import { drawAccessKey, rsaAccessKey } from '../gallery/access-keys.ts';
import type { KeyStore } from '../gallery/ports.ts';
import { type LibrarySettings, openKeys } from '../library.ts';
import { operations } from '../operations/index.ts';
import { rotateRoot } from './rotate-root.ts';
import { librarySettings, type WithSettings } from './settings.ts';

interface KeyFlags {
  readonly account: string;
  readonly publicKey?: string;
  readonly allow?: string;
}

interface TemporaryKeyFlags {
  readonly for: string;
  readonly allow?: string;
}

const allowFlag = [
  '--allow <actions>',
  'actions it may call, such as DeleteFaces,GetPerson; all when left out',
] as const;

export function addKeyCommands(program: Command, withSettings: WithSettings): void {
  const keys = program
    .command('keys')
    .description('AccessKeys of a library, beside a running server or without one');
  const create = keys
    .command('create')
    .description('make an AccessKey; its secret is shown once')
    .option('--account <name>', 'account it belongs to, made when new', 'default')
    .option('--public-key <file>', 'RSA public key (PEM) of a caller who signs with the private one')
    .option(...allowFlag);
  withSettings(create, librarySettings, (given) => createKey(given, create.opts()));
  const lend = keys
    .command('create-temporary')
    .argument('<id>', 'AccessKey in whose name it is: it may do no more than that one, and ends with it')
    .description('make a temporary AccessKey with its security token; nothing of it is stored')
    .option('--for <duration>', 'how long it lasts, such as 30m or 1h; 12h at most', '1h')
    .option(...allowFlag);
  withSettings(lend, librarySettings, (given, id) => createTemporaryKey(given, id!, lend.opts()));
  withSettings(
    keys.command('list').description('list the AccessKeys, without secrets and temporary ones'),
    librarySettings,
    listKeys,
  );
  withSettings(
    keys.command('disable').argument('<id>', 'AccessKey id').description('disable an AccessKey'),
    librarySettings,
    disableKey,
  );
  const rotate = keys
    .command('rotate-root')
    .description('put all keys under a new root key; run again after a kill, it finishes')
    .option(
      '--new-root-key <file>',
      'file of the new root key, made when missing; needed unless the old one is in DIR.root-key',
    );
  withSettings(rotate, librarySettings, (given) => rotateRoot(given, rotate.opts()));
}

async function createKey(folder: LibrarySettings, { account, publicKey, allow }: KeyFlags): Promise<void> {
  if (!/^[A-Za-z0-9_-]{1,32}$/.test(account)) {
    throw new Error('--account: it accepts 1 to 32 letters, digits, _ and -');
  }
  const allowed = readActions(allow);
  const key =
    publicKey === undefined
      ? drawAccessKey(account, Date.now())
      : rsaAccessKey(account, await readFile(publicKey, 'utf8'), Date.now());
  await withKeys(folder, (keys) => keys.addAccessKey({ ...key, ...allowed }));
  console.log(`AccessKey id      ${key.id}`);
  if (key.material.kind === 'secret') {
    console.log(`AccessKey secret  ${key.material.secret}   (shown this once)`);
  }
}

async function createTemporaryKey(
  folder: LibrarySettings,
  parentId: string,
  { for: duration, allow }: TemporaryKeyFlags,
): Promise<void> {
  const expiresAtMs = Date.now() + readDurationMs(duration);
  const allowed = readActions(allow);
  const key = await withKeys(folder, async (keys) => {
    const parent = await keys.findAccessKey(parentId);
    if (parent === undefined) throw unknownKey(parentId);
    if (parent.status !== 'active') throw new Error(`AccessKey ${parentId} is disabled`);
    return keys.issueTemporaryKey({ account: parent.account, parentId, expiresAtMs, ...allowed });
  });
  console.log(`AccessKey id      ${key.id}
AccessKey secret  ${key.secret}
Security token    ${key.securityToken}
Ends              ${new Date(expiresAtMs).toISOString()}   (all of it shown this once)`);
}

/** @throws {Error} naming what is no action, and those there are */
function readActions(text: string | undefined): { allowedActions?: readonly string[] } {
  if (text === undefined) return {};
  const known: readonly string[] = operations.map(({ action }) => action);
  const given = [...new Set(text.split(',').map((action) => action.trim()))];
  const unknown = given.filter((action) => !known.includes(action));
  if (unknown.length > 0) {
    throw new Error(
      `--allow: ${unknown.map((action) => JSON.stringify(action)).join(', ')} cannot be used; it accepts, ` +
        `separated by commas, ${[...known].sort().join(', ')}`,
    );
  }
  return { allowedActions: given };
}

/** From a minute to the 12 hours that the cloud's sessions may last. Source: help.aliyun.com/document_detail/371864.html */
function readDurationMs(text: string): number {
  const [, count, unit] = /^(\d{1,5})([smh])$/.exec(text) ?? [];
  const ms = Number(count) * { s: 1_000, m: 60_000, h: 3_600_000 }[(unit ?? 's') as 's' | 'm' | 'h'];
  if (!(ms >= 60_000 && ms <= 12 * 3_600_000)) {
    throw new Error('--for: it accepts a duration from 1m to 12h, such as 90s, 30m or 1h');
  }
  return ms;
}

async function listKeys(folder: LibrarySettings): Promise<void> {
  const keys = await withKeys(folder, (store) => store.listAccessKeys());
  const table = new Table({
    head: ['AccessKey id', 'account', 'status', 'made', 'may call'],
    style: { head: [], border: [] },
  });
  for (const { id, account, status, createdAtMs, allowedActions } of keys) {
    const allowed = allowedActions?.join('\n') ?? 'every action';
    table.push([id, account, status, new Date(createdAtMs).toISOString(), allowed]);
  }
  console.log(table.toString());
}

async function disableKey(folder: LibrarySettings, id?: string): Promise<void> {
  if (!(await withKeys(folder, (keys) => keys.setAccessKeyStatus(id!, 'disabled')))) throw unknownKey(id!);
  console.log(`AccessKey ${id} is disabled`);
}

const unknownKey = (id: string): Error =>
  new Error(`there is no AccessKey ${id}; lethe keys list shows those there are`);

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
