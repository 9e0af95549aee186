// What is sealed fills its place, so that no memory of another use reaches the disk.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { keyBytes, sealBytes, sealInto, unseal } from '../../src/store/sealing.ts';

const [key, plaintext, context] = [randomBytes(keyBytes), randomBytes(40), randomBytes(8)];

test('what is sealed into memory of just its length opens', () => {
  const sealed = Buffer.alloc(plaintext.length + sealBytes);
  sealInto(sealed, key, plaintext, context);
  assert.deepEqual(unseal(key, sealed, context), plaintext);
});

for (const difference of [-1, 1])
  test(`memory of ${difference} byte more is refused, and nothing is written`, () => {
    const sealed = Buffer.alloc(plaintext.length + sealBytes + difference);
    assert.throws(() => sealInto(sealed, key, plaintext, context), RangeError);
    assert.ok(sealed.every((byte) => byte === 0));
  });
