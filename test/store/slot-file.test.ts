// Slots land where they belong, whatever their order, also when two writings are under way at once.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openBlockFile, SlotFile } from '../../src/store/slot-file.ts';

const [slotBytes, headBytes] = [36, 108];
const entry = (slot: number) => ({ slot, bytes: Buffer.alloc(slotBytes, slot) });
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

test('slots stand in their places, and what was not written between them reads zero', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lethe-slots-'));
  const file = new SlotFile(await openBlockFile(join(folder, 'slots'), true), slotBytes, headBytes);
  try {
    const check = (written: readonly number[]) => {
      const bytes = file.read(1, 200);
      for (const slot of range(1, 201)) {
        const expected = Buffer.alloc(slotBytes, written.includes(slot) ? slot : 0);
        assert.deepEqual(bytes.subarray((slot - 1) * slotBytes, slot * slotBytes), expected, `slot ${slot}`);
      }
    };
    const scattered = [90, 3, 1, 2, 91, 60];
    await file.write(scattered.map(entry));
    check(scattered);
    const [more, others] = [range(10, 50), range(100, 180)];
    await Promise.all([file.write(more.map(entry)), file.write(others.map(entry))]);
    await file.write([entry(7)]);
    check([...scattered, ...more, ...others, 7]);
  } finally {
    await file.close();
    await rm(folder, { recursive: true });
  }
});
