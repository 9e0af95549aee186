// Enrolment: from pictures to faces that a search can find, with their photographs where these are kept.
import { Refusal } from '../wire/errors.ts';
import { maxFacesPerPerson } from '../wire/limits.ts';
import type { PersonHandle, Store, TemplateIndex } from './ports.ts';
import {
  type EnrollableFace,
  findEnrollableFaces,
  type KeptPhotographs,
  type Recogniser,
} from './recognise.ts';

/** What became of one picture of an enrolment. */
type Enrolment = { readonly faceId: string } | { readonly refusal: Refusal };

export interface Enrolled {
  readonly person: PersonHandle;
  readonly groupIds: readonly string[];
  readonly enrolments: readonly Enrolment[];
}

export interface Enrolling {
  readonly store: Store;
  readonly index: TemplateIndex;
  readonly recogniser: Recogniser;
  readonly rules: { readonly isConsentRequired: boolean; readonly keepPhotographs?: KeptPhotographs };
  /** Deletes faces of an enrolment that is refused. */
  readonly withdraw: (account: string, personId: string, faceIds: readonly string[]) => Promise<unknown>;
}

/** @throws {Refusal} personNotFound, consentRequired: nothing is enrolled then */
export const enrol = (
  enrolling: Enrolling,
  account: string,
  personId: string,
  urls: readonly string[],
): Promise<Enrolled> =>
  enrolling.rules.keepPhotographs === 'original'
    ? enrolOneByOne(enrolling, account, personId, urls)
    : enrolTogether(enrolling, account, personId, urls);

/**
 * An original has up to 20 MB: a call holds one of them, not twenty, and holds its place among the pictures in memory
 * until the original is on disk. Where the person goes halfway, or its consent ends, so does what was enrolled before.
 */
async function enrolOneByOne(
  enrolling: Enrolling,
  account: string,
  personId: string,
  urls: readonly string[],
): Promise<Enrolled> {
  const { recogniser } = enrolling;
  const admitted = { ...enrolling, recogniser: { ...recogniser, admit: inItsPlace } };
  const enrolled: Enrolled[] = [];
  try {
    for (const url of urls) {
      enrolled.push(await recogniser.admit(() => enrolTogether(admitted, account, personId, [url])));
      // Deleted and added anew: it is another person that has the same id.
      if (enrolled.at(-1)!.person !== enrolled[0]!.person) throw new Refusal('personNotFound');
    }
  } catch (error) {
    await withdrawAll(enrolling, account, personId, enrolled);
    throw error;
  }
  return { ...enrolled[0]!, enrolments: enrolled.flatMap(({ enrolments }) => enrolments) };
}

const inItsPlace: Recogniser['admit'] = (work) => work();

async function withdrawAll(
  { withdraw }: Enrolling,
  account: string,
  personId: string,
  enrolled: readonly Enrolled[],
): Promise<void> {
  const faceIds = enrolled.flatMap(({ enrolments }) =>
    enrolments.flatMap((one) => ('faceId' in one ? one.faceId : [])),
  );
  try {
    if (faceIds.length > 0) await withdraw(account, personId, faceIds);
  } catch (error) {
    // The person is gone, and its faces with it.
    if (!(error instanceof Refusal)) throw error;
  }
}

async function enrolTogether(
  enrolling: Enrolling,
  account: string,
  personId: string,
  urls: readonly string[],
): Promise<Enrolled> {
  const { store, recogniser, rules } = enrolling;
  const found = await findEnrollableFaces(recogniser, account, urls, rules.keepPhotographs);
  const faces = found.filter((face): face is EnrollableFace => !(face instanceof Refusal));
  const photographs = faces.flatMap(({ photograph }) => photograph ?? []);
  const stored = await store
    .addFaces(
      account,
      personId,
      recogniser.analyser.modelId,
      faces.map(({ template }) => template),
      rules.isConsentRequired,
      photographs,
    )
    .finally(() => {
      for (const photograph of photographs) photograph.fill(0);
    });
  if (stored === undefined) throw new Refusal('personNotFound');
  await makeSearchable(enrolling, account, personId, stored, faces);
  const faceIds = stored.faceIds[Symbol.iterator]();
  const enrolments = found.map((face): Enrolment => {
    if (face instanceof Refusal) return { refusal: face };
    const faceId = faceIds.next().value;
    return faceId === undefined
      ? { refusal: new Refusal('tooManyFaces', String(maxFacesPerPerson)) }
      : { faceId };
  });
  return { person: stored.person, groupIds: stored.groupIds, enrolments };
}

/** A face that finds no room in the index is not kept in the store either: enrolled means searchable. */
async function makeSearchable(
  { index, withdraw }: Enrolling,
  account: string,
  personId: string,
  { person, faceIds }: { person: PersonHandle; faceIds: readonly string[] },
  faces: readonly EnrollableFace[],
): Promise<void> {
  try {
    for (const [i, faceId] of faceIds.entries()) index.add(person, faceId, faces[i]!.template);
  } catch (error) {
    await withdraw(account, personId, faceIds);
    throw error;
  }
}
