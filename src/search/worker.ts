// A scanning thread: sees the memories that all threads share, and answers one part of a search after another.
import { parentPort, workerData } from 'node:worker_threads';
import type { Layout } from './layout.ts';
import { type Hits, type Part, PartScanner } from './part-scanner.ts';

export interface ScanningSettings {
  readonly module: WebAssembly.Module;
  readonly layout: Layout;
  readonly thread: number;
  readonly codes: WebAssembly.Memory;
  readonly shards: readonly WebAssembly.Memory[];
}

export type ScanningOrder = { readonly shard: WebAssembly.Memory } | { readonly part: Part };

export type ScanningAnswer = { readonly hits: Hits } | { readonly failure: string };

const port = parentPort!;
const { module, layout, thread, codes, shards }: ScanningSettings = workerData;
const scanner = new PartScanner(module, layout, thread, codes);
for (const shard of shards) scanner.addShard(shard);

port.on('message', (order: ScanningOrder) => {
  if ('shard' in order) return scanner.addShard(order.shard);
  const send = (answer: ScanningAnswer, memory: ArrayBuffer[] = []) => port.postMessage(answer, memory);
  try {
    const hits = scanner.scan(order.part);
    send({ hits }, [hits.rows.buffer, hits.scores.buffer]);
  } catch (error) {
    send({ failure: error instanceof Error ? error.message : String(error) });
  }
});
