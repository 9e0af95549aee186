// `lethe import --from-green`: a whole Green library comes over, throttled on the way, and no face is lost without a word.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { accessKey, startPhotos, startServer } from '../support/server.ts';
import { runCommand, runHere } from './command.ts';
import { startProxy } from './green-proxy.ts';

const [source, target, photos] = await Promise.all([startServer(), startServer(), startPhotos()]);
const folder = await mkdtemp(join(tmpdir(), 'lethe-green-'));
after(() => rm(folder, { recursive: true, force: true }));

/** What the source says of each face's picture. */
const pictures = new Map<number, string>();
const throttled = new Set<string>();
const calls: string[] = [];
const endpoint = await startProxy(source.lethe.url, (path, answer) => {
  if (answer === undefined) {
    calls.push(path);
    if (throttled.has(path)) return undefined;
    throttled.add(path);
    const body = { Code: 'Throttling.User', Message: 'Request was denied due to user flow control.' };
    return { status: 400, headers: { 'x-acs-retry-after': '10' }, body };
  }
  if (path !== '/green/sface/faces') return undefined;
  type Faces = { data: { faceImageItems: { faceId: number }[] } };
  const { data, ...rest } = answer as Faces;
  const faceImageItems = data.faceImageItems.map((item) => {
    const url = pictures.get(item.faceId);
    return url === undefined ? item : { ...item, url };
  });
  return { body: { ...rest, data: { ...data, faceImageItems } } };
});

async function enrol(personId: string, groupIds: string[], names: readonly string[], name?: string) {
  await source.call('AddPerson', { personId, groupIds, ...(name === undefined ? {} : { name }) });
  if (names.length > 0) return addFaces(personId, names);
  return [];
}

async function addFaces(personId: string, names: readonly string[]): Promise<number[]> {
  const urls = names.map((one) => photos.urls[one]!);
  const { data } = await source.call('AddFaces', { personId, urls });
  const { faceImageItems } = data as { faceImageItems: { faceId: number }[] };
  for (const [i, { faceId }] of faceImageItems.entries()) pictures.set(faceId, urls[i]!);
  return faceImageItems.map(({ faceId }) => faceId);
}

const anna = await enrol('anna', ['staff', 'day'], ['left', 'middle'], 'Anna');
const ben = await enrol('ben', ['staff'], ['right', 'rightAgain', 'left', 'middle']);
await enrol('cleo', ['day'], []);
pictures.delete(ben[1]!);
pictures.set(ben[2]!, photos.urls.left!.replace('left', 'gone'));
pictures.set(ben[3]!, photos.urls['sample1.jpg']!);

const env = {
  LETHE_ENDPOINT: target.lethe.url,
  LETHE_ACCESS_KEY_ID: accessKey.id,
  LETHE_ACCESS_KEY_SECRET: accessKey.secret,
  LETHE_SOURCE_ACCESS_KEY_ID: accessKey.id,
  LETHE_SOURCE_ACCESS_KEY_SECRET: accessKey.secret,
};
Object.assign(process.env, env);
const report = join(folder, 'report.csv');
const args = [
  ...['import', '--from-green', endpoint, '--group', 'moved', '--rate', '200'],
  ...['--report', report, '--state', join(folder, 'state')],
];
const readReport = async () =>
  (await readFile(report, 'utf8'))
    .replaceAll(/,[0-9]{13,15},/g, ',ID,')
    .trim()
    .split('\n')
    .sort();
const personOf = async (personId: string) =>
  (await target.call('GetPerson', { personId })).data as never as { name?: string; faceIds: string[] };

test('groups, persons and faces come over, throttled or not; a face without its picture is reported', async () => {
  const done = await runCommand(args, env);
  assert.equal(done.err, '');
  assert.equal(done.code, 1);
  assert.match(done.out, /^Enrolled now: 3 faces, .* a second; 3 new persons\nEnrolled in all: 3 faces\n/);
  assert.doesNotMatch(done.out, new RegExp(`anna|${accessKey.secret}|${anna[0]}|http`));

  const text = await readFile(report, 'utf8');
  const lines = text
    .replaceAll(/enrolled,[0-9]{13,15},/g, 'enrolled,NEW,')
    .trim()
    .split('\n');
  assert.deepEqual(
    lines.sort(),
    [
      'person,source,line,outcome,faceId,reason',
      `anna,${anna[0]},,enrolled,NEW,`,
      `anna,${anna[1]},,enrolled,NEW,`,
      `ben,${ben[0]},,enrolled,NEW,`,
      `ben,${ben[1]},,noPicture,,GetFaces gives no URL of its picture`,
      `ben,${ben[2]},,notFetched,,NOT_FOUND: the picture's server answered HTTP 404`,
      `ben,${ben[3]},,refused,,"3 faces found in the picture, exactly one is needed"`,
    ].sort(),
  );
  const { faceIds, ...moved } = (await target.call('GetPerson', { personId: 'anna' })).data as {
    faceIds: string[];
  };
  // The order of the groups is that in which the source lists them.
  assert.deepEqual(moved, { code: 200, personId: 'anna', name: 'Anna', groupIds: ['day', 'staff', 'moved'] });
  assert.deepEqual(
    faceIds,
    anna.map(
      (id) =>
        text
          .split('\n')
          .find((line) => line.includes(String(id)))!
          .split(',')[4],
    ),
  );
  assert.deepEqual((await personOf('cleo')).faceIds, []);
  assert.ok(calls.length > throttled.size);
});

test('a second run finds what has come since, and adds nothing twice', async () => {
  await addFaces('cleo', ['left']);
  const before = await readReport();
  const done = await runHere(args);
  assert.match(done.out, /^Enrolled now: 1 faces, .* a second; 0 new persons\nEnrolled in all: 4 faces\n/);
  assert.deepEqual(await readReport(), [...before, 'cleo,ID,,enrolled,ID,'].sort());
  assert.deepEqual(
    await Promise.all(['anna', 'ben', 'cleo'].map(async (id) => (await personOf(id)).faceIds.length)),
    [2, 1, 1],
  );
});

test('a Lethe that keeps photographs hands them over itself, by the wire and in an export that asks for them', async () => {
  const keeping = await startServer({ keepPhotos: 'crop' });
  await keeping.call('AddPerson', { personId: 'eva', groupIds: ['g'] });
  await keeping.call('AddFaces', { personId: 'eva', urls: [photos.urls.left, photos.urls.right] });
  const flags = ['--state', join(folder, 'kept-state'), '--report', join(folder, 'kept.csv')];
  const done = await runHere(['import', '--from-green', keeping.lethe.url, ...flags]);
  assert.equal(done.code, 0);
  assert.match(done.out, /^Enrolled now: 2 faces, .* a second; 1 new persons\n/);
  assert.equal((await personOf('eva')).faceIds.length, 2);

  const file = join(folder, 'kept.ndjson');
  const data = ['--data', join(keeping.folder, 'data'), '--to', file];
  await runHere(['export', ...data]);
  assert.doesNotMatch(await readFile(file, 'utf8'), /picture/);
  const exported = await runHere(['export', ...data, '--photographs']);
  assert.match(
    exported.out,
    /^1 persons and the ids of 2 faces, 2 of them with their photographs, written to /,
  );
  await target.call('DeletePerson', { personId: 'eva' });
  const again = await runHere(['import', file]);
  assert.equal(again.code, 0);
  assert.equal((await personOf('eva')).faceIds.length, 2);
});

test('a source that refuses the key says so in plain words, without what was signed', async () => {
  process.env.LETHE_SOURCE_ACCESS_KEY_SECRET = 'another-secret';
  await assert.rejects(runHere(args), {
    message: `${endpoint} refuses the call: SignatureDoesNotMatch: the AccessKey secret is another`,
  });
});
