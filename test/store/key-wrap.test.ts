// Keys wrapped many at a time open as those that AES-256-GCM seals one by one.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { keyContext, keySlotBytes, wrappedKeyBytes } from '../../src/store/key-file.ts';
import { KeyWrap } from '../../src/store/key-wrap.ts';
import { keyBytes, libraryIdBytes, unseal } from '../../src/store/sealing.ts';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const slotNumber = fc.integer({ min: 1, max: 2 ** 40 });

test('every wrapped key opens for its own slot, and for no other', () => {
  fc.assert(
    fc.property(
      bytes(keyBytes),
      bytes(libraryIdBytes),
      fc.array(fc.tuple(slotNumber, bytes(keyBytes)), { minLength: 1, maxLength: 20 }),
      (wrappingKey, id, keys) => {
        const libraryId = Buffer.from(id);
        const wrapped = wrap({ wrappingKey: Buffer.from(wrappingKey), libraryId }, keys);
        for (const [i, [slot, key]] of keys.entries()) {
          const open = (at: number) => unseal(wrappingKey, wrapped[i]!, keyContext(libraryId, at));
          assert.deepEqual(open(slot), Buffer.from(key));
          assert.equal(open(slot + 1), undefined);
        }
      },
    ),
  );
});

test('the same key is wrapped under another nonce each time', () => {
  const keys = { wrappingKey: randomBytes(keyBytes), libraryId: randomBytes(libraryIdBytes) };
  const dataKey = randomBytes(keyBytes);
  const wrapped = wrap(
    keys,
    Array.from({ length: 1000 }, () => [1, dataKey]),
  );
  assert.equal(new Set(wrapped.map((one) => one.toString('hex', 0, 12))).size, wrapped.length);
});

function wrap(
  keys: { wrappingKey: Buffer; libraryId: Buffer },
  given: readonly (readonly [slot: number, dataKey: Uint8Array])[],
): Buffer[] {
  const into = Buffer.alloc(given.length * keySlotBytes);
  const keyWrap = new KeyWrap(keys);
  keyWrap.wrap(
    Buffer.concat(given.map(([, dataKey]) => dataKey)),
    given.map(([slot]) => slot),
    into,
  );
  keyWrap.close();
  return given.map((_, i) => into.subarray(i * keySlotBytes, i * keySlotBytes + wrappedKeyBytes));
}
