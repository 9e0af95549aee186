// lethe retention: policies set, the schedule printed, what is due shown first and then deleted.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openEmbeddedStore } from '../../src/store/embedded.ts';
import { templateOf } from '../contract/store.ts';
import { loadedPersons } from '../support/loaded.ts';
import { lethe } from './command.ts';

const folder = await mkdtemp(join(tmpdir(), 'lethe-retention-'));
after(() => rm(folder, { recursive: true, force: true }));
const data = join(folder, 'library');
const rootKey = randomBytes(32);
await writeFile(`${data}.root-key`, rootKey, { mode: 0o600 });
const enrolledMs = Date.now() - 400 * 86_400_000;
const open = (nowMs = Date.now) => openEmbeddedStore({ folder: data, rootKey, nowMs });

const run = (...args: string[]) => runOn(data, args);
const runOn = (on: string, args: readonly string[]): Promise<{ code: number; out: string; err: string }> =>
  new Promise((resolve) => {
    execFile(
      process.execPath,
      [lethe, 'retention', ...args, '--data', on],
      { cwd: fileURLToPath(new URL('../..', import.meta.url)), env: { PATH: process.env.PATH } },
      (error, out, err) => resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });

const store = await open(() => enrolledMs);
await store.addPerson('default', { personId: 'anna', name: 'Anna' }, ['staff']);
const [faceId] = (await store.addFaces('default', 'anna', 'model', [templateOf(1)]))!.faceIds;
await store.close();

test('a policy is set beside a server, shown, and taken back', async () => {
  const beside = await open();
  try {
    const set = await run('set', '--group', 'visitors', '--max-age', '30', '--idle', 'off');
    assert.deepEqual(set, {
      code: 0,
      out: 'Group visitors: max age 30 d, idle off, from the next run on\n',
      err: '',
    });
    const { out } = await run('show');
    assert.match(out, /default +│ visitors +│ 30 d +│ off +│ default/);
    assert.match(out, /all +│ all others +│ off +│ 365 d +│ off/);
    const refused = await run('run', '--dry-run');
    assert.equal(refused.code, 1);
    assert.match(refused.err, /a server runs on .*lethe call RunRetention asks it now/);
    assert.equal((await run('set', '--group', 'gone', '--idle', '9')).code, 0);
    assert.equal(
      (await run('set', '--group', 'gone', '--clear')).out,
      'Group gone follows the default rules\n',
    );
    assert.equal((await beside.retention.listPolicies()).length, 1);
  } finally {
    await beside.close();
  }
});

test('the schedule says what is kept how long and how it is destroyed, and names nobody', async () => {
  const { out } = await run('schedule', '--strict-consent');
  assert.match(out, /^# Retention and destruction of face data\n/);
  assert.match(
    out,
    /\| visitors \| 30 days \| no limit \| no limit \|\n\| all others \| no limit \| no limit \| 365 days \|/,
  );
  assert.match(out, /no face is enrolled without one on record/);
  assert.doesNotMatch(out, /anna/i);
  assert.match(out, /Photographs are not kept\./);
  assert.match((await run('schedule', '--keep-photos', 'original')).out, /is kept whole, encrypted, until/);
  const { out: html } = await run('schedule', '--html', '--retention', 'off');
  assert.match(html, /^<!doctype html>/);
  assert.match(html, /<td>all others<\/td><td>no limit<\/td><td>no limit<\/td><td>no limit<\/td>/);
});

test('a dry run prints what would go and leaves it; the run deletes it, with a receipt', async () => {
  const dry = await run('run', '--dry-run');
  assert.match(dry.out, /default +│ anna +│ the person +│ group not searched/);
  assert.match(dry.out, new RegExp(`face ${faceId}`));
  assert.match(dry.out, /Due on .*: 1 persons, 1 faces/);
  const off = await run('run', '--retention', 'off');
  assert.match(off.out, /Deleted on .*: 0 persons/);
  const wet = await run('run');
  assert.match(wet.out, /Deleted on .*: 1 persons, 1 faces/);
  assert.match(wet.out, /[0-9a-f]{32}/);
  const emptied = await open();
  assert.deepEqual(await loadedPersons(emptied), []);
  await emptied.close();
});

test('what set cannot use is refused in one sentence', async () => {
  const cases = [
    [['--group', 'g'], 'give --max-age, --idle or --inactive, or --clear alone'],
    [['--group', 'g', '--max-age', '0'], '--max-age: it accepts 1 to 36500 days, or off'],
    [['--group', 'a/b', '--max-age', '1'], '--group: it accepts the id of a group'],
    [['--account', 'nobody', '--group', 'g', '--idle', '9'], 'there is no account nobody'],
  ] as const;
  for (const [args, words] of cases) {
    const { code, err } = await run('set', ...args);
    assert.equal(code, 1);
    assert.ok(err.startsWith(`lethe: ${words}`), err);
  }
});

test('a folder without a library is refused, and none is made', async () => {
  const { code, err } = await runOn(join(folder, 'nowhere'), ['run']);
  assert.equal(code, 1);
  assert.match(err, /holds no library/);
  assert.ok(!(await readdir(folder)).includes('nowhere'));
});
