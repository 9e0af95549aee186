// Pictures go to a thread in memory that stays, unless it is large or its thread is lost.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LentMemory, overwrite } from '../../src/biometrics/lent-memory.ts';

const startOf = (memory: SharedArrayBuffer, length: number) => [...new Uint8Array(memory, 0, length)];

test('one picture after another is put into the same memory', () => {
  const lent = new LentMemory();
  const memory = lent.put(Uint8Array.of(1, 2, 3));
  assert.deepEqual(startOf(memory, 3), [1, 2, 3]);
  lent.takeBack();
  assert.equal(lent.put(Uint8Array.of(4, 5)), memory);
  assert.deepEqual(startOf(memory, 3), [4, 5, 3]);
});

test('memory that nobody will overwrite reads zero and is not used again', () => {
  const lent = new LentMemory();
  const memory = lent.put(Uint8Array.of(6, 7));
  lent.forget();
  assert.deepEqual(startOf(memory, 2), [0, 0]);
  assert.notEqual(lent.put(Uint8Array.of(8)), memory);
});

test('memory for a picture larger than any that is decoded is not kept', () => {
  const lent = new LentMemory();
  const large = lent.put(new Uint8Array(1920 * 1920 * 3 + 1));
  lent.takeBack();
  assert.notEqual(lent.put(Uint8Array.of(9)), large);
});

test('every byte of a picture is overwritten, however many there are', () => {
  for (let length = 1; length <= 20; length++) {
    const memory = new LentMemory().put(new Uint8Array(length).fill(255));
    overwrite(memory, length);
    assert.deepEqual(startOf(memory, length), Array(length).fill(0));
  }
});
