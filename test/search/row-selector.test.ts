// The nearest by their signs, as plain arithmetic has it, however rows were written, moved and erased.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileKernel } from '../../src/kernels/kernel.ts';
import { blockRows, layOut } from '../../src/search/layout.ts';
import { RowMemory } from '../../src/search/row-memory.ts';
import { RowSelector } from '../../src/search/row-selector.ts';
import { drawTemplates } from './templates.ts';

const dimensions = 512;
const next = drawTemplates(23, dimensions);

async function open() {
  const module = await compileKernel('scan');
  const layout = layOut(dimensions, 1);
  const memory = new RowMemory(module, layout, () => undefined);
  return { memory, selector: new RowSelector(module, layout, 0, memory.signs) };
}

/** Of each dimension, what it counts that a sign is not the probe's: of each sign the 14 largest 4, the next 56 2, the next 28 1. */
function weightsOf(probe: Float32Array): number[] {
  const weights = Array.from(probe, () => 0);
  for (const isNegative of [false, true]) {
    const sorted = [...probe.keys()]
      .filter((i) => probe[i]! < 0 === isNegative)
      .sort((a, b) => Math.abs(probe[b]!) - Math.abs(probe[a]!));
    for (const [place, i] of sorted.entries())
      weights[i] = place < 14 ? 4 : place < 70 ? 2 : place < 98 ? 1 : 0;
  }
  return weights;
}

/** Rows no further than the last of so many, as the kernel keeps those that are equally far. */
function nearest(rows: ReadonlyMap<number, Float32Array>, probe: Float32Array, depth: number) {
  const weights = weightsOf(probe);
  const distances = [...rows].map(([row, template]) => {
    const distance = weights.reduce(
      (sum, weight, i) => sum + (template[i]! < 0 !== probe[i]! < 0 ? weight : 0),
      0,
    );
    return { row, distance };
  });
  distances.sort((a, b) => a.distance - b.distance);
  const last = distances[depth - 1]!.distance;
  return {
    nearer: distances.filter(({ distance }) => distance < last).map(({ row }) => row),
    asFar: distances.filter(({ distance }) => distance <= last).map(({ row }) => row),
  };
}

function check(selected: Uint32Array, { nearer, asFar }: ReturnType<typeof nearest>, depth: number): void {
  assert.ok(selected.length >= depth);
  assert.equal(new Set(selected).size, selected.length);
  for (const row of nearer) assert.ok(selected.includes(row), `row ${row} is nearer`);
  for (const row of selected) assert.ok(asFar.includes(row), `row ${row} is further`);
}

// The first rows of one block and, past a hole, some of the next: begun and ended within a byte.
const extents = Uint32Array.of(3, 1500, blockRows - 200, 199, blockRows + 5, 1);
const asked = [...Array(1500).keys()].map((i) => i + 3);
asked.push(...[...Array(199).keys()].map((i) => blockRows - 200 + i), blockRows + 5);

test('the nearest of the rows asked for, and no others, are chosen', async () => {
  const { memory, selector } = await open();
  memory.reach(blockRows + 8);
  const rows = new Map(asked.map((row) => [row, next()]));
  for (const [row, template] of rows) memory.write(row, template);
  // Nearest of all, and not asked for.
  const probe = next();
  for (const stranger of [0, 2, 1503, blockRows - 1, blockRows + 4, blockRows + 6])
    memory.write(stranger, probe);
  for (const depth of [1, 20, 600])
    check(selector.select(probe, extents, depth), nearest(rows, probe, depth), depth);
});

test('rows written together, moved and overwritten are told apart as if written one by one', async () => {
  const { memory, selector } = await open();
  memory.reach(blockRows + 8);
  const rows = new Map<number, Float32Array>();
  const templates = Array.from({ length: 1500 }, next);
  // From row 3 on: some by themselves, then eight at a time, then some by themselves.
  memory.writeAll(
    Uint32Array.from(asked.slice(0, 1500)),
    Float32Array.from(templates.flatMap((one) => [...one])),
  );
  for (const [i, template] of templates.entries()) rows.set(i + 3, template);
  for (const row of asked.slice(1500)) {
    rows.set(row, next());
    memory.write(row, rows.get(row)!);
  }
  for (const [from, to] of [
    [10, 17],
    [blockRows - 30, 12],
    [1000, blockRows + 5],
  ] as const) {
    memory.copy(from, to);
    rows.set(to, rows.get(from)!);
  }
  rows.set(500, next());
  memory.write(500, rows.get(500)!);
  for (let i = 0; i < 5; i++) {
    const probe = next();
    check(selector.select(probe, extents, 50), nearest(rows, probe, 50), 50);
  }
});

test('of a thousand rows equally near some are kept, and all that are nearer', async () => {
  const { memory, selector } = await open();
  memory.reach(4096);
  const [probe, other] = [next(), next()];
  for (let row = 0; row < 4096; row++) memory.write(row, other);
  memory.write(4000, probe);
  const selected = selector.select(probe, Uint32Array.of(0, 4096), 10);
  assert.ok(selected.includes(4000));
  assert.ok(selected.length >= 10 && selected.length <= 30);
});

test('a probe of one sign alone finds itself', async () => {
  const { memory, selector } = await open();
  memory.reach(4096);
  const probe = next().map(Math.abs);
  for (let row = 0; row < 1000; row++) memory.write(row, next());
  memory.write(77, probe);
  assert.ok(selector.select(probe, Uint32Array.of(0, 1000), 1).includes(77));
});

test('once the rows are erased all memory of signs reads zero, the selecting included', async () => {
  const { memory, selector } = await open();
  memory.reach(blockRows + 8);
  for (const row of asked) memory.write(row, next());
  selector.select(next(), extents, 100);
  for (const row of asked) memory.erase(row);
  assert.ok(memory.bytes.every((bytes) => bytes.every((byte) => byte === 0)));
});
