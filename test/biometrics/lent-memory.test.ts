// Pictures go to a thread in memory that stays, unless it is large or its thread is lost.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LentMemory, overwrite } from '../../src/biometrics/lent-memory.ts';

const startOf = (memory: SharedArrayBuffer, length: number) => [...new Uint8Array(memory, 0, length)];
const lend = (lent: LentMemory, bytes: Uint8Array): Promise<SharedArrayBuffer> =>
  lent.lend(bytes, async (borrow) => borrow());

test('one picture after another is put into the same memory', async () => {
  const lent = new LentMemory();
  const memory = await lend(lent, Uint8Array.of(1, 2, 3));
  assert.deepEqual(startOf(memory, 3), [1, 2, 3]);
  assert.equal(await lend(lent, Uint8Array.of(4, 5)), memory);
  assert.deepEqual(startOf(memory, 3), [4, 5, 3]);
});

test('pictures that are looked at together have a memory each, and there are never more than that', async () => {
  const lent = new LentMemory();
  const lendTwo = (length: number) =>
    Promise.all([1, 2].map((value) => lend(lent, new Uint8Array(length).fill(value))));
  const [one, other] = await lendTwo(8);
  assert.notEqual(one, other);
  assert.deepEqual([startOf(one!, 1), startOf(other!, 1)], [[1], [2]]);
  const larger = await lendTwo(16);
  assert.deepEqual(new Set(await lendTwo(8)), new Set(larger));
});

test('memory whose borrower failed reads zero and is not used again', async () => {
  const lent = new LentMemory();
  const seen: SharedArrayBuffer[] = [];
  const failing = lent.lend(Uint8Array.of(6, 7), async (borrow) => {
    seen.push(borrow());
    throw new Error('the thread died');
  });
  await assert.rejects(failing, /the thread died/);
  assert.deepEqual(startOf(seen[0]!, 2), [0, 0]);
  assert.notEqual(await lend(lent, Uint8Array.of(8)), seen[0]);
});

test('memory for a large picture is not kept', async () => {
  const lent = new LentMemory();
  const large = await lend(lent, new Uint8Array(4 * 1024 * 1024 + 1));
  assert.notEqual(await lend(lent, Uint8Array.of(9)), large);
});

test('every byte of a picture is overwritten, however many there are', async () => {
  for (let length = 1; length <= 20; length++) {
    const memory = await lend(new LentMemory(), new Uint8Array(length).fill(255));
    overwrite(memory, length);
    assert.deepEqual(startOf(memory, length), Array(length).fill(0));
  }
});
