// Fills a library with persons and faces straight through the store, for the benchmarks that need a large one.
import type { PersonHandle, Store, Template } from '../src/gallery/ports.ts';

export const dimensions = 512;
const account = 'default';

/** Calls under way at a time: so many clients' enrolments share a commit. */
const callsAtATime = 64;
/** Templates drawn; their kind does not matter to the store, and drawing a million takes longer than storing them. */
const drawnTemplates = 8192;

export interface Filling {
  readonly faces: number;
  readonly facesPerPerson: number;
  /** Of the person whose first face has this number. */
  readonly groupsOf: (firstFace: number) => readonly string[];
  readonly modelId: string;
  /** Called as soon as faces of a person are durable. */
  readonly onStored?: (
    person: PersonHandle,
    faceIds: readonly string[],
    templates: readonly Template[],
  ) => void;
}

/** Adds the persons, then the faces; answers what the faces took, seconds of time and of all threads. */
export async function fillLibrary(
  store: Store,
  { faces, facesPerPerson, groupsOf, modelId, onStored }: Filling,
): Promise<{ facesS: number; facesCpuS: number }> {
  const templates = drawTemplates(drawnTemplates);
  const persons = Math.ceil(faces / facesPerPerson);
  await inParallel(persons, async (i) => {
    await store.addPerson(account, { personId: `person-${i}` }, groupsOf(i * facesPerPerson));
  });
  const startedAtMs = performance.now();
  const cpu = process.cpuUsage();
  await inParallel(persons, async (i) => {
    const from = i * facesPerPerson;
    const given = Array.from(
      { length: Math.min(facesPerPerson, faces - from) },
      (_, k) => templates[(from + k) % drawnTemplates]!,
    );
    const stored = await store.addFaces(account, `person-${i}`, modelId, given);
    if (stored?.faceIds.length !== given.length) throw new Error('the store did not take every face');
    onStored?.(stored.person, stored.faceIds, given);
  });
  const { user, system } = process.cpuUsage(cpu);
  return { facesS: (performance.now() - startedAtMs) / 1000, facesCpuS: (user + system) / 1e6 };
}

/** Unit vectors of independent normal numbers. */
function drawTemplates(count: number): Template[] {
  return Array.from({ length: count }, () => {
    const drawn = Float32Array.from(
      { length: dimensions },
      () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random()),
    );
    const length = Math.hypot(...drawn);
    return drawn.map((value) => value / length);
  });
}

async function inParallel(count: number, work: (i: number) => Promise<void>): Promise<void> {
  let next = 0;
  const caller = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(callsAtATime, count) }, caller));
}
