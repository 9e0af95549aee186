// Calls of an import: patient where the service says "later", never repeated where that could do a thing twice.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnswerLost, CallRefused, Remote } from '../../src/cli/remote.ts';
import { addFaces } from '../../src/operations/add-faces.ts';
import { getGroups } from '../../src/operations/get-groups.ts';
import { accessKey, startServer } from '../support/server.ts';
import { startProxy } from './green-proxy.ts';

const server = await startServer({ quota: 'cloud' });
const key = { accessKeyId: accessKey.id, accessKeySecret: accessKey.secret };

test("more calls than Lethe's own quota allows are all answered in the end", async () => {
  const lethe = new Remote(server.lethe.url, key);
  const answers = await Promise.all(Array.from({ length: 45 }, () => lethe.call(getGroups, {})));
  assert.deepEqual(answers, Array(45).fill({ code: 200, groupIds: [] }));
});

const refusals: [body: object, calls: number, error: new (...args: never[]) => Error][] = [
  [{ Code: 'InternalError', Message: 'x' }, 1, AnswerLost],
  [{ code: 500, msg: 'GENERAL_ERROR' }, 1, AnswerLost],
  [{ code: 400, msg: 'The person is not exist!' }, 1, CallRefused],
];
for (const [body, most, error] of refusals) {
  test(`AddFaces that is answered ${JSON.stringify(body)} is not sent again`, async () => {
    let calls = 0;
    const endpoint = await startProxy(server.lethe.url, () => {
      calls += 1;
      return { body };
    });
    await assert.rejects(
      new Remote(endpoint, key).call(addFaces, { personId: 'a', urls: ['x'] }, false),
      error,
    );
    assert.equal(calls, most);
  });
}

test('a call that the service throttles in either of its ways is sent again', async () => {
  const throttles = [
    { Code: 'Throttling.Api', Message: 'x' },
    { code: 588, msg: 'EXCEED_QUOTA' },
  ];
  const endpoint = await startProxy(server.lethe.url, (_path, answer) => {
    const body = answer === undefined ? throttles.pop() : undefined;
    return body && { body };
  });
  assert.deepEqual(await new Remote(endpoint, key, 100).call(getGroups, {}), { code: 200, groupIds: [] });
  assert.deepEqual(throttles, []);
});

test('what is signed, a security token among it, is in no error', async () => {
  const body = {
    Code: 'SignatureDoesNotMatch',
    Message: 'server string to sign is:x-acs-security-token:SECRET',
  };
  const endpoint = await startProxy(server.lethe.url, () => ({ status: 400, body }));
  await assert.rejects(new Remote(endpoint, key).call(getGroups, {}), { message: 'SignatureDoesNotMatch' });
});
