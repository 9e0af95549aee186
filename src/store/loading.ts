// Loads a library at start: every record decrypted and checked, on all cores where it is large.
import { availableParallelism } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import type { StoredBatch, StoredPerson } from '../gallery/ports.ts';
import { startThread } from '../threads/start-thread.ts';
import { type Enquirer, readGroupId } from './enquiries.ts';
import { slotsAtATime } from './record-file.ts';
import { type OpenedRecords, RecordOpener } from './record-opener.ts';
import { decodeProfile, recordBytes } from './records.ts';
import { firstSlot, type Slot } from './slot-file.ts';
import type { OwnerColumns, SlotRange } from './sqlite/owner-columns.ts';
import type { Vault } from './vault.ts';

/** Below so many slots, a fifth of a second's work, threads cost more time than they save. */
const leastSlotsForThreads = 8192;

/** Jobs that a thread has before it: one to do, one to begin with at once. */
const jobsAhead = 2;

export interface Loading extends Enquirer {
  readonly folder: string;
  readonly vault: Vault;
  readonly owners: OwnerColumns;
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
  readonly range: SlotRange;
  /** What held the records of a former range, and reads zero. */
  readonly memory: Uint8Array<ArrayBuffer> | undefined;
}

/** The memory of a batch's templates is overwritten, and given to the next, once that one is asked for. */
export async function* load(loading: Loading): AsyncGenerator<StoredBatch> {
  const groupIds = new Map(
    loading.catalogue.listAllGroups().map((row) => [row.group, readGroupId(loading, row)]),
  );
  for await (const opened of open(loading)) {
    try {
      opened.damaged.forEach(loading.onDamage);
      yield { persons: decodeProfiles(opened, groupIds), faces: opened.faces };
    } finally {
      opened.memory.fill(0);
    }
  }
}

function decodeProfiles(
  { profiles: { persons, accounts, groups }, memory }: OpenedRecords,
  groupIds: ReadonlyMap<number, string>,
): StoredPerson[] {
  const records = Buffer.from(memory.buffer);
  const decoded: StoredPerson[] = [];
  for (const [i, person] of persons.entries()) {
    const at = i * recordBytes;
    if (records[at] === 0) continue;
    decoded.push({
      account: accounts[i]!,
      person,
      profile: decodeProfile(records, at),
      groupIds: groups[i]!.map((group) => groupIds.get(group)!),
    });
  }
  return decoded;
}

interface Opener {
  open(job: LoadingJob): Promise<OpenedRecords>;
  close(): Promise<unknown>;
}

/** Front to back through the vault, what was opened in the order of the slots. */
async function* open(loading: Loading): AsyncGenerator<OpenedRecords> {
  const wrappingKey = new SharedArrayBuffer(loading.keys.wrappingKey.length);
  const openers = startOpeners(loading, wrappingKey);
  const ranges = rangesOf(loading.vault.slotCount);
  const pending: Promise<OpenedRecords>[] = [];
  const ask = (i: number, memory?: Uint8Array<ArrayBuffer>) => {
    const { value: range } = ranges.next();
    if (range === undefined) return;
    const opened = openers[i % openers.length]!.open({ range, memory });
    // Awaited in its turn; until then its failure is not unhandled.
    opened.catch(() => undefined);
    pending.push(opened);
  };
  try {
    const ahead = openers.length * jobsAhead;
    for (let i = 0; i < ahead; i++) ask(i);
    for (let i = ahead; pending.length > 0; i++) {
      const opened = await pending.shift()!;
      yield opened;
      ask(i, opened.memory);
    }
  } finally {
    await Promise.all(openers.map((opener) => opener.close()));
    new Uint8Array(wrappingKey).fill(0);
  }
}

function* rangesOf(slotCount: number): Generator<SlotRange, undefined> {
  for (let from = firstSlot; from < slotCount; from += slotsAtATime) yield { from, to: from + slotsAtATime };
}

function startOpeners(loading: Loading, wrappingKey: SharedArrayBuffer): Opener[] {
  const { folder, keys, vault, owners } = loading;
  if (vault.slotCount < leastSlotsForThreads) return [openHere(new RecordOpener(owners, vault))];
  new Uint8Array(wrappingKey).set(keys.wrappingKey);
  const settings: LoadingSettings = { folder, libraryId: new Uint8Array(keys.libraryId), wrappingKey };
  return Array.from({ length: availableParallelism() }, () => new OpeningThread(settings));
}

function openHere(opener: RecordOpener): Opener {
  return {
    async open({ range, memory }) {
      await nextTurn();
      return opener.open(range, memory);
    },
    close: async () => undefined,
  };
}

class OpeningThread implements Opener {
  readonly #worker: Worker;
  /** In the order of asking, which is the order of the answers. */
  readonly #waiting: { resolve: (opened: OpenedRecords) => void; reject: (error: Error) => void }[] = [];
  #failure: Error | undefined;

  constructor(settings: LoadingSettings) {
    this.#worker = startThread(import.meta.url, 'loading-thread', settings);
    this.#worker.on('message', (opened: OpenedRecords) => this.#waiting.shift()?.resolve(opened));
    this.#worker.on('error', (error) => this.#fail(error as Error));
    this.#worker.on('exit', (code) => this.#fail(new Error(`a loading thread ended with exit code ${code}`)));
  }

  open(job: LoadingJob): Promise<OpenedRecords> {
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
