// Retention and consent as a caller meets them: kept while it is searched, gone on the day, nobody without consent.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { openDesk } from '../../src/library.ts';
import { startPhotos, startServer } from '../support/server.ts';

const dayMs = 86_400_000;
const firstDay = Date.parse('2026-03-01T12:00:00Z');
let clockMs = firstDay;

const { urls } = await startPhotos();
const { call } = await startServer({}, () => clockMs);
const strict = await startServer({ strictConsent: 'yes' }, () => clockMs);

const said = ({ code, msg }: { code: number; msg: string }) => ({ code, msg });
const personsOf = async (groupId: string) =>
  ((await call('GetPersons', { groupId })).data as { personIds: string[] }).personIds;
const searchFor = async (url: string, groupId: string): Promise<string[]> => {
  const { data } = await call('ImageSyncScan', {
    scenes: ['sface-n'],
    tasks: [{ url, extras: { groupId } }],
  });
  const [task] = data as { results: { topPersonData: { persons: { personId: string }[] }[] }[] }[];
  return task!.results[0]!.topPersonData.flatMap(({ persons }) => persons.map(({ personId }) => personId));
};

test('a group that is searched stays, one that is not goes after a year, and no search finds who was in it', async () => {
  for (const [personId, groupId] of [
    ['left', 'quiet'],
    ['right', 'busy'],
  ] as const) {
    await call('AddPerson', { personId, groupIds: [groupId] });
    await call('AddFaces', { personId, urls: [urls[personId]] });
  }
  clockMs = firstDay + 364 * dayMs;
  assert.deepEqual(await searchFor(urls.rightAgain!, 'busy'), ['right']);
  assert.equal(((await call('RunRetention', {})).data as { persons: number }).persons, 0);

  clockMs += dayMs;
  const due = { code: 200, day: '2027-03-01', persons: 1, faces: 1, memberships: 0 };
  assert.deepEqual((await call('RunRetention', { dryRun: true })).data, { ...due, dryRun: true });
  assert.deepEqual(await personsOf('quiet'), ['left']);
  assert.deepEqual((await call('RunRetention', {})).data, { ...due, dryRun: false });
  assert.deepEqual(await personsOf('quiet'), []);
  await call('AddGroups', { personId: 'right', groupIds: ['quiet'] });
  assert.deepEqual(await searchFor(urls.left!, 'quiet'), []);
  assert.deepEqual(await searchFor(urls.rightAgain!, 'busy'), ['right']);
});

test('a person counts as found where the server would list it, not where a caller asks for everybody near', async () => {
  const start = clockMs;
  const server = await startServer({}, () => clockMs);
  await server.call('AddPerson', { personId: 'left', groupIds: ['lobby'] });
  await server.call('AddFaces', { personId: 'left', urls: [urls.left] });
  const desk = await openDesk({ data: join(server.folder, 'data') });
  try {
    assert.ok(await desk.setPolicy('default', 'lobby', { inactiveDays: 30 }));
  } finally {
    desk.close();
  }
  const find = async (url: string, minimumScore?: number): Promise<number> => {
    const { data } = await server.call('Identify', { url, groupIds: ['lobby'], minimumScore });
    return (data as { faces: { candidates: object[] }[] }).faces[0]!.candidates.length;
  };
  const stay = async () =>
    ((await server.call('RunRetention', {})).data as { persons: number }).persons === 0;
  clockMs = start + 29 * dayMs;
  assert.equal(await find(urls.left!), 1);
  clockMs = start + 58 * dayMs;
  assert.ok(await stay());
  assert.equal(await find(urls.rightAgain!, -1), 1);
  clockMs = start + 60 * dayMs;
  assert.ok(!(await stay()));
});

const consent = { reference: 'release 7', purpose: 'staff door', basis: 'GDPR 9(2)(a)' };
const refused = {
  code: 596,
  msg: 'PERMISSION_DENY: the person has no valid consent, record one first',
};
const dateAt = (ms: number) => new Date(ms).toISOString().slice(0, 10);

test('in strict mode nobody is enrolled before a consent is recorded, nor on the day it ends', async () => {
  await strict.call('AddPerson', { personId: 'anna', groupIds: ['staff'] });
  const add = async () => said(await strict.call('AddFaces', { personId: 'anna', urls: [urls.middle] }));
  assert.deepEqual(await add(), refused);
  const endsOn = dateAt(clockMs + 2 * dayMs);
  assert.deepEqual((await strict.call('RecordConsent', { personId: 'anna', ...consent, endsOn })).data, {
    code: 200,
    personId: 'anna',
    endsOn,
  });
  assert.equal((await add()).code, 200);
  assert.deepEqual((await strict.call('GetConsent', { personId: 'anna' })).data, {
    code: 200,
    personId: 'anna',
    consent: { ...consent, endsOn },
  });
  clockMs += 2 * dayMs;
  assert.deepEqual(await add(), refused);
  assert.equal(((await strict.call('RunRetention', {})).data as { persons: number }).persons, 1);
  assert.deepEqual(said(await strict.call('GetPerson', { personId: 'anna' })), {
    code: 400,
    msg: 'The person is not exist!',
  });
});

test('a withdrawn consent takes the person with all faces at once, with a receipt', async () => {
  await call('AddPerson', { personId: 'anna', groupIds: ['staff'] });
  await call('AddFaces', { personId: 'anna', urls: [urls.middle] });
  await call('RecordConsent', { personId: 'anna', ...consent, endsOn: dateAt(clockMs + 9 * dayMs) });
  assert.deepEqual(await searchFor(urls.middle!, 'staff'), ['anna']);
  const { faceIds } = (await call('GetPerson', { personId: 'anna' })).data as { faceIds: string[] };
  assert.deepEqual((await call('WithdrawConsent', { personId: 'anna' })).data, {
    code: 200,
    personId: 'anna',
    isPersonDeleted: true,
    faceIds,
    deleteCount: 1,
  });
  assert.deepEqual(await searchFor(urls.middle!, 'staff'), []);
  assert.equal((await call('WithdrawConsent', { personId: 'anna' })).code, 400);
  assert.equal((await call('GetConsent', { personId: 'anna' })).code, 400);
});

for (const [endsOn, words] of [
  ['2026-02-30', 'must be a day such as 2027-01-31'],
  ['tomorrow', 'must be a day such as 2027-01-31'],
  ['2020-01-01', 'must be a day to come'],
]) {
  test(`a consent that ends on ${endsOn} is refused`, async () => {
    const answer = await call('RecordConsent', { personId: 'right', ...consent, endsOn });
    assert.deepEqual(said(answer), { code: 400, msg: `endsOn: ${words}` });
  });
}

test('a consent that was never recorded reads as none', async () => {
  assert.deepEqual((await call('GetConsent', { personId: 'right' })).data, { code: 200, personId: 'right' });
});
