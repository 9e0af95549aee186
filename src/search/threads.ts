// The scanning threads: parts of searches in the order of asking, one a thread at a time; a thread that dies is replaced.
import type { Worker } from 'node:worker_threads';
import { startThread } from '../threads/start-thread.ts';
import type { Layout } from './layout.ts';
import type { Hits, Part } from './part-scanner.ts';
import type { RowMemory } from './row-memory.ts';
import type { ScanningAnswer, ScanningOrder, ScanningSettings } from './worker.ts';

interface Job {
  readonly part: Part;
  readonly resolve: (hits: Hits) => void;
  readonly reject: (error: Error) => void;
}

/** A thread, or the place of one that died or was not needed yet; `job` is what it works on. */
interface Place {
  readonly thread: number;
  worker: Worker | undefined;
  job: Job | undefined;
}

export class Threads {
  readonly #module: WebAssembly.Module;
  readonly #layout: Layout;
  readonly #memory: RowMemory;
  readonly #places: Place[];
  readonly #queue: Job[] = [];
  #isClosed = false;

  /** Threads start with their first part. Thread 0 is the main one, so there is one less. */
  constructor(module: WebAssembly.Module, layout: Layout, memory: RowMemory) {
    this.#module = module;
    this.#layout = layout;
    this.#memory = memory;
    this.#places = Array.from({ length: layout.threads - 1 }, (_, i) => ({
      thread: i + 1,
      worker: undefined,
      job: undefined,
    }));
  }

  get count(): number {
    return this.#places.length;
  }

  /** Starts what is not running, so that the first search need not wait for it. */
  start(): void {
    for (const place of this.#places) this.#staff(place);
  }

  /** All threads see the next memory of templates. */
  share(shard: WebAssembly.Memory): void {
    for (const { worker } of this.#places) worker?.postMessage({ shard } satisfies ScanningOrder);
  }

  /** @throws {Error} that the thread died, or the search was closed */
  run(part: Part): Promise<Hits> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(new Error('the search is closed'));
      this.#queue.push({ part, resolve, reject });
      this.#dispatch();
    });
  }

  /** Ends all threads; parts that wait or run are rejected. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { reject } of this.#queue.splice(0)) reject(new Error('the search is closed'));
    await Promise.all(this.#places.map(({ worker }) => worker?.terminate()));
  }

  #dispatch(): void {
    for (const place of this.#places) {
      if (place.job !== undefined) continue;
      const job = this.#queue.shift();
      if (job === undefined) return;
      place.job = job;
      const worker = this.#staff(place);
      // Held only while it works: an index that nobody closed does not keep the process alive.
      worker.ref();
      worker.postMessage({ part: job.part } satisfies ScanningOrder);
    }
  }

  #staff(place: Place): Worker {
    if (place.worker !== undefined) return place.worker;
    const settings: ScanningSettings = {
      module: this.#module,
      layout: this.#layout,
      thread: place.thread,
      codes: this.#memory.codes,
      shards: this.#memory.shards,
    };
    const worker = startThread(import.meta.url, 'worker', settings);
    place.worker = worker;
    let cause: Error | undefined;
    worker.on('message', (answer: ScanningAnswer) => {
      const { job } = place;
      place.job = undefined;
      worker.unref();
      if ('failure' in answer) job?.reject(new Error(answer.failure));
      else job?.resolve(answer.hits);
      this.#dispatch();
    });
    worker.on('error', (error) => {
      cause = error as Error;
    });
    worker.on('exit', (code) => {
      const { job } = place;
      place.worker = undefined;
      place.job = undefined;
      this.#memory.erasePlaceOf(place.thread);
      job?.reject(
        new Error(
          this.#isClosed
            ? 'the search is closed'
            : `a scanning thread died (${cause?.message ?? `exit code ${code}`})`,
        ),
      );
      if (!this.#isClosed) this.#dispatch();
    });
    // After the listeners, which hold it again.
    worker.unref();
    return worker;
  }
}
