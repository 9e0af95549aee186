// Two faults in one request: the earlier step's refusal comes, in the cloud's order.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import { drawAccessKey } from '../../src/gallery/access-keys.ts';
import { openKeys } from '../../src/library.ts';
import { signRoa } from '../../src/wire/roa-signature.ts';
import { accessKey, startServer } from '../support/server.ts';

const { lethe, folder, call } = await startServer({ quota: 'cloud' });
const keys = await openKeys({ data: join(folder, 'data'), rootKey: undefined });
const barred = drawAccessKey('default', Date.now());
await keys.addAccessKey({ ...barred, allowedActions: ['GetPerson'] });
const grant = { account: 'default', parentId: accessKey.id, expiresAtMs: Date.now() };
const ended = await keys.issueTemporaryKey(grant);
await keys.close();
await call('AddPerson', { groupIds: ['g'], personId: 'p' });

interface Sent {
  method?: string;
  target?: string;
  body?: string;
  keyId?: string;
  secret?: string;
  token?: string;
  date?: Date;
  nonce?: string;
  /** Changes the signed headers; undefined takes one away. */
  headers?: Record<string, string | undefined>;
}

async function send(sent: Sent): Promise<{ status: number; code: string }> {
  const { method = 'POST', target = '/green/sface/face/delete', body = '{}' } = sent;
  const signed: Record<string, string | undefined> = {
    ...signRoa({
      method,
      target,
      body: Buffer.from(body),
      accessKeyId: sent.keyId ?? accessKey.id,
      accessKeySecret: sent.secret ?? accessKey.secret,
      securityToken: sent.token,
      date: sent.date ?? new Date(),
      nonce: sent.nonce ?? randomUUID(),
    }),
    ...sent.headers,
  };
  const headers = Object.entries(signed).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const response = await fetch(new URL(target, lethe.url), {
    method,
    headers,
    body: method === 'GET' ? null : body,
  });
  const answer = (await response.json()) as { Code?: string; code?: number; msg?: string };
  return { status: response.status, code: answer.Code ?? `${answer.code} ${answer.msg}` };
}

const longAgo = new Date(Date.now() - 901_000);
const usedNonce = randomUUID();
await send({ nonce: usedNonce });
await send({ nonce: usedNonce, keyId: barred.id, secret: barred.material.secret });

// Each fault in the order of the steps, made worse by every later one.
const faults: [step: string, fault: Sent, expected: { status: number; code: string }][] = [
  ['route', { target: '/green/nowhere' }, { status: 404, code: 'InvalidApi.NotFound' }],
  ['method', { method: 'PUT' }, { status: 400, code: 'UnsupportedHTTPMethod' }],
  [
    'version',
    { headers: { 'x-acs-version': '2017-08-25' } },
    { status: 400, code: 'InvalidAction.NotFound' },
  ],
  ['headers', { headers: { date: undefined } }, { status: 400, code: 'MissingDate' }],
  ['key', { keyId: 'nobodysKey0001' }, { status: 404, code: 'InvalidAccessKeyId.NotFound' }],
  [
    'token',
    { keyId: ended.id, secret: ended.secret, token: ended.securityToken },
    { status: 400, code: 'InvalidSecurityToken.Expired' },
  ],
  ['clock', { date: longAgo }, { status: 400, code: 'InvalidTimeStamp.Expired' }],
  ['signature', { secret: 'another secret' }, { status: 400, code: 'SignatureDoesNotMatch' }],
  ['nonce', { nonce: usedNonce }, { status: 400, code: 'SignatureNonceUsed' }],
  ['permission', { keyId: barred.id, secret: barred.material.secret }, { status: 403, code: 'NoPermission' }],
  ['parse', { body: '{' }, { status: 200, code: '400 body: must be JSON in UTF-8' }],
  ['validate', { body: '{"personId":"nobody"}' }, { status: 200, code: '400 faceIds: is required' }],
  [
    'handle',
    { body: '{"personId":"nobody","faceIds":["1"]}' },
    { status: 200, code: '400 The person is not exist!' },
  ],
];

for (const [i, [step, fault, expected]] of faults.entries()) {
  test(`${step} alone is refused`, async () => assert.deepEqual(await send(fault), expected));
  for (const [later, laterFault] of faults.slice(i + 1)) {
    test(`${step} is refused before ${later}`, async () => {
      const both = { ...laterFault, ...fault, headers: { ...laterFault.headers, ...fault.headers } };
      assert.deepEqual(await send(both), expected);
    });
  }
}

test('a throttled call is refused before its body is read as JSON, and after its nonce', async () => {
  const target = '/green/sface/person/groups/delete';
  const settled = await Promise.all(Array.from({ length: 11 }, () => send({ target, body: '{' })));
  assert.equal(settled.filter(({ code }) => code === 'Throttling.User').length, 1);
  assert.deepEqual(await send({ target, nonce: usedNonce }), { status: 400, code: 'SignatureNonceUsed' });
});
