// What is sealed fills its place, so that no memory of another use reaches the disk; keys are wrapped by AES alone.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import {
  blockCipherOf,
  blockDecipherOf,
  keyBytes,
  sealBytes,
  sealInto,
  unseal,
} from '../../src/store/sealing.ts';

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

test('a key is wrapped block by block as in FIPS 197, appendix C.3', () => {
  const wrappingKey = Buffer.from(Array.from({ length: keyBytes }, (_, i) => i));
  const block = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
  const wrapped = blockCipherOf(wrappingKey).update(Buffer.concat([block, block]));
  assert.equal(wrapped.toString('hex'), '8ea2b7ca516745bfeafc49904b496089'.repeat(2));
});

test('keys wrapped together open together and one by one', () => {
  const dataKeys = randomBytes(20 * keyBytes);
  const wrapped = blockCipherOf(key).update(dataKeys);
  const unwrapping = blockDecipherOf(key);
  assert.deepEqual(unwrapping.update(wrapped), dataKeys);
  const [from, to] = [7 * keyBytes, 8 * keyBytes];
  assert.deepEqual(unwrapping.update(wrapped.subarray(from, to)), dataKeys.subarray(from, to));
});
