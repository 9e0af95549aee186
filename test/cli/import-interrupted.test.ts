// An import that is cut off: by a lost answer, by a kill while a call is under way, by a server that is gone; nothing is added twice.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openFolderSource } from '../../src/cli/import-folder.ts';
import { runToEnd } from '../../src/cli/import-run.ts';
import { ImportState } from '../../src/cli/import-state.ts';
import { Remote } from '../../src/cli/remote.ts';
import { accessKey, photo, portrait, startServer } from '../support/server.ts';
import { startCommand } from './command.ts';
import { startProxy } from './green-proxy.ts';

const server = await startServer();
const folder = await mkdtemp(join(tmpdir(), 'lethe-cut-off-'));
after(() => rm(folder, { recursive: true, force: true }));

// One of the four shows three faces, so that an answer says more than how many were sent.
async function makePhotos(name: string, personId: string): Promise<string> {
  await mkdir(join(folder, name, personId), { recursive: true });
  const pictures = {
    '1.jpg': await portrait('left'),
    '2.jpg': await photo('sample1.jpg'),
    '3.jpg': await portrait('right'),
    '4.jpg': await portrait('rightAgain'),
  };
  for (const [file, bytes] of Object.entries(pictures))
    await writeFile(join(folder, name, personId, file), bytes);
  return join(folder, name);
}

async function importTo(endpoint: string, photos: string) {
  const source = openFolderSource(photos, { groupIds: ['staff'], isFixingIds: false });
  const state = await ImportState.open(`${photos}.import-state`, source.label, endpoint);
  const key = { accessKeyId: accessKey.id, accessKeySecret: accessKey.secret };
  const lethe = new Remote(endpoint, key);
  const run = { source, lethe, state, atOnce: 2, isIntoExisting: false, graceMs: 0 };
  try {
    const end = await runToEnd(run);
    return { end, rows: [...state.rows] };
  } finally {
    await state.close();
  }
}

const faceIdsOf = async (personId: string): Promise<string[]> =>
  ((await server.call('GetPerson', { personId })).data as { faceIds: string[] }).faceIds;

const addFaces = '/green/sface/face/add';

test('an answer lost on the way is looked into: what was enrolled is known again, what was not is sent', async () => {
  let lost = 0;
  const endpoint = await startProxy(server.lethe.url, (path, answer) => {
    // Once after it was carried out, once before it reached the server.
    if (path !== addFaces || lost > 1 || (lost === 0) === (answer === undefined)) return undefined;
    lost += 1;
    return 'break off';
  });
  const { end, rows } = await importTo(endpoint, await makePhotos('lost', 'lost'));
  assert.ok(end.isWhole);
  const outcomes = Object.fromEntries(rows.map(({ source, outcome, faceId }) => [source, faceId ?? outcome]));
  const faceIds = await faceIdsOf('lost');
  assert.deepEqual(outcomes, {
    'lost/1.jpg': faceIds[0],
    'lost/2.jpg': 'refused',
    'lost/3.jpg': faceIds[1],
    'lost/4.jpg': faceIds[2],
  });
  assert.equal(faceIds.length, 3);
  assert.equal(lost, 2);
});

test('an import that is killed while its call is under way goes on without adding a face twice', async () => {
  const photos = await makePhotos('killed', 'killed');
  let hold: (() => void) | undefined;
  const reached = new Promise<void>((resolve) => {
    hold = resolve;
  });
  let isHolding = true;
  const endpoint = await startProxy(server.lethe.url, (path, answer) => {
    if (!isHolding || path !== addFaces || answer === undefined) return undefined;
    // The server has done it; whoever asked never hears of it.
    hold!();
    return new Promise(() => undefined);
  });
  const env = {
    LETHE_ENDPOINT: endpoint,
    LETHE_ACCESS_KEY_ID: accessKey.id,
    LETHE_ACCESS_KEY_SECRET: accessKey.secret,
  };
  const child = startCommand(['import', photos, '--group', 'staff'], env);
  await reached;
  child.kill('SIGKILL');
  await once(child, 'exit');
  const enrolled = await faceIdsOf('killed');
  assert.equal(enrolled.length, 3);
  // As a kill in the middle of a line leaves it.
  await appendFile(`${photos}.import-state`, '{"person":"kil');
  isHolding = false;

  const { end, rows } = await importTo(endpoint, photos);
  assert.ok(end.isWhole);
  assert.deepEqual(await faceIdsOf('killed'), enrolled);
  assert.deepEqual(
    rows.flatMap(({ faceId }) => faceId ?? []),
    enrolled,
  );
  const again = await importTo(endpoint, photos);
  assert.equal(again.end.enrolled, 0);
  assert.deepEqual(await faceIdsOf('killed'), enrolled);
});

test('Ctrl-C lets the call under way come to its end, says how to go on, and leaves a report', async () => {
  const photos = await makePhotos('stopped', 'stopped-a');
  await makePhotos('stopped', 'stopped-b');
  const child = startCommand(['import', photos, '--group', 'staff', '--at-once', '1'], {
    LETHE_ENDPOINT: await startProxy(server.lethe.url, (path, answer) => {
      if (path === addFaces && answer === undefined) child.kill('SIGINT');
      return undefined;
    }),
    LETHE_ACCESS_KEY_ID: accessKey.id,
    LETHE_ACCESS_KEY_SECRET: accessKey.secret,
  });
  let out = '';
  child.stdout!.setEncoding('utf8').on('data', (text) => {
    out += text;
  });
  const [code] = await once(child, 'close');
  assert.equal(code, 130);
  assert.match(
    out,
    /^Enrolled now: 3 faces, .*\nStopped before the end: run the same command again to go on\n/,
  );
  assert.equal((await faceIdsOf('stopped-a')).length, 3);
  assert.equal((await server.call('GetPerson', { personId: 'stopped-b' })).code, 400);
  assert.match(await readFile(`${photos}.import-report.csv`, 'utf8'), /stopped-a\/1\.jpg,,enrolled/);
});

test('two imports with one state do not run at a time', async () => {
  const path = join(folder, 'state');
  const first = await ImportState.open(path, 'here', 'there');
  await assert.rejects(ImportState.open(path, 'here', 'there'), {
    message: `process ${process.pid} is at work on this import: wait for it (or remove ${path}.lock)`,
  });
  await first.close();
  // A process that is gone holds nothing.
  await writeFile(`${path}.lock`, '4194304');
  await (await ImportState.open(path, 'here', 'there')).close();
});

test('a state that is damaged in its middle is said so and left as it is', async () => {
  const path = join(folder, 'damaged');
  await (await ImportState.open(path, 'here', 'there')).close();
  await appendFile(path, 'x\n{"run":"finished"}\n');
  const before = await readFile(path, 'utf8');
  await assert.rejects(ImportState.open(path, 'here', 'there'), {
    message: `${path}, line 2: the state is damaged there; put a copy of it back`,
  });
  assert.equal(await readFile(path, 'utf8'), before);
});
