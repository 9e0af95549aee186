// What works in a kernel at the same time has memories of its own, and leaves nothing in them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Kernel, type KernelMemory, lendMemory } from '../../src/kernels/kernel.ts';

interface Halving {
  halve(from: number, width: number, height: number, to: number): void;
}
const kernel = await Kernel.load<Halving>('pixels');

const pixels = (value: number) => new Uint8Array(2 * 2 * 3).fill(value);
const read = (memory: KernelMemory, at: number, length: number) => [
  ...new Uint8Array(memory.buffer, at, length),
];

/** Halves a picture of four pixels in two steps, between which others have their turn. */
async function halve(memory: KernelMemory, value: number): Promise<number[]> {
  const from = memory.put(pixels(value));
  await new Promise(setImmediate);
  const to = memory.take(3);
  memory.functionsOf(kernel).halve(from, 2, 2, to);
  return read(memory, to, 3);
}

test('uses at the same time do not see each other', async () => {
  const halves = await Promise.all([10, 20, 30].map((value) => lendMemory((memory) => halve(memory, value))));
  assert.deepEqual(
    halves,
    [10, 20, 30].map((value) => [value, value, value]),
  );
});

test('a memory is lent again when its use is over, and reads zero then', async () => {
  const memories: KernelMemory[] = [];
  const use = async (memory: KernelMemory) => {
    assert.ok(new Uint8Array(memory.buffer).every((value) => value === 0));
    memories.push(memory);
    await halve(memory, 7);
    memory.reach(memory.takenEnd + 100);
    new Uint8Array(memory.buffer).fill(9, memory.takenEnd, memory.takenEnd + 100);
  };
  await lendMemory(use);
  await lendMemory(use);
  assert.equal(memories[0], memories[1]);
  await assert.rejects(
    lendMemory(async (memory) => {
      await use(memory);
      throw new Error('no such picture');
    }),
    /no such picture/,
  );
  await lendMemory(use);
});

test('memories that grew large together are given back but for some', async () => {
  const use = (length: number) =>
    lendMemory(async (memory) => {
      memory.take(length);
      await new Promise(setImmediate);
      return memory;
    });
  const large = await Promise.all([use(30_000_000), use(30_000_000), use(1000)]);
  const again = await Promise.all([use(10), use(10), use(10)]);
  assert.deepEqual(
    large.map((memory) => again.includes(memory)),
    [true, false, true],
  );
});

test('a use that needs more than there can be fails, and the next one works', async () => {
  await assert.rejects(
    lendMemory(async (memory) => memory.take(2 ** 32)),
    RangeError,
  );
  assert.deepEqual(await lendMemory((memory) => halve(memory, 5)), [5, 5, 5]);
});

test('a kernel that was not built is missed by name', () =>
  assert.rejects(Kernel.load('nothing'), /build\/nothing\.wasm is missing: run npm run build:kernel/));
