// Threads that take jobs in turn, one or a few at a time; one that dies fails its own jobs only, and is replaced by the next.
import type { Worker } from 'node:worker_threads';

/** What a thread posts: `ready` once it can work if it likes, then one answer a job, in the order of the jobs. */
export type Answer<Result> = { readonly result: Result } | { readonly failure: string };

export interface ThreadPoolSettings {
  /** Of its threads, as errors name them. */
  readonly name: string;
  readonly size: number;
  /** Starts the thread of a place, whose numbers begin at 0. */
  readonly start: (place: number) => Worker;
  /** Most jobs that a thread is given at once, of many that wait; one if left out. */
  readonly jobsAtATime?: number;
  /** Told when a thread died or could not be given its job: what lies before it in shared memory it does not overwrite. */
  readonly onLoss?: (place: number) => void;
}

interface Job<Result> {
  readonly isAlone: boolean;
  readonly prepare: (place: number) => unknown;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
}

/** A thread, or the place of one that died or was not needed yet; `jobs` are what it works on. */
interface Place<Result> {
  readonly number: number;
  worker: Worker | undefined;
  readonly jobs: Job<Result>[];
}

export class ThreadPool<Result> {
  readonly #settings: ThreadPoolSettings;
  readonly #places: Place<Result>[];
  readonly #queue: Job<Result>[] = [];
  #isClosed = false;

  /** Threads start with their first job, or before. */
  constructor(settings: ThreadPoolSettings) {
    this.#settings = settings;
    this.#places = Array.from({ length: settings.size }, (_, number) => ({
      number,
      worker: undefined,
      jobs: [],
    }));
  }

  get size(): number {
    return this.#places.length;
  }

  /** Starts what is not running, so that the first job need not wait for it. */
  start(): void {
    for (const place of this.#places) this.#staff(place);
  }

  /**
   * Starts what is not running, and resolves when each has said that it is ready.
   * @throws {Error} what a thread that could not start died of; the pool is closed then
   */
  async startAndWait(): Promise<void> {
    try {
      await Promise.all(this.#places.map((place) => isReady(this.#staff(place))));
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** Posts a message to all threads that run; one that starts later must know it from `start`. */
  tell(message: unknown): void {
    for (const { worker } of this.#places) worker?.postMessage(message);
  }

  /**
   * Runs a job as soon as a thread is free, in the order of asking.
   * @param prepare answers the message for the thread at a place
   * @param isAlone whether its thread is given nothing else
   * @throws {Error} the failure that the thread reports, or that it died or the pool was closed
   */
  run(prepare: (place: number) => unknown, isAlone = false): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(this.#closed());
      this.#queue.push({ isAlone, prepare, resolve, reject });
      this.#dispatch();
    });
  }

  /** Ends all threads; jobs that wait or run are rejected. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { reject } of this.#queue.splice(0)) reject(this.#closed());
    await Promise.all(this.#places.map(({ worker }) => worker?.terminate()));
  }

  #dispatch(): void {
    for (const place of this.#places) {
      if (place.jobs.length > 0) continue;
      for (const job of this.#queue.splice(0, this.#nextCount())) this.#give(job, place);
    }
    if (this.#queue.length > 0 && this.#places.some(({ jobs }) => jobs.length === 0)) this.#dispatch();
  }

  /**
   * How many of the first that wait a thread is given: an even share but one, so that few go to a thread each and,
   * where many wait, nobody waits much longer for being one of some.
   */
  #nextCount(): number {
    const { jobsAtATime = 1 } = this.#settings;
    const share = Math.min(jobsAtATime, Math.max(1, Math.ceil(this.#queue.length / this.size) - 1));
    const firstAlone = this.#queue.slice(0, share).findIndex(({ isAlone }) => isAlone);
    return firstAlone < 0 ? share : Math.max(1, firstAlone);
  }

  #give(job: Job<Result>, place: Place<Result>): void {
    // A new thread is sent its job at once: it reads its messages when it is ready.
    const worker = this.#staff(place);
    try {
      worker.postMessage(job.prepare(place.number));
      // Held only while it works: a pool that nobody closed does not keep the process alive.
      worker.ref();
      place.jobs.push(job);
    } catch (error) {
      this.#settings.onLoss?.(place.number);
      job.reject(error as Error);
    }
  }

  #staff(place: Place<Result>): Worker {
    if (place.worker !== undefined) return place.worker;
    const worker = this.#settings.start(place.number);
    place.worker = worker;
    let cause: Error | undefined;
    worker.on('message', (answer: 'ready' | Answer<Result>) => {
      if (answer !== 'ready') this.#settle(place, worker, answer);
    });
    worker.on('error', (error) => {
      cause = error as Error;
    });
    worker.on('exit', (code) => this.#bury(place, cause?.message ?? `exit code ${code}`));
    // After the listeners, which hold it again.
    worker.unref();
    return worker;
  }

  #settle(place: Place<Result>, worker: Worker, answer: Answer<Result>): void {
    const job = place.jobs.shift();
    if (place.jobs.length === 0) worker.unref();
    if ('failure' in answer) job?.reject(new Error(answer.failure));
    else job?.resolve(answer.result);
    this.#dispatch();
  }

  #bury(place: Place<Result>, cause: string): void {
    place.worker = undefined;
    this.#settings.onLoss?.(place.number);
    for (const { reject } of place.jobs.splice(0))
      reject(this.#isClosed ? this.#closed() : new Error(`a ${this.#settings.name} thread died (${cause})`));
    if (!this.#isClosed) this.#dispatch();
  }

  #closed(): Error {
    return new Error(`the ${this.#settings.name} threads are closed`);
  }
}

function isReady(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    // Waited for, unlike a thread that has nothing to do.
    worker.ref();
    worker.once('message', () => {
      worker.unref();
      resolve();
    });
    worker.once('error', reject);
    worker.once('exit', (code) =>
      reject(new Error(`a thread ended with exit code ${code} before it was ready`)),
    );
  });
}
