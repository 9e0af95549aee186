// Templates a second from the call of the store to being searchable, each on disk before it counts.
// Run: npx tsx bench/insert.ts [--faces 100000]
import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openTemplateIndex } from '../src/search/template-index.ts';
import { openEmbeddedStore } from '../src/store/embedded.ts';
import { keySlotBytes } from '../src/store/key-file.ts';
import { recordSlotBytes } from '../src/store/record-file.ts';
import { dimensions, fillLibrary } from './library.ts';

/** 20 is the most that one AddFaces takes. */
const facesPerCall = [20, 4, 1];
/** Templates that the bare writes sync together: 64 callers with 20 each. */
const bareBatch = 1280;

const { values } = parseArgs({ options: { faces: { type: 'string', default: '100000' } } });
const faces = Number(values.faces);

const rows = [];
for (const perCall of facesPerCall) rows.push({ perCall, ...(await measure(perCall)) });
console.log(`${cpus()[0]!.model}, ${availableParallelism()} cores, Node ${process.version}, ${faces} templates a run of
${dimensions} numbers, 64 callers, load of the machine ${loadavg()[0]!.toFixed(1)}

| templates a call | templates a second | CPU time each, µs | bare writes and syncs of the same bytes, a second |
|---:|---:|---:|---:|`);
for (const { perCall, aSecond, cpuUs, bareASecond } of rows)
  console.log(`| ${perCall} | ${aSecond.toFixed(0)} | ${cpuUs.toFixed(0)} | ${bareASecond.toFixed(0)} |`);

async function measure(facesPerPerson: number) {
  const folder = mkdtempSync(join(tmpdir(), 'lethe-bench-'));
  const store = await openEmbeddedStore({ folder, rootKey: new Uint8Array(32) });
  const index = await openTemplateIndex({ dimensions });
  try {
    const { facesS, facesCpuS } = await fillLibrary(store, {
      faces,
      facesPerPerson,
      groupIds: ['group'],
      modelId: 'bench',
      onStored: (person, ids, templates) => {
        for (const [i, id] of ids.entries()) index.add(person, id, templates[i]!);
      },
    });
    const bareS = await writeBare(join(folder, 'bare'));
    return { aSecond: faces / facesS, cpuUs: (facesCpuS / faces) * 1e6, bareASecond: faces / bareS };
  } finally {
    await index.close();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Seconds in which a program that did nothing else would append the same slots, synced batch by batch. */
async function writeBare(path: string): Promise<number> {
  const file = await open(path, 'w');
  const batch = Buffer.alloc(bareBatch * (recordSlotBytes + keySlotBytes), 1);
  const startedAtMs = performance.now();
  for (let written = 0; written < faces; written += bareBatch) {
    await file.write(batch);
    await file.datasync();
  }
  await file.close();
  return (performance.now() - startedAtMs) / 1000;
}
