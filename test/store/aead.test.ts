// Records sealed and opened many at a time: the addon and node:crypto do the same, to the byte.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { type Aead, addonAead, nodeAead } from '../../src/store/aead.ts';
import { keyBytes, sealBytes, unseal } from '../../src/store/sealing.ts';

const [count, contextBytes, plaintextBytes] = [5, 60, 2148];
const sealedBytes = plaintextBytes + sealBytes;
const keys = randomBytes(count * keyBytes);
const contexts = randomBytes(count * contextBytes);
const plaintexts = randomBytes(count * plaintextBytes);
const part = (bytes: Buffer, i: number) =>
  bytes.subarray((i * bytes.length) / count, ((i + 1) * bytes.length) / count);

const ways: [string, Aead | undefined][] = [
  ['the addon', addonAead],
  ['node:crypto', nodeAead],
];

function sealedBy(aead: Aead): Buffer {
  const sealed = Buffer.alloc(count * sealedBytes);
  aead.sealAll(keys, contexts, plaintexts, sealed);
  return sealed;
}

/** The i-th place with the i-th context; the memory is not clean beforehand. */
function openedBy(aead: Aead, sealed: Buffer, places = [0, 1, 2, 3, 4], bound = contexts) {
  const opened = Buffer.alloc(places.length * plaintextBytes, 0xff);
  const isOpen = new Uint8Array(places.length).fill(7);
  aead.openAll(keys, sealed, Uint32Array.from(places), bound, opened, isOpen);
  return { opened, isOpen: [...isOpen] };
}

test('the addon is there: without it a large library starts and grows slower', { skip: whyNoAddon() }, () => {
  assert.ok(addonAead);
});

function whyNoAddon(): string | false {
  return addonAead === undefined && 'native/aead.cc was not built: see npm run build:native';
}

for (const [name, aead] of ways) {
  if (aead === undefined) continue;

  test(`${name} seals as a single record is sealed, each under a nonce of its own`, () => {
    const sealed = sealedBy(aead);
    for (let i = 0; i < count; i++)
      assert.deepEqual(unseal(part(keys, i), part(sealed, i), part(contexts, i)), part(plaintexts, i));
    const again = sealedBy(aead);
    for (let i = 0; i < count; i++) assert.notDeepEqual(part(sealed, i), part(again, i));
  });

  test(`${name} opens what either sealed`, () => {
    for (const [, other] of ways) {
      if (other === undefined) continue;
      const { opened, isOpen } = openedBy(aead, sealedBy(other));
      assert.deepEqual(isOpen, [1, 1, 1, 1, 1]);
      assert.deepEqual(opened, plaintexts);
    }
  });

  test(`${name} opens records at the places asked for, in that order`, () => {
    const bound = Buffer.concat([part(contexts, 4), part(contexts, 1)]);
    const { opened, isOpen } = openedBy(aead, sealedBy(aead), [4, 1], bound);
    assert.deepEqual(isOpen, [1, 1]);
    assert.deepEqual(opened, Buffer.concat([part(plaintexts, 4), part(plaintexts, 1)]));
  });

  for (const [what, at] of [
    ['nonce', 0],
    ['ciphertext', 12],
    ['last byte of the ciphertext', sealedBytes - 17],
    ['tag', sealedBytes - 1],
  ] as const)
    test(`${name}: a record whose ${what} was changed does not open and reads zero, its neighbours open`, () => {
      const sealed = sealedBy(aead);
      sealed[2 * sealedBytes + at]! ^= 1;
      const { opened, isOpen } = openedBy(aead, sealed);
      assert.deepEqual(isOpen, [1, 1, 0, 1, 1]);
      assert.ok(part(opened, 2).every((byte) => byte === 0));
      assert.deepEqual(part(opened, 3), part(plaintexts, 3));
    });

  test(`${name}: a record opens in no other context and under no other key`, () => {
    const sealed = sealedBy(aead);
    const strange = Buffer.from(contexts);
    strange[strange.length - 1]! ^= 1;
    assert.deepEqual(openedBy(aead, sealed, [0, 1, 2, 3, 4], strange).isOpen, [1, 1, 1, 1, 0]);
    part(sealed, 0).copy(sealed, sealedBytes);
    assert.deepEqual(openedBy(aead, sealed).isOpen, [1, 0, 1, 1, 1]);
  });

  test(`${name} refuses lengths that do not fit each other, and places past the end`, () => {
    const [sealed, other] = [sealedBy(aead), Buffer.alloc(count * sealedBytes)];
    const opened = Buffer.alloc(plaintextBytes);
    const [context, place, isOpen] = [part(contexts, 0), Uint32Array.of(0), new Uint8Array(1)];
    const refused = (open: () => void) => assert.throws(open, RangeError);
    refused(() => aead.sealAll(keys.subarray(1), contexts, plaintexts, other));
    refused(() => aead.sealAll(keys, contexts.subarray(1), plaintexts, other));
    refused(() => aead.sealAll(keys, contexts, plaintexts, other.subarray(count)));
    refused(() => aead.openAll(keys, sealed, Uint32Array.of(count), context, opened, isOpen));
    refused(() => aead.openAll(part(keys, 0), sealed, Uint32Array.of(1), context, opened, isOpen));
    refused(() => aead.openAll(keys, part(sealed, 0), Uint32Array.of(1), context, opened, isOpen));
    refused(() => aead.openAll(keys, sealed, place, context, opened, new Uint8Array(2)));
    aead.openAll(keys, sealed, place, context, opened, isOpen);
    assert.deepEqual(opened, part(plaintexts, 0));
  });
}
