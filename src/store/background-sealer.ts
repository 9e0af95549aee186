// The main thread's side of the thread that seals records: starts it where it pays, gives it jobs, ends it.
import type { Worker } from 'node:worker_threads';
import type { Slot } from '../gallery/ports.ts';
import { startThread } from '../threads/start-thread.ts';
import type { RecordKind, SlotOwner, VaultKeys } from './record-sealer.ts';
import { lookupBytes } from './sealing.ts';
import type { SealingMemory } from './sealing-memory.ts';

export interface SealingSettings {
  readonly libraryId: Uint8Array;
  /** Shared, not copied: the only copy is overwritten when the thread has ended. */
  readonly wrappingKey: SharedArrayBuffer;
}

export interface SealingJob {
  readonly memory: SharedArrayBuffer;
  readonly slots: readonly Slot[];
  readonly kinds: readonly RecordKind[];
  /** One after the other. */
  readonly lookups: Uint8Array;
}

/** One thread: it keeps up with the rows, which are all the main thread's and take about as long. */
export class BackgroundSealer {
  readonly #keys: VaultKeys;
  readonly #wrappingKey: SharedArrayBuffer;
  #worker: Worker | undefined;
  #isReady = false;
  /** Why there is no thread any more. A second one would hardly fare better, and all can be sealed without. */
  #failure: Error | undefined;
  /** In the order of asking, which is the order of the answers. */
  readonly #waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];

  constructor(keys: VaultKeys) {
    this.#keys = keys;
    this.#wrappingKey = new SharedArrayBuffer(keys.wrappingKey.length);
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /** Nobody waits for it: until it is ready, records are sealed where they are. */
  start(): void {
    if (this.#worker !== undefined || this.#failure !== undefined) return;
    new Uint8Array(this.#wrappingKey).set(this.#keys.wrappingKey);
    const settings: SealingSettings = {
      libraryId: new Uint8Array(this.#keys.libraryId),
      wrappingKey: this.#wrappingKey,
    };
    const worker = startThread(import.meta.url, 'sealing-thread', settings);
    this.#worker = worker;
    worker.on('message', () => {
      if (this.#isReady) this.#waiting.shift()?.resolve();
      else this.#isReady = true;
      if (this.#waiting.length === 0) worker.unref();
    });
    worker.on('error', (error) => this.#end(error as Error));
    worker.on('exit', (code) => this.#end(new Error(`the sealing thread ended with exit code ${code}`)));
    // A process ends when nothing is left to do but wait for this thread.
    worker.unref();
  }

  /**
   * Seals the first records in `memory`, whose plaintext stays as it is. To be asked only while `isReady`.
   * @throws {Error} when the thread ended
   */
  seal(owners: readonly SlotOwner[], memory: SealingMemory): Promise<void> {
    const lookups = new Uint8Array(owners.length * lookupBytes);
    for (const [i, { lookup }] of owners.entries()) lookups.set(lookup, i * lookupBytes);
    const job: SealingJob = {
      memory: memory.shared,
      slots: owners.map(({ slot }) => slot),
      kinds: owners.map(({ kind }) => kind),
      lookups,
    };
    const sealed = new Promise<void>((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      this.#waiting.push({ resolve, reject });
      this.#worker!.ref();
      this.#worker!.postMessage(job, [lookups.buffer]);
    });
    // Awaited in its turn; until then its failure is not unhandled.
    sealed.catch(() => undefined);
    return sealed;
  }

  async close(): Promise<void> {
    const ending = this.#worker?.terminate();
    this.#end(new Error('the store is closed'));
    await ending;
    new Uint8Array(this.#wrappingKey).fill(0);
  }

  #end(failure: Error): void {
    this.#isReady = false;
    this.#failure ??= failure;
    this.#worker = undefined;
    new Uint8Array(this.#wrappingKey).fill(0);
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
  }
}
