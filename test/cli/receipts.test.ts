// Receipts and holds from the command line: read beside a library, checked where there is nothing but the files.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openEmbeddedStore } from '../../src/store/embedded.ts';
import { readRootKey } from '../../src/store/root-key.ts';
import { templateOf } from '../contract/store.ts';

const folder = await mkdtemp(join(tmpdir(), 'lethe-receipts-cli-'));
after(() => rm(folder, { recursive: true, force: true }));
const data = join(folder, 'library');
const offline = join(folder, 'offline');
const file = (name: string) => join(offline, name);

const program = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const run = (...args: string[]): Promise<{ code: number; out: string; err: string }> =>
  new Promise((resolve) => {
    const options = {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      env: { PATH: process.env.PATH },
    };
    execFile(process.execPath, ['--import', 'tsx', program, ...args], options, (error, out, err) =>
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
  await Promise.all([
    run('receipt', 'get', id, '--data', data).then(({ out }) => writeFile(file('receipt.json'), out)),
    run('receipts', 'export', '--data', data).then(({ out }) => writeFile(file('chain.jsonl'), out)),
    run('receipts', 'public-key', '--data', data).then(({ out }) => writeFile(file('key.pem'), out)),
  ]);
});

test('a receipt is checked offline, with the face it is about', async () => {
  const about = ['--face-id', faceIds[0]!, '--salt', salt];
  const checked = await run(
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

test('a receipt that was changed, or is about another face, is refused with exit code 1', async () => {
  const text = await readFile(file('receipt.json'), 'utf8');
  await writeFile(file('changed.json'), text.replace('"faces": 2', '"faces": 1'));
  const verify = ['--public-key', file('key.pem')];
  const [changed, other, noKey] = await Promise.all([
    run('receipt', 'verify', file('changed.json'), ...verify),
    run('receipt', 'verify', file('receipt.json'), ...verify, '--face-id', faceIds[3]!, '--salt', salt),
    run('receipt', 'verify', file('receipt.json'), '--public-key', file('receipt.json')),
  ]);
  assert.deepEqual([changed.code, other.code, noKey.code], [1, 1, 1]);
  assert.match(changed.err, /^lethe: \S+changed\.json: its signature does not match/);
  assert.match(other.err, /is not about face/);
  assert.match(noKey.err, /holds no Ed25519 public key/);
});

test('the chain verifies from the library and from its export, and gives the head to remember', async () => {
  const [own, exported] = await Promise.all([
    run('receipts', 'verify-chain', '--data', data),
    run('receipts', 'verify-chain', file('chain.jsonl'), '--public-key', file('key.pem')),
  ]);
  assert.deepEqual([own.code, exported.code, own.out], [0, 0, exported.out]);
  const [, head] = /Head (2:[0-9a-f]{64})/.exec(own.out) ?? [];
  assert.ok(head);

  const [first, second] = (await readFile(file('chain.jsonl'), 'utf8')).split('\n');
  await writeFile(file('cut.jsonl'), `${first}\n`);
  await writeFile(file('front.jsonl'), `${second}\n`);
  await writeFile(file('turned.jsonl'), `${second}\n${first}\n`);
  await writeFile(file('blank.jsonl'), `${first}\n\n${second}\n`);
  const check = (name: string, ...more: string[]) =>
    run('receipts', 'verify-chain', file(name), '--public-key', file('key.pem'), ...more);
  const [cut, remembered, front, turned, blank, keyless] = await Promise.all([
    check('cut.jsonl'),
    check('cut.jsonl', '--head', head),
    check('front.jsonl'),
    check('turned.jsonl'),
    check('blank.jsonl'),
    run('receipts', 'verify-chain', file('chain.jsonl')),
  ]);
  assert.equal(cut.code, 0, 'a chain cut off at its end looks whole');
  assert.deepEqual([remembered.code, front.code, turned.code, blank.code, keyless.code], [1, 1, 1, 1, 1]);
  assert.match(remembered.err, /cut off or replaced/);
  assert.match(front.err, /receipt 1 of the chain: its sequence is 2/);
  assert.match(turned.err, /receipt 1 of the chain: its sequence is 2/);
  assert.match(blank.err, /it is no JSON/);
  assert.match(keyless.err, /--public-key/);
});

test('a hold is set, listed and ended beside an open library', async () => {
  const until = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  const terms = ['--reason', 'file 17', '--owner', 'legal', '--data', data];
  const set = await run('hold', 'set', '--person', 'anna', '--until', until, ...terms);
  assert.deepEqual([set.code, set.err], [0, '']);
  const [, hold] = /^Hold ([0-9a-f]{16}) stands until/.exec(set.out) ?? [];
  await assert.rejects(store.deletePerson('default', 'anna'), { refusal: 'personHeld', detail: hold });
  const [listed, past, nobody] = await Promise.all([
    run('hold', 'list', '--data', data),
    run('hold', 'set', '--person', 'anna', '--until', '2020-01-01', ...terms),
    run('hold', 'set', '--person', 'nobody', '--until', until, ...terms),
  ]);
  assert.match(listed.out, new RegExp(`${hold}.*default.*anna.*all.*${until}.*legal.*file 17`));
  assert.match(past.err, /--until: it accepts a day to come/);
  assert.match(nobody.err, /account default has no such person/);
  const ended = await run('hold', 'end', hold!, '--data', data);
  assert.deepEqual([ended.code, ended.out], [0, `Hold ${hold} is ended\n`]);
  assert.deepEqual((await store.deletePerson('default', 'anna'))?.faceIds, [faceIds[3]]);
});

test('what is not there is said in plain words', async () => {
  const [receipt, hold, library] = await Promise.all([
    run('receipt', 'get', '0'.repeat(32), '--data', data),
    run('hold', 'end', '0'.repeat(16), '--data', data),
    run('receipts', 'export', '--data', join(folder, 'nowhere')),
  ]);
  assert.match(receipt.err, /^lethe: there is no receipt 0{32}\n$/);
  assert.match(hold.err, /^lethe: there is no hold 0{16}; lethe hold list shows/);
  assert.match(library.err, /nowhere holds no library of this version/);
});
