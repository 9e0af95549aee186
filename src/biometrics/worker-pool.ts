// Worker threads that take jobs in turn; one that dies fails its own job only, and the next job has a new one.
import type { Worker } from 'node:worker_threads';
import { LentMemory } from './lent-memory.ts';

/** What a worker posts: `ready` once it can work, then one answer a job. */
export type Answer<Result> = { readonly result: Result } | { readonly failure: string };

interface Job<Result> {
  /** Answers the message for the worker that is free, and puts the bytes that go with it into its memory. */
  readonly prepare: (lent: Pick<LentMemory, 'put'>) => unknown;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
}

/** A thread, or the place of one that died; `job` is what it works on. */
interface Place<Result> {
  worker: Worker | undefined;
  job: Job<Result> | undefined;
  readonly lent: LentMemory;
}

export class WorkerPool<Result> {
  readonly #start: () => Worker;
  readonly #places: Place<Result>[];
  readonly #queue: Job<Result>[] = [];
  #isClosed = false;

  private constructor(start: () => Worker, size: number) {
    this.#start = start;
    this.#places = Array.from({ length: size }, () => ({
      worker: undefined,
      job: undefined,
      lent: new LentMemory(),
    }));
  }

  /**
   * Resolves when every worker has said that it is ready.
   * @throws {Error} what a worker that could not start died of
   */
  static async open<Result>(start: () => Worker, size: number): Promise<WorkerPool<Result>> {
    const pool = new WorkerPool<Result>(start, size);
    try {
      await Promise.all(pool.#places.map((place) => isReady(pool.#staff(place))));
    } catch (error) {
      await pool.close();
      throw error;
    }
    return pool;
  }

  /**
   * Runs a job as soon as a worker is free, in the order of asking. The worker overwrites what it was lent.
   * @throws {Error} the failure that the worker reports, or that it died or the pool was closed
   */
  run(prepare: Job<Result>['prepare']): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(new Error('the pool is closed'));
      this.#queue.push({ prepare, resolve, reject });
      this.#dispatch();
    });
  }

  /** Ends all threads; jobs that wait or run are rejected. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const job of this.#queue.splice(0)) job.reject(new Error('the pool is closed'));
    await Promise.all(this.#places.map(({ worker }) => worker?.terminate()));
  }

  #dispatch(): void {
    for (const place of this.#places) {
      if (place.job !== undefined) continue;
      const job = this.#queue.shift();
      if (job === undefined) return;
      place.job = job;
      try {
        // A new worker is sent its job at once: it reads its messages when its models are loaded.
        const worker = place.worker ?? this.#staff(place);
        worker.postMessage(job.prepare(place.lent));
      } catch (error) {
        place.lent.forget();
        place.job = undefined;
        job.reject(error as Error);
        this.#dispatch();
        return;
      }
    }
  }

  #staff(place: Place<Result>): Worker {
    const worker = this.#start();
    place.worker = worker;
    let cause: Error | undefined;
    worker.on('message', (answer: 'ready' | Answer<Result>) => {
      if (answer === 'ready') return;
      const { job } = place;
      place.job = undefined;
      place.lent.takeBack();
      if ('failure' in answer) job?.reject(new Error(answer.failure));
      else job?.resolve(answer.result);
      this.#dispatch();
    });
    worker.on('error', (error) => {
      cause = error as Error;
    });
    worker.on('exit', (code) => {
      const { job } = place;
      place.worker = undefined;
      place.job = undefined;
      place.lent.forget();
      job?.reject(new Error(`the worker died (${cause?.message ?? `exit code ${code}`})`));
      if (!this.#isClosed) this.#dispatch();
    });
    return worker;
  }
}

function isReady(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.once('message', () => resolve());
    worker.once('error', reject);
    worker.once('exit', (code) =>
      reject(new Error(`a worker ended with exit code ${code} before it was ready`)),
    );
  });
}
