// Enrols what an import brings: each person once, each picture once, also after a kill between a call and its answer.
import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { addFaces } from '../operations/add-faces.ts';
import { addGroups } from '../operations/add-groups.ts';
import { addPerson } from '../operations/add-person.ts';
import { getPerson } from '../operations/get-person.ts';
import { imageSyncScan } from '../operations/image-sync-scan.ts';
import { recordConsent } from '../operations/record-consent.ts';
import { refusals } from '../wire/errors.ts';
import { maxFacesPerPerson } from '../wire/limits.ts';
import { type ImportFace, type ImportPerson, type ImportProblem, Problem } from './import-item.ts';
import type { ImportState, ReportRow, Sent } from './import-state.ts';
import { AnswerLost, CallRefused, type Remote } from './remote.ts';

/** Bytes of pictures in one call: with several calls under way, memory stays within a few hundred megabytes. */
const maxCallBytes = 8 * 1024 * 1024;

/** The same picture always gives the same template, and a template's rate with itself is 100. */
const samePictureRate = 100;

/** How often a call whose answer was lost is looked into before the import stops. */
const maxLostAnswers = 3;

interface LoadedFace extends Sent {
  readonly face: ImportFace;
  readonly url: string;
  readonly bytes: number;
}

export interface EnrolRules {
  /** Whether persons who were in Lethe before get more faces, instead of being left alone. */
  readonly isIntoExisting: boolean;
  /** How long the server may go on with a call whose caller is gone, ms. */
  readonly graceMs: number;
  /** Told of each picture that has been dealt with. */
  readonly onFace: (isEnrolled: boolean) => void;
  readonly onPersonAdded: () => void;
}

export class Enroller {
  readonly #lethe: Remote;
  readonly #state: ImportState;
  readonly #rules: EnrolRules;
  /** The last work of each person who is being enrolled: two rows of one person wait for each other. */
  readonly #turns = new Map<string, Promise<void>>();
  readonly #startedMs = performance.now();

  constructor(lethe: Remote, state: ImportState, rules: EnrolRules) {
    this.#lethe = lethe;
    this.#state = state;
    this.#rules = rules;
  }

  async report({
    person,
    source,
    line,
    outcome,
    reason,
  }: Omit<ImportProblem, 'kind' | 'steps'>): Promise<void> {
    await this.#state.noteRow({ person, source, line, outcome, reason });
    this.#rules.onFace(false);
  }

  /** Enrols a person, or what is new of one. Rejects only where the import cannot go on. */
  async enrol(person: ImportPerson): Promise<void> {
    const before = this.#turns.get(person.personId);
    const turn = (before ?? Promise.resolve()).then(() => this.#enrol(person));
    this.#turns.set(person.personId, turn);
    try {
      await turn;
    } finally {
      if (this.#turns.get(person.personId) === turn) this.#turns.delete(person.personId);
    }
  }

  async #enrol(person: ImportPerson): Promise<void> {
    const { personId } = person;
    const { enrolled, status } = this.#state.of(personId);
    const fresh = person.faces.filter(({ source }) => !enrolled.has(source));
    if (fresh.length === 0 && status !== undefined && status !== 'adding') return;
    const known = await this.#makePerson(person);
    if (known instanceof Problem) {
      const named = fresh.length > 0 ? fresh : [{ source: 'person', line: person.line }];
      for (const { source, line } of named) {
        await this.report({ person: personId, source, line, outcome: known.outcome, reason: known.message });
      }
      return;
    }
    if (this.#state.of(personId).open.length > 0) await this.#waitForCalls();
    for (let lost = 0; ; lost += 1) {
      try {
        await this.#addFaces(person, fresh);
        return;
      } catch (error) {
        if (!(error instanceof AnswerLost) || lost === maxLostAnswers) throw error;
        await pause(this.#rules.graceMs);
      }
    }
  }

  /** What an earlier run sent may still be under way where that run was killed a moment ago. */
  #waitForCalls(): Promise<void> {
    return pause(Math.max(0, this.#startedMs + this.#rules.graceMs - performance.now()));
  }

  /** Sees to it that the person is there, as this import's; or says why nothing may be added to it. */
  async #makePerson({ personId, name, note, groupIds, consent }: ImportPerson): Promise<Problem | undefined> {
    const { status } = this.#state.of(personId);
    const found = await this.#find(personId);
    if (found === undefined) {
      if (status === 'added' || status === 'settled')
        return new Problem('deletedSince', 'it is left deleted');
      if (groupIds.length === 0)
        return new Problem('invalid', 'it is in no group: --group names one for all');
      await this.#state.setStatus(personId, 'adding');
      const refused = await refusalOf(this.#lethe.call(addPerson, { personId, groupIds, name, note }));
      // Adding twice is refused: an answer that was lost on the way has added it.
      if (refused !== undefined && refused.message !== refusals.personExists.message) {
        await this.#state.setStatus(personId, 'refused');
        return new Problem('refused', refused.message);
      }
      this.#rules.onPersonAdded();
    } else if (status === undefined && !this.#rules.isIntoExisting) {
      return new Problem('personExists', 'it is left as it is');
    } else {
      const missing = groupIds.filter((id) => !found.groupIds.includes(id));
      const refused =
        missing.length === 0
          ? undefined
          : await refusalOf(this.#lethe.call(addGroups, { personId, groupIds: missing }));
      if (refused !== undefined) return new Problem('refused', refused.message);
    }
    if (consent !== undefined && (found === undefined || status === 'adding')) {
      const refused = await refusalOf(this.#lethe.call(recordConsent, { personId, ...consent }));
      if (refused !== undefined) return new Problem('refused', `the consent: ${refused.message}`);
    }
    if (status !== 'added') await this.#state.setStatus(personId, 'added');
    return undefined;
  }

  async #find(personId: string): Promise<{ groupIds: string[]; faceIds: string[] } | undefined> {
    try {
      const { groupIds, faceIds } = await this.#lethe.call(getPerson, { personId });
      return { groupIds: (groupIds as unknown[]).map(String), faceIds: (faceIds as unknown[]).map(String) };
    } catch (error) {
      if (error instanceof CallRefused && error.message === refusals.personNotFound.message) return undefined;
      throw error;
    }
  }

  async #addFaces({ personId, groupIds }: ImportPerson, faces: readonly ImportFace[]): Promise<void> {
    const strays = await this.#findStrays(personId);
    let batch: LoadedFace[] = [];
    let bytes = 0;
    for (const face of faces) {
      if (this.#state.of(personId).enrolled.has(face.source)) continue;
      const loaded = await this.#load(personId, face, batch);
      if (loaded === undefined) continue;
      if (strays.size > 0 && (await this.#adoptStray(personId, groupIds, loaded, strays))) continue;
      if (batch.length === maxFacesPerPerson || bytes + loaded.bytes > maxCallBytes) {
        await this.#send(personId, batch);
        batch = [];
        bytes = 0;
      }
      batch.push(loaded);
      bytes += loaded.bytes;
    }
    if (batch.length > 0) await this.#send(personId, batch);
    else if (this.#state.of(personId).open.length > 0) await this.#state.noteAnswer(personId, []);
  }

  async #load(
    personId: string,
    face: ImportFace,
    batch: readonly LoadedFace[],
  ): Promise<LoadedFace | undefined> {
    const { source, line } = face;
    try {
      const bytes = await face.load();
      const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 32);
      const isThere =
        this.#state.of(personId).digests.has(digest) || batch.some((other) => other.digest === digest);
      if (isThere) throw new Problem('samePicture', 'it is there already');
      const url = `data:;base64,${bytes.toString('base64')}`;
      return { face, source, digest, url, bytes: bytes.length };
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      await this.report({ person: personId, source, line, outcome: error.outcome, reason: error.message });
      return undefined;
    }
  }

  async #send(personId: string, batch: readonly LoadedFace[]): Promise<void> {
    await this.#state.noteSending(
      personId,
      batch.map(({ source, digest }) => ({ source, digest })),
    );
    const urls = batch.map(({ url }) => url);
    let items: unknown[];
    try {
      const answer = await this.#lethe.call(addFaces, { personId, urls }, false);
      items = answer.faceImageItems as unknown[];
    } catch (error) {
      if (!(error instanceof CallRefused)) throw error;
      items = batch.map(() => ({ success: false, msg: error.message }));
    }
    const rows = batch.map((one, i) => rowOf(personId, one, Object(items[i])));
    await this.#state.noteAnswer(personId, rows);
    for (const { outcome } of rows) this.#rules.onFace(outcome === 'enrolled');
  }

  /** Faces that a call without an answer enrolled: those of the person that the state does not know. */
  async #findStrays(personId: string): Promise<Set<string>> {
    const { open, enrolled } = this.#state.of(personId);
    if (open.length === 0) return new Set();
    const known = new Set(enrolled.values());
    const found = await this.#find(personId);
    return new Set((found?.faceIds ?? []).filter((faceId) => !known.has(faceId)));
  }

  /** Asks the library whether one of the strays is this very picture; if so, notes it as enrolled. */
  async #adoptStray(
    personId: string,
    groupIds: readonly string[],
    loaded: LoadedFace,
    strays: Set<string>,
  ): Promise<boolean> {
    if (!this.#state.of(personId).open.some(({ digest }) => digest === loaded.digest)) return false;
    const [groupId] = (await this.#find(personId))?.groupIds ?? groupIds;
    const answer: unknown = await this.#lethe.call(imageSyncScan, {
      scenes: ['sface-n'],
      tasks: [{ url: loaded.url, extras: { groupId } }],
    });
    const faceId = matchesOf(answer).find(
      (match) => match.personId === personId && match.rate >= samePictureRate && strays.has(match.faceId),
    )?.faceId;
    if (faceId === undefined) return false;
    strays.delete(faceId);
    const { source, digest, face } = loaded;
    const row = { person: personId, source, line: face.line, outcome: 'enrolled', faceId } as const;
    await this.#state.noteRow({ ...row, digest });
    this.#rules.onFace(true);
    return true;
  }
}

function rowOf(
  person: string,
  { source, digest, face }: LoadedFace,
  { success, faceId, msg }: { success?: unknown; faceId?: unknown; msg?: unknown },
): ReportRow & { digest?: string } {
  const named = { person, source, line: face.line };
  return success === true
    ? { ...named, outcome: 'enrolled', faceId: String(faceId), digest }
    : { ...named, outcome: 'refused', reason: String(msg ?? 'without a reason') };
}

async function refusalOf(call: Promise<unknown>): Promise<CallRefused | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (error instanceof CallRefused) return error;
    throw error;
  }
}

interface Match {
  readonly personId: string;
  readonly faceId: string;
  readonly rate: number;
}

/** Who was found in the one picture of a search; nobody where it shows several faces, since such a one is not enrolled. */
function matchesOf(answer: unknown): Match[] {
  type Scan = { results?: { topPersonData?: { persons: Match[] }[] }[] }[];
  const [face, ...others] = (answer as Scan)[0]?.results?.[0]?.topPersonData ?? [];
  return face === undefined || others.length > 0 ? [] : face.persons;
}
