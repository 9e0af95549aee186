// Loads a library at start: every record decrypted and checked, on all cores where it is large.
import { availableParallelism } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import type { Slot, StoredFace, StoredPerson } from '../gallery/ports.ts';
import { startThread } from '../threads/start-thread.ts';
import { type Enquirer, readGroupId } from './enquiries.ts';
import { type OpenedFaces, type OpenedProfiles, RecordOpener } from './record-opener.ts';
import { maxDimensions } from './records.ts';
import { firstSlot } from './slot-file.ts';
import type { SlotRange } from './sqlite/catalogue.ts';
import type { Vault } from './vault.ts';

/** Slots opened at a time: 2 MiB of records. */
const slotsAtATime = 1024;

/** Below so many slots, a fifth of a second's work, threads cost more time than they save. */
const leastSlotsForThreads = 8192;

/** Jobs that a thread has before it: one to do, one to begin with at once. */
const jobsAhead = 2;

export interface Loading extends Enquirer {
  readonly folder: string;
  readonly vault: Vault;
  /** Called for each record that does not open. */
  readonly onDamage: (slot: Slot) => void;
}

export interface LoadingSettings {
  readonly folder: string;
  readonly libraryId: Uint8Array;
  /** Shared, not copied: the only copy is overwritten when the library is loaded. */
  readonly wrappingKey: SharedArrayBuffer;
}

export interface LoadingJob {
  readonly kind: 'face' | 'profile';
  readonly range: SlotRange;
  readonly memory?: Float32Array<ArrayBuffer>;
}

export async function* loadPersons(loading: Loading): AsyncGenerator<readonly StoredPerson[]> {
  const names = new Map(
    loading.catalogue.listAllGroups().map((row) => [row.group, readGroupId(loading, row)]),
  );
  for await (const { persons, accounts, profiles, groups } of open<OpenedProfiles>(loading, 'profile')) {
    yield persons.map((person, i) => ({
      account: accounts[i]!,
      person,
      profile: profiles[i]!,
      groupIds: groups[i]!.map((group) => names.get(group)!),
    }));
  }
}

/** The memory of a batch's templates is overwritten, and given to the next, once that one is asked for. */
export async function* loadFaces(loading: Loading): AsyncGenerator<readonly StoredFace[]> {
  for await (const opened of open<OpenedFaces>(loading, 'face')) {
    try {
      const { persons, faceIds, modelIds, dimensions, templates } = opened;
      yield persons.map((person, i) => ({
        person,
        faceId: faceIds[i]!,
        modelId: modelIds[i]!,
        template: templates.subarray(i * maxDimensions, i * maxDimensions + dimensions[i]!),
      }));
    } finally {
      opened.templates.fill(0);
    }
  }
}

interface Opener<Opened> {
  open(job: LoadingJob): Promise<Opened>;
  close(): Promise<unknown>;
}

/** Front to back through the vault, what was opened in the order of the slots. */
async function* open<Opened extends OpenedFaces | OpenedProfiles>(
  loading: Loading,
  kind: LoadingJob['kind'],
): AsyncGenerator<Opened> {
  const wrappingKey = new SharedArrayBuffer(loading.keys.wrappingKey.length);
  const openers = startOpeners<Opened>(loading, wrappingKey);
  const ranges = rangesOf(loading.vault.slotCount);
  const pending: Promise<Opened>[] = [];
  const ask = (i: number, memory?: Float32Array<ArrayBuffer>) => {
    const { value: range } = ranges.next();
    if (range === undefined) return;
    const job = { kind, range, ...(memory === undefined ? {} : { memory }) };
    const opened = openers[i % openers.length]!.open(job);
    // Awaited in its turn; until then its failure is not unhandled.
    opened.catch(() => undefined);
    pending.push(opened);
  };
  try {
    const ahead = openers.length * jobsAhead;
    for (let i = 0; i < ahead; i++) ask(i);
    for (let i = ahead; pending.length > 0; i++) {
      const opened = await pending.shift()!;
      for (const slot of opened.damaged) loading.onDamage(slot);
      yield opened;
      ask(i, 'templates' in opened ? opened.templates : undefined);
    }
  } finally {
    await Promise.all(openers.map((opener) => opener.close()));
    new Uint8Array(wrappingKey).fill(0);
  }
}

function* rangesOf(slotCount: number): Generator<SlotRange, undefined> {
  for (let from = firstSlot; from < slotCount; from += slotsAtATime) yield { from, to: from + slotsAtATime };
}

function startOpeners<Opened>(loading: Loading, wrappingKey: SharedArrayBuffer): Opener<Opened>[] {
  const { folder, keys, vault, catalogue } = loading;
  if (vault.slotCount < leastSlotsForThreads) return [openHere(new RecordOpener(catalogue, vault))];
  new Uint8Array(wrappingKey).set(keys.wrappingKey);
  const settings: LoadingSettings = { folder, libraryId: new Uint8Array(keys.libraryId), wrappingKey };
  return Array.from({ length: availableParallelism() }, () => new OpeningThread<Opened>(settings));
}

function openHere<Opened>(opener: RecordOpener): Opener<Opened> {
  return {
    async open({ kind, range, memory }) {
      await nextTurn();
      const opened = kind === 'face' ? opener.openFaces(range, memory) : opener.openProfiles(range);
      return opened as Opened;
    },
    close: async () => undefined,
  };
}

class OpeningThread<Opened> implements Opener<Opened> {
  readonly #worker: Worker;
  /** In the order of asking, which is the order of the answers. */
  readonly #waiting: { resolve: (opened: Opened) => void; reject: (error: Error) => void }[] = [];
  #failure: Error | undefined;

  constructor(settings: LoadingSettings) {
    this.#worker = startThread(import.meta.url, 'loading-thread', settings);
    this.#worker.on('message', (opened: Opened) => this.#waiting.shift()?.resolve(opened));
    this.#worker.on('error', (error) => this.#fail(error as Error));
    this.#worker.on('exit', (code) => this.#fail(new Error(`a loading thread ended with exit code ${code}`)));
  }

  open(job: LoadingJob): Promise<Opened> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(job, job.memory === undefined ? [] : [job.memory.buffer]);
    });
  }

  close(): Promise<unknown> {
    return this.#worker.terminate();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
  }
}
