// DeleteFaces refuses what it cannot understand, names the field, and deletes nothing then.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startServer } from '../support/server.ts';

const { call, client } = await startServer();
await call('AddPerson', { groupIds: ['g'], personId: 'person1' });
const said = ({ code, msg }: { code: number; msg: string }) => ({ code, msg });

const refusals: [body: unknown, msg: string][] = [
  [{}, 'personId: is required'],
  [{ personId: 'person1' }, 'faceIds: is required'],
  [{ personId: 'person1', faceIds: [] }, 'faceIds: must not be empty'],
  [{ personId: 'person1', faceIds: null }, 'faceIds: must be an array'],
  [{ personId: 'person1', faceIds: '1244453323565' }, 'faceIds: must be an array'],
  [{ personId: 'person1', faceIds: [''] }, 'faceIds[0]: must not be empty'],
  [{ personId: 'person1', faceIds: [1.5] }, 'faceIds[0]: must be a string or a whole number'],
  [{ personId: 'person1', faceIds: [['1']] }, 'faceIds[0]: must be a string or a whole number'],
  [{ personId: 'person1', faceIds: ['1'.repeat(33)] }, 'faceIds[0]: must have at most 32 characters'],
  [{ personId: 'person1', faceIds: Array(101).fill('1') }, 'faceIds: must have at most 100 items'],
  [{ personId: '', faceIds: ['1'] }, 'personId: must not be empty'],
  [{ personId: 'p'.repeat(33), faceIds: ['1'] }, 'personId: must have at most 32 characters'],
  [{ personId: ['person1'], faceIds: ['1'] }, 'personId: must be a string'],
  [{ faceIds: ['1'] }, 'personId: is required'],
  [[], 'body: Invalid input: expected object, received array'],
  [{ personId: 'nobody', faceIds: ['1'] }, 'The person is not exist!'],
];
for (const [body, msg] of refusals) {
  test(`${JSON.stringify(body).slice(0, 60)} is refused: ${msg}`, async () => {
    assert.deepEqual(said(await call('DeleteFaces', body)), { code: 400, msg });
  });
}

const oddBodies: [body: string, msg: string][] = [
  ['{', 'body: must be JSON in UTF-8'],
  ['{"personId":"a","personId":"b","faceIds":["1"]}', 'body: must be JSON in UTF-8'],
  ['"text"', 'body: Invalid input: expected object, received string'],
  ['{"__proto__":{"personId":"person1"},"faceIds":["1"]}', 'personId: is required'],
];
for (const [body, msg] of oddBodies) {
  test(`the body ${body} is refused: ${msg}`, async () => {
    const answer = await client.request('POST', '/green/sface/face/delete', {}, body, {}, { timeout: 5000 });
    assert.deepEqual(said(answer as { code: number; msg: string }), { code: 400, msg });
  });
}

const body = { personId: 'person1', faceIds: ['1'] };
const clientInfos: [text: string, msg: string][] = [
  ['{', 'clientInfo: must be a JSON object'],
  ['[]', 'clientInfo: must be a JSON object'],
  ['null', 'clientInfo: must be a JSON object'],
  ['{"imei":{}}', 'clientInfo.imei: must be a string'],
];
for (const [text, msg] of clientInfos) {
  test(`clientInfo ${text} is refused: ${msg}`, async () => {
    assert.deepEqual(said(await call('DeleteFaces', body, { clientInfo: text })), { code: 400, msg });
    assert.deepEqual(said(await call('DeleteFaces', body, { ClientInfo: text })), { code: 400, msg });
  });
}

test('clientInfo with every field is taken in both spellings; empty means none', async () => {
  const all = JSON.stringify({
    sdkVersion: '1',
    cfgVersion: '1',
    userType: 'others',
    userId: 120234234,
    userNick: 'Mi ke+&=é世',
    avatar: 'a',
    imei: 'i',
    imsi: 'i',
    umid: 'u',
    ip: '1.2.3.4',
    os: 'o',
    channel: 'c',
    hostAppName: 'h',
    hostPackage: 'h',
    hostVersion: 'h',
  });
  for (const query of [{ clientInfo: all }, { ClientInfo: all }, { ClientInfo: '' }]) {
    assert.equal((await call('DeleteFaces', body, query as Record<string, string>)).code, 200);
  }
});
