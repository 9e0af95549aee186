// Proof that a kill at any instant loses and brings back nothing: `npm run proof:crash`, ten kills with `-- --short`.
import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedStore } from '../../src/store/embedded.ts';
import { dayOf } from '../../src/wire/days.ts';
import { LibraryFolder, readFolder } from '../store/library-folder.ts';
import { bytesBetween, countResidue, photographsBetween } from '../store/residue.ts';
import { loadedFaces } from '../support/loaded.ts';
import { type Action, Disk, whyNoDisk } from './disk.ts';
import { drawPhotograph, drawTemplate } from './ways.ts';

const isShort = process.argv.includes('--short');

/** A library with a subject, about to change, and a neighbour, who must not. */
interface Place {
  readonly folder: LibraryFolder;
  readonly files: ReadonlyMap<string, Buffer>;
  readonly faceIds: readonly string[];
  /** Sealed bytes of each of the subject's faces, and of its profile. */
  readonly faces: readonly Buffer[][];
  readonly profile: readonly Buffer[];
}

interface Tally {
  kills: number;
  answered: number;
  tookEffect: number;
  lost: number;
  resurrected: number;
  residueInImage: number;
  residueAfterStart: number;
}

const noTally = (): Tally => ({
  kills: 0,
  answered: 0,
  tookEffect: 0,
  lost: 0,
  resurrected: 0,
  residueInImage: 0,
  residueAfterStart: 0,
});

const subjectFaces = 3;
const names = { before: 'name before', after: 'name after' };

async function makePlace(): Promise<Place> {
  const folder = await LibraryFolder.make();
  const store = await folder.open();
  await store.addPerson('default', { personId: 'neighbour', name: 'neighbour' }, ['staff']);
  await store.addFaces('default', 'neighbour', 'model', [drawTemplate(512)]);
  let before = await folder.read();
  const written = async (work: () => Promise<unknown>) => {
    await work();
    const after = await folder.read();
    const bytes = [...bytesBetween(before, after), ...photographsBetween(before, after)];
    before = after;
    return bytes;
  };
  const profile = await written(async () => {
    await store.addPerson('default', { personId: 'subject', name: names.before }, ['staff', 'own']);
    const consent = { reference: 'proof', purpose: 'proof', basis: 'proof', endDay: dayOf(Date.now()) + 1 };
    await store.retention.setConsent('default', 'subject', consent);
  });
  const faces: Buffer[][] = [];
  const faceIds: string[] = [];
  for (let i = 0; i < subjectFaces; i += 1) {
    faces.push(
      await written(async () => {
        const kept = [drawPhotograph()];
        const added = await store.addFaces('default', 'subject', 'model', [drawTemplate(512)], false, kept);
        faceIds.push(...added!.faceIds);
      }),
    );
  }
  await store.close();
  return { folder, files: before, faceIds, faces, profile };
}

const scenarios = ['delete faces', 'delete person', 'retention run', 'set person', 'enrol'] as const;
type Scenario = (typeof scenarios)[number];

const takesFaces = (scenario: Scenario): boolean =>
  scenario.startsWith('delete') || scenario === 'retention run';

/** What must be gone once the scenario took effect. */
function bytesAtStake(place: Place, scenario: Scenario): Buffer[] {
  if (scenario === 'enrol') return [];
  if (scenario === 'set person') return [...place.profile];
  if (scenario === 'delete faces') return [...place.faces[1]!];
  return [...place.profile, ...place.faces.flat()];
}

/** Kills one run of a scenario on a copy of the place, then looks at the image, starts, and looks again. */
async function kill(
  disk: Disk,
  place: Place,
  scenario: Scenario,
  how: { action: Action; first: number } | { killAfterMs: number },
  tally: Tally,
): Promise<void> {
  const parent = await mkdtemp(join(tmpdir(), 'lethe-crash-'));
  const path = join(parent, 'library');
  try {
    await cp(place.folder.path, path, { recursive: true });
    const { rootKey } = place.folder;
    const [action, first] = 'action' in how ? [how.action, how.first] : ['count', 0];
    const { said, signal } = await disk.run(
      './steps-child.ts',
      path,
      [rootKey.toString('hex'), scenario, action, String(first), place.faceIds[1]!],
      'killAfterMs' in how ? how : {},
    );
    assert.equal(signal, 'SIGKILL', `the child was to be killed, and said ${JSON.stringify(said)}`);
    const isAnswered = said.some((line) => 'isAnswered' in (line as object));
    await settle(place, scenario, path, isAnswered, tally);
  } finally {
    await rm(parent, { recursive: true });
  }
}

async function settle(
  place: Place,
  scenario: Scenario,
  path: string,
  isAnswered: boolean,
  tally: Tally,
): Promise<void> {
  const atStake = bytesAtStake(place, scenario);
  tally.kills += 1;
  if (isAnswered) tally.answered += 1;
  if (isAnswered) tally.residueInImage += countResidue(await readFolder(path), atStake);
  const store = await openEmbeddedStore({ folder: path, rootKey: place.folder.rootKey });
  const subject = await store.getPerson('default', 'subject');
  const neighbour = await store.getPerson('default', 'neighbour');
  const searchable = new Set((await loadedFaces(store)).map(({ faceId }) => faceId));
  const { recovery, damagedRecords } = store;
  await store.close();
  const isThere = (faceId: string) => Boolean(subject?.faceIds.includes(faceId) && searchable.has(faceId));
  const kept = place.faceIds.filter(isThere);
  const expected = {
    enrol: [...place.faceIds],
    'delete faces': place.faceIds.filter((_, i) => i !== 1),
    'delete person': [],
    'retention run': [],
    'set person': [...place.faceIds],
  }[scenario];
  const hasTakenEffect = {
    enrol: subject?.faceIds.length === subjectFaces + 2,
    'delete faces': !isThere(place.faceIds[1]!),
    'delete person': subject === undefined,
    'retention run': subject === undefined,
    'set person': subject?.name === names.after,
  }[scenario];
  if (hasTakenEffect) tally.tookEffect += 1;
  if (neighbour?.faceIds.length !== 1 || neighbour.name !== 'neighbour') tally.lost += 1;
  tally.lost += expected.filter((faceId) => !kept.includes(faceId)).length;
  // Before or after, whole: nothing between.
  const isWhole = hasTakenEffect || (kept.length === subjectFaces && subject?.name === names.before);
  const enrolled = (subject?.faceIds.length ?? 0) - kept.length;
  if (!isWhole || (enrolled !== 0 && enrolled !== 2)) tally.lost += 1;
  if (recovery.facesWithoutKey + recovery.personsWithoutKey + recovery.personsWithoutProfile > 0)
    tally.lost += 1;
  if (damagedRecords > 0) tally.lost += 1;
  if (isAnswered && !hasTakenEffect) {
    if (takesFaces(scenario)) tally.resurrected += 1;
    else tally.lost += 1;
  }
  const photographs = [...(await readFolder(path)).keys()].filter((name) => name.startsWith('photos/'));
  // Each of the subject's faces has one, and nobody else: an enrolment that was cut short leaves none.
  tally.residueAfterStart += Math.max(0, photographs.length - (subject?.faceIds.length ?? 0));
  if (photographs.length < (subject?.faceIds.length ?? 0)) tally.lost += 1;
  if (hasTakenEffect) tally.residueAfterStart += countResidue(await readFolder(path), atStake);
}

/** Names each change of the files that a scenario makes, in order. */
async function nameSteps(disk: Disk, place: Place, scenario: Scenario): Promise<string[]> {
  const parent = await mkdtemp(join(tmpdir(), 'lethe-crash-'));
  const path = join(parent, 'library');
  try {
    await cp(place.folder.path, path, { recursive: true });
    const args = [place.folder.rootKey.toString('hex'), scenario, 'count', '0', place.faceIds[1]!];
    const { trace } = await disk.run('./steps-child.ts', path, args, { isTraced: true });
    const begun = trace.findIndex(({ kind, bytes }) => kind === 'said' && bytes.includes('isBegun'));
    const answered = trace.findIndex(({ kind, bytes }) => kind === 'said' && bytes.includes('isAnswered'));
    return trace.slice(begun + 1, answered).map(({ kind, file }) => `${kind} ${file}`);
  } finally {
    await rm(parent, { recursive: true });
  }
}

const headings = [
  'kills',
  'answered before',
  'took effect',
  'lost',
  'resurrected',
  'bytes left in the image after an answer',
  'bytes left after the start',
];
const rowOf = (what: string, tally: Tally): string =>
  `| ${[what, tally.kills, tally.answered, tally.tookEffect, tally.lost, tally.resurrected, tally.residueInImage, tally.residueAfterStart].join(' | ')} |`;

const why = whyNoDisk();
if (why !== undefined) {
  console.log(`not run: ${why}`);
  process.exit(0);
}
const disk = await Disk.make();
const place = await makePlace();
const total = noTally();
try {
  console.log(`| change, killed | ${headings.join(' | ')} |\n|---${'|---'.repeat(headings.length)}|`);
  for (const scenario of scenarios) {
    const steps = await nameSteps(disk, place, scenario);
    const byPlace = new Map<string, Tally>();
    const killAt = async (where: string, how: Parameters<typeof kill>[3]) => {
      const tally = byPlace.get(where) ?? noTally();
      byPlace.set(where, tally);
      await kill(disk, place, scenario, how, tally);
    };
    const stride = isShort ? steps.length : 1;
    const phase = isShort ? Math.floor(Math.random() * steps.length) : 0;
    for (let at = phase; at < steps.length; at += stride) {
      const step = steps[at]!;
      await killAt(`before ${step}`, { action: 'killBefore', first: at + 1 });
      if (isShort || !step.startsWith('write')) continue;
      await killAt(`halfway through ${step}`, { action: 'killHalfway', first: at + 1 });
    }
    for (let round = 0; round < (isShort ? 1 : 20); round += 1) {
      await killAt('at a random instant', { killAfterMs: Math.random() * 50 });
      await killAt('once it was answered', { killAfterMs: 60_000 });
    }
    for (const [where, tally] of byPlace) {
      console.log(rowOf(`${scenario}, ${where}`, tally));
      for (const key of Object.keys(total) as (keyof Tally)[]) total[key] += tally[key];
    }
  }
} finally {
  await disk.remove();
  await place.folder.remove();
}
console.log(rowOf('**all**', total));
const { kills, lost, resurrected, residueInImage, residueAfterStart } = total;
const isProven = lost + resurrected + residueInImage + residueAfterStart === 0;
console.log(isProven ? `proven: ${kills} kills, 0 lost, 0 resurrected, 0 bytes left` : 'NOT proven');
process.exit(isProven ? 0 : 1);
