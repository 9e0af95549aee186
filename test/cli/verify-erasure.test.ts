// `lethe verify-erasure` prints a table, and fails when it found something.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openEmbeddedStore } from '../../src/store/embedded.ts';
import { readRootKey } from '../../src/store/root-key.ts';
import { lethe } from './command.ts';

const parent = await mkdtemp(join(tmpdir(), 'lethe-verify-'));
after(() => rm(parent, { recursive: true }));
const data = join(parent, 'library');

const run = (...args: string[]) => spawnSync(process.execPath, [lethe, ...args], { encoding: 'utf8' });

test('a clean folder prints counts and succeeds, one with a stranger in it names it and fails', async () => {
  const { key } = await readRootKey({ dataFolder: data });
  await (await openEmbeddedStore({ folder: data, rootKey: key })).close();
  const clean = run('verify-erasure', '--data', data, '--compact');
  assert.deepEqual([clean.status, clean.stderr], [0, '']);
  assert.match(clean.stdout, /Nothing is left of what was deleted\.\n$/);
  assert.match(clean.stdout, /slots without an owner are zero +│ +\d+ +│ 0 /);
  await writeFile(join(data, 'notes.txt'), 'x');
  const found = run('verify-erasure', '--data', data);
  assert.equal(found.status, 1);
  assert.match(found.stdout, /\nnotes\.txt does not belong there\n$/);
  const nowhere = run('verify-erasure', '--data', join(parent, 'nowhere'));
  assert.equal(nowhere.status, 1);
  assert.match(nowhere.stderr, /^lethe: the root key file .* is missing/);
});
