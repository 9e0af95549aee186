// However many persons a file holds, an import reads the pictures of few of them at a time.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { holdPictures } from '../support/held-pictures.ts';
import { accessKey, startServer } from '../support/server.ts';
import { runHere } from './command.ts';

test('of 20 persons, as many as --at-once says are imported at a time, and all are reported', async () => {
  const { lethe } = await startServer();
  const folder = await mkdtemp(join(tmpdir(), 'lethe-at-once-'));
  after(() => rm(folder, { recursive: true, force: true }));
  const pictures = await holdPictures(3);
  const rows = Array.from({ length: 20 }, (_, i) => `person${i},staff,${pictures.urlOf(`${i}.jpg`)}`);
  const file = join(folder, 'people.csv');
  await writeFile(file, ['personId,groups,picture', ...rows, ''].join('\n'));
  Object.assign(process.env, {
    LETHE_ENDPOINT: lethe.url,
    LETHE_ACCESS_KEY_ID: accessKey.id,
    LETHE_ACCESS_KEY_SECRET: accessKey.secret,
  });
  const { out } = await runHere(['import', file, '--at-once', '3', '--allow-fetch-from', '127.0.0.1/32']);
  assert.match(out, / 20 {2}the picture could not be fetched/);
  assert.deepEqual([pictures.most, pictures.answered], [3, 20]);
});
