// Receipts and holds from the command line: read beside a library, checked where there is nothing but the files.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, mock, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { addHoldCommands } from '../../src/cli/holds.ts';
import { addReceiptCommands } from '../../src/cli/receipts.ts';
import { withSettings } from '../../src/cli/settings.ts';
import { openEmbeddedStore } from '../../src/store/embedded.ts';
import { readRootKey } from '../../src/store/root-key.ts';
import { templateOf } from '../contract/store.ts';
import { lethe } from './command.ts';

const folder = await mkdtemp(join(tmpdir(), 'lethe-receipts-cli-'));
after(() => rm(folder, { recursive: true, force: true }));
const data = join(folder, 'library');
const offline = join(folder, 'offline');
const file = (name: string) => join(offline, name);

/** The commands in this process: what they print, and the error they end with. */
async function run(...args: string[]): Promise<{ out: string; err: string }> {
  const program = new Command('lethe').exitOverride().configureOutput({ writeErr: () => undefined });
  addReceiptCommands(program, withSettings);
  addHoldCommands(program, withSettings);
  const printed = mock.method(console, 'log', () => undefined);
  try {
    await program.parseAsync(args, { from: 'user' });
    return { out: linesOf(printed), err: '' };
  } catch (error) {
    return { out: linesOf(printed), err: (error as Error).message };
  } finally {
    printed.mock.restore();
  }
}

const linesOf = (printed: { mock: { calls: readonly { arguments: readonly unknown[] }[] } }): string =>
  printed.mock.calls.map(({ arguments: [line] }) => `${line}\n`).join('');

/** The command as a process of its own. */
const spawn = (...args: string[]): Promise<{ code: number; out: string; err: string }> =>
  new Promise((resolve) => {
    const options = {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      env: { PATH: process.env.PATH },
    };
    execFile(process.execPath, [lethe, ...args], options, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });

const { key: rootKey } = await readRootKey({ dataFolder: data });
const store = await openEmbeddedStore({ folder: data, rootKey });
after(() => store.close());
await store.addPerson('default', { personId: 'anna' }, ['staff']);
const templates = [1, 2, 3, 4].map((number) => templateOf(number));
const { faceIds } = (await store.addFaces('default', 'anna', 'model', templates))!;
const { receipt } = (await store.deleteFaces('default', 'anna', faceIds.slice(0, 2)))!;
await store.deleteFaces('default', 'anna', [faceIds[2]!]);
const { id, salt } = receipt!;

before(async () => {
  await mkdir(offline);
  const [receipt, chain, key] = [
    await run('receipt', 'get', id, '--data', data),
    await spawn('receipts', 'export', '--data', data),
    await run('receipts', 'public-key', '--data', data),
  ];
  await writeFile(file('receipt.json'), receipt.out);
  await writeFile(file('chain.jsonl'), chain.out);
  await writeFile(file('key.pem'), key.out);
});

test('a receipt is checked offline, with the face it is about', async () => {
  const about = ['--face-id', faceIds[0]!, '--salt', salt];
  const checked = await spawn(
    'receipt',
    'verify',
    file('receipt.json'),
    '--public-key',
    file('key.pem'),
    ...about,
  );
  assert.deepEqual([checked.code, checked.err], [0, '']);
  assert.match(checked.out, /number 1 of its chain, is as it was signed/);
  assert.match(checked.out, /Deleted: 2 faces, 0 persons, 0 photographs \(request\)/);
  assert.match(checked.out, new RegExp(`It is about face ${faceIds[0]}\\.`));
});

test('a receipt that was changed, or is about another face, is refused', async () => {
  const text = await readFile(file('receipt.json'), 'utf8');
  await writeFile(file('changed.json'), text.replace('"faces": 2', '"faces": 1'));
  const key = ['--public-key', file('key.pem')];
  const changed = await spawn('receipt', 'verify', file('changed.json'), ...key);
  assert.equal(changed.code, 1);
  assert.match(changed.err, /^lethe: \S+changed\.json: its signature does not match/);
  const verify = async (...args: string[]) => (await run('receipt', 'verify', ...args)).err;
  const whole = file('receipt.json');
  assert.match(await verify(whole, ...key, '--face-id', faceIds[3]!, '--salt', salt), /is not about face/);
  assert.match(await verify(whole, ...key, '--face-id', faceIds[3]!), /go together/);
  assert.match(await verify(whole, '--public-key', whole), /holds no Ed25519 public key/);
});

test('the chain verifies from the library and from its export, and gives the head to remember', async () => {
  const own = await run('receipts', 'verify-chain', '--data', data);
  const key = ['--public-key', file('key.pem')];
  const check = (name: string, ...more: string[]) =>
    run('receipts', 'verify-chain', file(name), ...key, ...more);
  assert.equal(own.err, '');
  assert.deepEqual(await check('chain.jsonl'), own);
  const [, head] = /Head (2:[0-9a-f]{64})/.exec(own.out) ?? [];
  assert.equal((await check('chain.jsonl', '--head', head!)).err, '');

  const [first, second] = (await readFile(file('chain.jsonl'), 'utf8')).split('\n');
  await writeFile(file('cut.jsonl'), `${first}\n`);
  await writeFile(file('front.jsonl'), `${second}\n`);
  await writeFile(file('turned.jsonl'), `${second}\n${first}\n`);
  await writeFile(file('blank.jsonl'), `${first}\n\n${second}\n`);
  assert.equal((await check('cut.jsonl')).err, '', 'a chain cut off at its end looks whole');
  assert.match((await check('cut.jsonl', '--head', head!)).err, /cut off or replaced/);
  assert.match((await check('cut.jsonl', '--head', 'x')).err, /--head: it accepts/);
  assert.match((await check('front.jsonl')).err, /receipt 1 of the chain: its sequence is 2/);
  assert.match((await check('turned.jsonl')).err, /receipt 1 of the chain: its sequence is 2/);
  assert.match((await check('blank.jsonl')).err, /it is no JSON/);
  assert.match((await run('receipts', 'verify-chain', file('chain.jsonl'))).err, /--public-key/);
});

test('a hold is set, listed and ended beside an open library', async () => {
  const until = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  const set = (person: string, day: string, reason = 'file 17') =>
    run(
      ...['hold', 'set', '--person', person, '--until', day],
      ...['--reason', reason, '--owner', 'legal', '--data', data],
    );
  const { out } = await set('anna', until);
  const [, hold] = /^Hold ([0-9a-f]{16}) stands until/.exec(out) ?? [];
  await assert.rejects(store.deletePerson('default', 'anna'), { refusal: 'personHeld', detail: hold });
  const listed = await run('hold', 'list', '--data', data);
  assert.match(listed.out, new RegExp(`${hold}.*default.*anna.*all.*${until}.*legal.*file 17`));
  assert.match((await set('anna', '2020-01-01')).err, /--until: it accepts a day to come/);
  assert.match((await set('anna', '2099-02-30')).err, /--until: it accepts a day such as/);
  assert.match((await set('anna', until, '')).err, /--reason: it accepts 1 to 512 bytes/);
  assert.match((await set('an na', until)).err, /--person: it accepts the id of a person/);
  assert.match((await set('nobody', until)).err, /account default has no such person/);
  const ended = await run('hold', 'end', hold!, '--data', data);
  assert.deepEqual(ended, { out: `Hold ${hold} is ended\n`, err: '' });
  assert.deepEqual((await store.deletePerson('default', 'anna'))?.faceIds, [faceIds[3]]);
});

test('what is not there is said in plain words', async () => {
  const said = async (...args: string[]) => (await run(...args)).err;
  assert.match(await said('receipt', 'get', '0'.repeat(32), '--data', data), /^there is no receipt 0{32}$/);
  assert.match(
    await said('hold', 'end', '0'.repeat(16), '--data', data),
    /^there is no hold 0{16}; lethe hold list/,
  );
  const nowhere = join(folder, 'nowhere');
  assert.match(await said('receipts', 'public-key', '--data', nowhere), /holds no library of this version/);
});
