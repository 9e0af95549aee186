// Runs an import to its end: some persons at a time, with a bar, stopped cleanly by Ctrl-C or by a service that is gone.
import { Enroller } from './import-enrol.ts';
import type { ImportItem, ImportSource } from './import-item.ts';
import { Progress } from './import-progress.ts';
import type { ImportState } from './import-state.ts';
import type { Remote } from './remote.ts';

export interface Run {
  readonly source: ImportSource;
  readonly lethe: Remote;
  readonly state: ImportState;
  /** Persons at a time. */
  readonly atOnce: number;
  readonly isIntoExisting: boolean;
  /** How long the server may go on with a call whose caller was killed, ms. */
  readonly graceMs: number;
}

export interface RunEnd {
  /** False where it was interrupted. */
  readonly isWhole: boolean;
  /** Faces and new persons of this run. */
  readonly enrolled: number;
  readonly persons: number;
  readonly facesASecond: number;
}

/** @throws {Error} once every call under way has ended, where source or Lethe cannot be used any more */
export async function runToEnd({
  source,
  lethe,
  state,
  atOnce,
  isIntoExisting,
  graceMs,
}: Run): Promise<RunEnd> {
  const progress = new Progress(await source.count(), source.unit);
  const enroller = new Enroller(lethe, state, {
    isIntoExisting,
    graceMs,
    onFace: (isEnrolled) => progress.noteFace(isEnrolled),
    onPersonAdded: () => progress.notePerson(),
  });
  const stop = new AbortController();
  const items = source.items((personId) => state.of(personId).status === 'settled')[Symbol.asyncIterator]();
  const work = async () => {
    while (!stop.signal.aborted) {
      const next = await items.next();
      if (next.done === true) return;
      await enrolItem(enroller, state, next.value);
      progress.step(next.value.steps);
    }
  };
  const workers = Array.from({ length: atOnce }, () =>
    work().catch((error: unknown) => {
      stop.abort();
      throw error;
    }),
  );
  const ends = await untilInterrupted(stop, progress, () => Promise.allSettled(workers));
  progress.stop();
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  if (!stop.signal.aborted) await state.noteFinished();
  return {
    isWhole: !stop.signal.aborted,
    enrolled: progress.enrolled,
    persons: progress.persons,
    facesASecond: progress.facesASecond,
  };
}

async function enrolItem(enroller: Enroller, state: ImportState, item: ImportItem): Promise<void> {
  if (item.kind === 'problem') return enroller.report(item);
  if (item.kind === 'person') return enroller.enrol(item);
  for (const found of await item.look()) {
    await enrolItem(enroller, state, found);
    // An interrupted run need not ask the source again; a person whom Lethe refused is asked about anew.
    if (found.kind === 'person' && state.of(found.personId).status === 'added') {
      await state.setStatus(found.personId, 'settled');
    }
  }
}

/** The first Ctrl-C lets what is under way come to its end, the second does not. */
async function untilInterrupted<Value>(
  stop: AbortController,
  progress: Progress,
  work: () => Promise<Value>,
): Promise<Value> {
  const interrupt = () => {
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
    progress.stop();
    console.error('Stopping once the calls under way are answered; again to stop at once');
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  try {
    return await work();
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}
