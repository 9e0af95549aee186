// A key may call what it was made for; a temporary one only with its token, until it ends or its parent does.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { drawAccessKey } from '../../src/gallery/access-keys.ts';
import type { AccessKey, TemporaryGrant } from '../../src/gallery/ports.ts';
import { openKeys } from '../../src/library.ts';
import { accessKey, clientOf, pathOf, startServer } from '../support/server.ts';
import { sendAcs3 } from '../wire/acs3-client.ts';

const { lethe, folder, call } = await startServer();
const keys = await openKeys({ data: join(folder, 'data'), rootKey: undefined });
after(() => keys.close());
await call('AddPerson', { groupIds: ['staff'], personId: 'anna' });

const addKey = async (change: Partial<AccessKey> = {}) => {
  const key = drawAccessKey('default', Date.now());
  await keys.addAccessKey({ ...key, ...change });
  return { id: key.id, secret: key.material.secret };
};
const lend = (change: Partial<TemporaryGrant> = {}) =>
  keys.issueTemporaryKey({
    account: 'default',
    parentId: accessKey.id,
    expiresAtMs: Date.now() + 3_600_000,
    ...change,
  });
type Signer = Parameters<typeof clientOf>[1];
const callWith = (key: Signer, action = 'GetGroups', body: unknown = {}) =>
  clientOf(lethe.url, key).call(action, body);
/** The same under the newer signature, as the newer SDKs send it: token and key id in signed headers. */
async function callAcs3({ id, secret, securityToken }: NonNullable<Signer>) {
  const { target, rawHeaders } = sendAcs3({
    keyId: id,
    secret,
    path: pathOf('GetGroups'),
    headers: {
      host: new URL(lethe.url).host,
      'x-acs-date': `${new Date().toISOString().slice(0, 19)}Z`,
      'x-acs-signature-nonce': crypto.randomUUID(),
      'x-acs-accesskey-id': id,
      'x-acs-security-token': securityToken,
    },
  });
  const headers = Array.from({ length: rawHeaders.length / 2 }, (_, i) => rawHeaders.slice(2 * i, 2 * i + 2));
  const answer = await fetch(new URL(target, lethe.url), {
    method: 'POST',
    headers: headers as [string, string][],
    body: '{}',
  });
  const { Code, code } = (await answer.json()) as { Code?: string; code?: number };
  return Code ?? code;
}

test('a key limited to some actions calls those, and is refused every other as a RAM user without the right', async () => {
  const key = await addKey({ allowedActions: ['DeleteFaces', 'GetPerson'] });
  assert.equal((await callWith(key, 'GetPerson', { personId: 'anna' })).code, 200);
  assert.equal((await callWith(key, 'DeleteFaces', { personId: 'anna', faceIds: ['1'] })).code, 200);
  await assert.rejects(callWith(key), {
    code: 'NoPermission',
    message:
      /You are not authorized to do this action\. You should be authorized by RAM: yundun-greenweb:GetGroups\./,
  });
  await assert.rejects(callWith(key, 'DeletePerson', { personId: 'anna' }), { code: 'NoPermission' });
  assert.equal((await call('GetPerson', { personId: 'anna' })).code, 200);
});

test('a temporary key calls with its token, under both signatures', async () => {
  const key = await lend();
  assert.equal((await callWith(key)).code, 200);
  assert.equal(await callAcs3(key), 200);
});

test('a temporary key may do what both it and its parent may', async () => {
  const parent = await addKey({ allowedActions: ['GetPerson', 'GetGroups'] });
  const narrow = await lend({ parentId: parent.id, allowedActions: ['GetGroups', 'DeletePerson'] });
  assert.equal((await callWith(narrow)).code, 200);
  for (const action of ['GetPerson', 'DeletePerson']) {
    await assert.rejects(callWith(narrow, action, { personId: 'anna' }), { code: 'NoPermission' });
  }
  const whole = await lend({ parentId: parent.id });
  assert.equal((await callWith(whole, 'GetPerson', { personId: 'anna' })).code, 200);
  await assert.rejects(callWith(whole, 'DeletePerson', { personId: 'anna' }), { code: 'NoPermission' });
});

test('a temporary key ends with its time, its parent, and its account', async () => {
  await assert.rejects(callWith(await lend({ expiresAtMs: Date.now() })), {
    code: 'InvalidSecurityToken.Expired',
  });
  const parent = await addKey();
  const key = await lend({ parentId: parent.id });
  assert.equal((await callWith(key)).code, 200);
  await keys.setAccessKeyStatus(parent.id, 'disabled');
  await assert.rejects(callWith(key), { code: 'InvalidAccessKeyId.Inactive' });
  for (const change of [{ parentId: 'gone' }, { account: 'other' }]) {
    await assert.rejects(callWith(await lend(change)), { code: 'InvalidAccessKeyId.NotFound' });
  }
});

test('each fault of a security token has its code, under both signatures', async () => {
  const [one, other] = [await lend(), await lend()];
  const { securityToken: _, ...bare } = one;
  const faults: [key: NonNullable<Signer>, code: string][] = [
    [bare, 'MissingSecurityToken'],
    [{ ...one, securityToken: 'CAISfake' }, 'InvalidSecurityToken.Malformed'],
    [{ ...one, securityToken: `${one.securityToken}A`.slice(1) }, 'InvalidSecurityToken.Malformed'],
    [{ ...one, securityToken: other.securityToken }, 'InvalidSecurityToken.MismatchWithAccessKey'],
    [{ ...accessKey, securityToken: one.securityToken }, 'InvalidSecurityToken.MismatchWithAccessKey'],
    [{ ...accessKey, securityToken: 'CAISfake' }, 'InvalidSecurityToken.MismatchWithAccessKey'],
    [{ ...one, secret: other.secret }, 'SignatureDoesNotMatch'],
    [{ ...one, id: `STS.${'A'.repeat(24)}` }, 'InvalidSecurityToken.MismatchWithAccessKey'],
    [{ ...one, id: 'nobody' }, 'InvalidAccessKeyId.NotFound'],
  ];
  for (const [key, code] of faults) {
    await assert.rejects(callWith(key), { code });
    assert.equal(await callAcs3(key), code);
  }
});
