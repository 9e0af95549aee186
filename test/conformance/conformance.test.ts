// The official Node clients, unmodified, are given what the scenario says: here, and at an endpoint that is not ours.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { clients } from '../../conformance/clients.ts';
import { type ClientReport, conform } from '../../conformance/conform.ts';
import { differenceFromExpected } from '../../conformance/judge.ts';
import { headOf, rows } from '../../conformance/matrix.ts';
import { any, between, having, id, type Json, known } from '../../conformance/pattern.ts';
import { scenario } from '../../conformance/scenario/index.ts';
import { operations } from '../../src/operations/index.ts';
import { accessKey, startPhotos, startServer } from '../support/server.ts';

const outcomesOf = (reports: readonly ClientReport[]) =>
  reports.flatMap((one) => ('skipped' in one ? [] : [...one.played, ...one.handed]));
const differencesOf = (reports: readonly ClientReport[]) =>
  outcomesOf(reports).filter(({ difference }) => difference !== undefined);

test('every Node client is given what the scenario says, and every refusal as its own typed error', async () => {
  const reports = await conform({ clients: ({ language }) => language === 'Node', mayInstall: false });
  assert.deepEqual(differencesOf(reports), []);
  const played = reports.filter((one) => 'played' in one);
  assert.equal(played.length, 5);
  for (const { played: steps } of played) {
    const told = new Set(steps.map(({ row }) => row));
    assert.deepEqual(
      rows.filter((row) => !told.has(row)),
      [],
    );
  }
});

test('at an endpoint that is not ours, only what the cloud documents is asked, and nobody is left behind', async () => {
  const { lethe, call } = await startServer({ quota: 'cloud' });
  const photos = await startPhotos();
  const elsewhere = { endpoint: lethe.url, key: accessKey, pictureBase: photos.url };
  const name = 'Node pop-core';
  const reports = await conform({ clients: (client) => client.name === name, mayInstall: false, elsewhere });
  assert.deepEqual(differencesOf(reports), []);
  assert.ok(outcomesOf(reports).length > 30);
  assert.deepEqual((await call('GetGroups', {})).data, { code: 200, groupIds: [] });
});

const knowledge = (isLenient = false) => ({
  prefix: 'p-',
  pictureUrl: (name: string) => name,
  kept: new Map<string, Json>([['face', 12]]),
  isLenient,
});
const requestId = '36D384DA-8023-4E84-BCFD-0C5581352C16';
const told = (data: Json, expected: Json, isLenient?: boolean) =>
  differenceFromExpected(
    { data: expected },
    { id: 1, body: JSON.stringify({ code: 200, msg: 'OK', requestId, data }) },
    clients[0]!,
    knowledge(isLenient),
  );

test('an answer that differs anywhere is told, with the place', () => {
  const expected = { personId: id('a'), faceIds: [known('face')], rate: between(50, 100), more: any('text') };
  const right = { code: 200, personId: 'p-a', faceIds: [12], rate: 99.5, more: '' };
  assert.equal(told(right, expected), undefined);
  assert.match(told({ ...right, personId: 'a' }, expected)!, /data\.personId: "p-a", not "a"/);
  assert.match(told({ ...right, faceIds: ['12'] }, expected)!, /data\.faceIds\[0\]: 12, not "12"/);
  assert.match(told({ ...right, faceIds: [] }, expected)!, /data\.faceIds: 1 items, not \[\]/);
  assert.match(told({ ...right, rate: 49 }, expected)!, /data\.rate: from 50 to 100, not 49/);
  assert.match(told({ ...right, more: 1 }, expected)!, /data\.more: any text, not 1/);
  assert.match(told({ ...right, extra: 1 }, expected)!, /data\.extra: nothing, not 1/);
  assert.match(told({ ...right, code: '200' }, expected)!, /data\.code: 200, not "200"/);
});

test('fields that the scenario does not name are let pass where it says so, or at an endpoint that is not ours', () => {
  assert.equal(told({ code: 200, a: 1, b: 2 }, having({ a: 1 })), undefined);
  assert.equal(told({ code: 200, a: 1, b: 2 }, { a: 1 }, true), undefined);
});

test('an error that is another than expected is told: its class, code, message or request id', () => {
  const [popCore] = clients;
  const judge = (change: object) =>
    differenceFromExpected(
      { refusal: 'accessKeyNotFound' },
      {
        id: 1,
        error: {
          class: 'InvalidAccessKeyId.NotFoundError',
          code: 'InvalidAccessKeyId.NotFound',
          message: 'code: 404, Specified access key is not found., requestid: x',
          requestId,
          ...change,
        },
      },
      popCore!,
      knowledge(),
    );
  assert.equal(judge({}), undefined);
  assert.match(judge({ class: 'Error' })!, /an error of class InvalidAccessKeyId\.NotFoundError/);
  assert.match(judge({ code: '404' })!, /code InvalidAccessKeyId\.NotFound/);
  assert.match(judge({ message: 'no' })!, /the message "Specified access key is not found\."/);
  assert.match(judge({ requestId: null })!, /the request id/);
});

test('every operation is in the scenario', () => {
  const asked = new Set(scenario.map(({ action }) => action));
  assert.deepEqual(
    operations.map(({ action }) => action).filter((action) => !asked.has(action)),
    [],
  );
});

test('the matrix in the document is of this scenario and these clients (npm run conformance writes it)', async () => {
  const document = await readFile(new URL('../../docs/wire-format.md', import.meta.url), 'utf8');
  assert.ok(document.includes(headOf('operation')));
  for (const row of rows) assert.ok(document.includes(`\n| ${row} | ✓`), row);
  assert.doesNotMatch(document, /^\|.*✗/m);
});
