// Quotas: the call too many is throttled by the gateway, and nothing else of the account is.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Throttle } from '../../src/server/throttle.ts';
import { accessKey, startServer } from '../support/server.ts';

test('the 21st DeleteFaces within a second is throttled; other operations are untouched', async () => {
  const { call } = await startServer({ quota: 'cloud' });
  await call('AddPerson', { groupIds: ['g'], personId: 'p' });
  const remove = () => call('DeleteFaces', { personId: 'p', faceIds: ['1'] });
  const settled = await Promise.allSettled(Array.from({ length: 21 }, remove));
  const refused = settled.filter((one) => one.status === 'rejected').map(({ reason }) => reason);
  assert.equal(refused.length, 1);
  assert.equal(refused[0].code, 'Throttling.User');
  assert.match(refused[0].message, /^code: 400, Request was denied due to user flow control\./);
  assert.equal((await call('GetPerson', { personId: 'p' })).code, 200);
  assert.ok(accessKey.id);
});

test('no second, wherever it begins, holds more calls than the limit, and none is refused below it', () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 80 });
  fc.assert(
    fc.property(gaps, fc.integer({ min: 1, max: 6 }), (gapsMs, perSecond) => {
      const throttle = new Throttle();
      const taken: number[] = [];
      let nowMs = 0;
      for (const gapMs of gapsMs) {
        nowMs += gapMs;
        const within = taken.filter((atMs) => nowMs - atMs < 1000).length;
        assert.equal(throttle.take('account/DeleteFaces', perSecond, nowMs), within < perSecond);
        if (within < perSecond) taken.push(nowMs);
      }
    }),
  );
});
