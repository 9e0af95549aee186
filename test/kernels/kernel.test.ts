// What works in a kernel at the same time has memories of its own, and leaves nothing in them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Kernel, type KernelMemory } from '../../src/kernels/kernel.ts';

interface Halving {
  halve(from: number, width: number, height: number, to: number): void;
}
const load = (mostPages = 1000) => Kernel.load<Halving>('pixels', mostPages);

const pixels = (value: number) => new Uint8Array(2 * 2 * 3).fill(value);
const read = (memory: KernelMemory<unknown>, at: number, length: number) => [
  ...new Uint8Array(memory.buffer, at, length),
];

/** Halves a picture of four pixels in two steps, between which others have their turn. */
async function halve(memory: KernelMemory<Halving>, value: number): Promise<number[]> {
  const from = memory.put(pixels(value));
  await new Promise(setImmediate);
  const to = memory.take(3);
  memory.functions.halve(from, 2, 2, to);
  return read(memory, to, 3);
}

test('uses at the same time do not see each other', async () => {
  const kernel = await load();
  const halves = await Promise.all(
    [10, 20, 30].map((value) => kernel.lend((memory) => halve(memory, value))),
  );
  assert.deepEqual(
    halves,
    [10, 20, 30].map((value) => [value, value, value]),
  );
});

test('a memory is lent again when its use is over, and reads zero then', async () => {
  const kernel = await load();
  const memories: KernelMemory<Halving>[] = [];
  const use = async (memory: KernelMemory<Halving>) => {
    assert.ok(new Uint8Array(memory.buffer).every((value) => value === 0));
    memories.push(memory);
    await halve(memory, 7);
    memory.reach(memory.takenEnd + 100);
    new Uint8Array(memory.buffer).fill(9, memory.takenEnd, memory.takenEnd + 100);
  };
  await kernel.lend(use);
  await kernel.lend(use);
  assert.equal(memories[0], memories[1]);
  await assert.rejects(
    kernel.lend(async (memory) => {
      await use(memory);
      throw new Error('no such picture');
    }),
    /no such picture/,
  );
  await kernel.lend(use);
});

test('memories that grew large together are given back but for some', async () => {
  const kernel = await load();
  const use = (length: number) =>
    kernel.lend(async (memory) => {
      memory.take(length);
      await new Promise(setImmediate);
      return memory;
    });
  const large = await Promise.all([use(20_000_000), use(20_000_000), use(1000)]);
  const again = await Promise.all([use(10), use(10), use(10)]);
  assert.deepEqual(
    large.map((memory) => again.includes(memory)),
    [true, false, true],
  );
});

test('a use that needs more than it may have fails, and the next one works', async () => {
  const kernel = await load(2);
  await assert.rejects(
    kernel.lend(async (memory) => memory.take(2 * 64 * 1024)),
    RangeError,
  );
  assert.deepEqual(await kernel.lend((memory) => halve(memory, 5)), [5, 5, 5]);
});

test('a kernel that was not built is missed by name', () =>
  assert.rejects(Kernel.load('nothing', 1), /build\/nothing\.wasm is missing: run npm run build:kernel/));
