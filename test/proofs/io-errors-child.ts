// A process whose disk fails at each step of each change in turn, and which tells what became of the library: see io-errors.ts.
import { constants } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { openEmbeddedStore } from '../../src/store/embedded.ts';
import { readFolder } from '../store/library-folder.ts';
import { bytesBetween, countResidue, photographsBetween } from '../store/residue.ts';
import { type Fault, FaultSwitch, say } from './disk.ts';
import { drawPhotograph, drawTemplate } from './ways.ts';

const [folder, rootKey, mode, stepStride, scenarios] = process.argv.slice(2);
const store = await openEmbeddedStore({ folder: folder!, rootKey: Buffer.from(rootKey!, 'hex') });
const faults = new FaultSwitch(process.env.DISK_CONTROL!);
const { EIO, ENOSPC } = constants.errno;
const healthyAgainMs = 8_000;

/** Written to the log's end or to a longer file: on a full disk these fail, and overwriting does not. */
const full = {
  action: 'fail',
  error: ENOSPC,
  file: 'library.db-wal',
  last: Number.POSITIVE_INFINITY,
} as const;
const faultKinds: Record<string, Omit<Fault, 'first'>> = {
  'one EIO': { action: 'fail', error: EIO },
  'EIO after half a write': { action: 'failHalfway', error: EIO },
  'EIO from then on': { action: 'fail', error: EIO, last: Number.POSITIVE_INFINITY },
  'disk full from then on': full,
  'half a write, no error': { action: 'shorten' },
};

const read = () => readFolder(folder!);

interface Subject {
  readonly personId: string;
  readonly faceIds: readonly string[];
  /** Sealed: key and record. */
  readonly profile: Buffer[];
  /** Sealed: both keys, both records, both photographs. */
  readonly faces: Buffer[];
}

let subjects = 0;

async function enrolSubject(): Promise<Subject> {
  const personId = `subject-${subjects}`;
  subjects += 1;
  const empty = await read();
  await store.addPerson('default', { personId, name: 'name before' }, ['staff']);
  const withProfile = await read();
  const templates = [drawTemplate(512), drawTemplate(512)];
  const photographs = [drawPhotograph(), drawPhotograph()];
  const added = await store.addFaces('default', personId, 'model', templates, false, photographs);
  const after = await read();
  const profile = bytesBetween(empty, withProfile);
  const faces = [...bytesBetween(withProfile, after), ...photographsBetween(withProfile, after)];
  return { personId, faceIds: added!.faceIds, profile, faces };
}

type Scenario = 'delete faces' | 'delete person' | 'set person' | 'enrol';

async function carryOut(
  scenario: Scenario,
  subject: Subject,
): Promise<{ error?: string; wasToldGone: boolean }> {
  const { personId, faceIds } = subject;
  let wasToldGone = false;
  const onGone = () => {
    wasToldGone = true;
  };
  const work = {
    'delete faces': () => store.deleteFaces('default', personId, [faceIds[0]!], { onGone }),
    'delete person': () => store.deletePerson('default', personId, { onGone }),
    'set person': () => store.setPerson('default', { personId, name: 'name after' }),
    enrol: () => store.addFaces('default', personId, 'model', [drawTemplate(512)], false, [drawPhotograph()]),
  };
  try {
    await work[scenario]();
    return { wasToldGone };
  } catch (error) {
    return { error: (error as Error).message, wasToldGone };
  }
}

const countIntents = (): number => {
  const reader = new Database(join(folder!, 'library.db'), { readonly: true });
  try {
    return reader.prepare('SELECT count(*) FROM erase_intents').pluck().get() as number;
  } finally {
    reader.close();
  }
};

const countPhotographs = async (): Promise<number> =>
  [...(await read()).keys()].filter((name) => name.startsWith('photos/')).length;

/** Of all subjects: each of their faces has a photograph. */
async function countFaces(): Promise<number> {
  let faces = 0;
  for (let i = 0; i < subjects; i += 1) {
    faces += (await store.getPerson('default', `subject-${i}`))?.faceIds.length ?? 0;
  }
  return faces;
}

/** Waits until what was begun is finished; false when it is not in time. */
async function isFinished(isDone: () => Promise<boolean>): Promise<boolean> {
  for (const deadlineMs = Date.now() + healthyAgainMs; Date.now() < deadlineMs; await pause(20)) {
    if (countIntents() === 0 && (await isDone())) return true;
  }
  return false;
}

async function findings(scenario: Scenario, subject: Subject, error: string | undefined): Promise<string[]> {
  const { personId, faceIds, profile, faces } = subject;
  const isDelete = scenario.startsWith('delete');
  const found: string[] = [];
  const finished = await isFinished(async () => {
    const person = await store.getPerson('default', personId);
    if (scenario === 'delete person') {
      return person === undefined && countResidue(await read(), [...profile, ...faces]) === 0;
    }
    if (scenario === 'delete faces') {
      return (
        !person!.faceIds.includes(faceIds[0]!) &&
        countResidue(await read(), [faces[0]!, faces[2]!, faces[4]!]) === 0
      );
    }
    const hasTakenEffect =
      scenario === 'enrol' ? person!.faceIds.length === 3 : person!.name === 'name after';
    // An error may mean that the new name holds while the old one's bytes could not be overwritten yet.
    if (scenario === 'set person' && hasTakenEffect) return countResidue(await read(), profile) === 0;
    if (scenario === 'enrol' && (await countPhotographs()) !== (await countFaces())) return false;
    return hasTakenEffect === (error === undefined);
  });
  if (!finished) found.push(isDelete ? 'a deletion was not finished' : 'answer and library differ');
  const person = await store.getPerson('default', personId);
  const kept = faceIds.slice(scenario === 'delete faces' ? 1 : 0);
  if (scenario !== 'delete person' && !kept.every((faceId) => person?.faceIds.includes(faceId))) {
    found.push('an acknowledged face was lost');
  }
  if (scenario !== 'delete person' && person?.name === undefined) found.push('a name was lost');
  return found;
}

/** Every step of every change fails in turn; then the disk is well again, and what was begun must come to its end. */
async function failAndHeal(scenarios: readonly Scenario[]): Promise<void> {
  for (const scenario of scenarios) {
    for (const [kind, fault] of Object.entries(faultKinds)) {
      const stride = Number(stepStride);
      // Another phase in every run, so that in time all steps have had their turn.
      for (let first = 1 + Math.floor(Math.random() * stride); ; first += stride) {
        const subject = await enrolSubject();
        faults.arm({ ...fault, first });
        const { error, wasToldGone } = await carryOut(scenario, subject);
        const wasReached = faults.count >= first;
        const found: string[] = [];
        if (error !== undefined && scenario.startsWith('delete') && !wasToldGone) {
          found.push('a refused deletion left the face searchable');
        }
        if (error !== undefined && kind.startsWith('half')) found.push(`a short write became: ${error}`);
        faults.clear();
        found.push(...(await findings(scenario, subject, error)));
        if (wasReached) say({ scenario, kind, first, error, found });
        if (!wasReached) break;
      }
    }
  }
  await store.close();
}

/** One change on a failing disk, and the process is killed before the disk is well again. */
async function failAndDie([scenario, kind, first]: [Scenario, string, string]): Promise<void> {
  const subject = await enrolSubject();
  faults.arm({ ...faultKinds[kind]!, first: Number(first) });
  const { error } = await carryOut(scenario, subject);
  const bytes = [...subject.profile, ...subject.faces].map((part) => part.toString('hex'));
  say({ error, wasReached: faults.count >= Number(first), faceIds: subject.faceIds, bytes });
  process.kill(process.pid, 'SIGKILL');
}

if (mode === 'heal') await failAndHeal(scenarios!.split(', ') as Scenario[]);
else await failAndDie(process.argv.slice(5) as [Scenario, string, string]);
