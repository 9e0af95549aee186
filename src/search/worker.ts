// A scanning thread: sees the memories that all threads share, and answers one part of a search after another.
import { parentPort, workerData } from 'node:worker_threads';
import type { Answer } from '../threads/thread-pool.ts';
import type { Layout } from './layout.ts';
import { type Hits, type Part, PartScanner } from './part-scanner.ts';

export interface ScanningSettings {
  readonly module: WebAssembly.Module;
  readonly layout: Layout;
  readonly thread: number;
  readonly signs: WebAssembly.Memory;
  readonly shards: readonly WebAssembly.Memory[];
}

export type ScanningOrder = { readonly shard: WebAssembly.Memory } | { readonly part: Part };

const port = parentPort!;
const { module, layout, thread, signs, shards }: ScanningSettings = workerData;
const scanner = new PartScanner(module, layout, thread, signs);
for (const shard of shards) scanner.addShard(shard);

port.on('message', (order: ScanningOrder) => {
  if ('shard' in order) return scanner.addShard(order.shard);
  const send = (answer: Answer<Hits>, memory: ArrayBuffer[] = []) => port.postMessage(answer, memory);
  try {
    const result = scanner.scan(order.part);
    send({ result }, [result.rows.buffer, result.scores.buffer]);
  } catch (error) {
    send({ failure: error instanceof Error ? error.message : String(error) });
  }
});
