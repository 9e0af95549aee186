// A thread beside the main one that seals records while that one writes their rows.
import { parentPort, workerData } from 'node:worker_threads';
import type { SealingJob, SealingSettings } from './background-sealer.ts';
import { RecordSealer } from './record-sealer.ts';
import { lookupBytes } from './sealing.ts';
import { SealingMemory } from './sealing-memory.ts';

const port = parentPort!;
const { libraryId, wrappingKey }: SealingSettings = workerData;
const sealer = new RecordSealer({ libraryId: Buffer.from(libraryId), wrappingKey: Buffer.from(wrappingKey) });

port.on('message', ({ memory, slots, kinds, lookups }: SealingJob) => {
  const within = new SealingMemory(memory);
  for (const [i, slot] of slots.entries()) {
    const lookup = lookups.subarray(i * lookupBytes, (i + 1) * lookupBytes);
    const { key, record } = sealer.seal({ slot, kind: kinds[i]!, lookup }, within.plaintext(i));
    within.key(i).set(key);
    within.record(i).set(record);
  }
  port.postMessage('sealed');
});
port.postMessage('ready');
