// The threads that scan, each with its own place in the memories that all share.
import { startThread } from '../threads/start-thread.ts';
import { ThreadPool } from '../threads/thread-pool.ts';
import type { Layout } from './layout.ts';
import type { Hits } from './part-scanner.ts';
import type { RowMemory } from './row-memory.ts';
import type { ScanningSettings } from './worker.ts';

/** Thread 0 of the layout is the main one: the pool's places are those that follow. */
export function openScanningThreads(
  module: WebAssembly.Module,
  layout: Layout,
  memory: RowMemory,
): ThreadPool<Hits> {
  const threadAt = (place: number) => place + 1;
  return new ThreadPool<Hits>({
    name: 'scanning',
    size: layout.threads - 1,
    start: (place) =>
      startThread(import.meta.url, 'worker', {
        module,
        layout,
        thread: threadAt(place),
        signs: memory.signs,
        shards: memory.shards,
      } satisfies ScanningSettings),
    onLoss: (place) => memory.erasePlaceOf(threadAt(place)),
  });
}
