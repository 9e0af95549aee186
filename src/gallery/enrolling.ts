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
  readonly groupIds: readonly string[];
  readonly enrolments: readonly Enrolment[];
}

export interface Enrolling {
  readonly store: Store;
  readonly index: TemplateIndex;
  readonly recogniser: Recogniser;
  readonly rules: { readonly isConsentRequired: boolean; readonly keepPhotographs?: KeptPhotographs };
  /** Deletes faces that were stored and found no room in the index. */
  readonly withdraw: (account: string, personId: string, faceIds: readonly string[]) => Promise<unknown>;
}

/** @throws {Refusal} personNotFound, consentRequired */
export async function enrol(
  enrolling: Enrolling,
  account: string,
  personId: string,
  urls: readonly string[],
): Promise<Enrolled> {
  if (enrolling.rules.keepPhotographs !== 'original')
    return enrolTogether(enrolling, account, personId, urls);
  // An original has up to 20 MB: one after the other, so that a request holds one of them and not twenty.
  let groupIds: readonly string[] = [];
  const enrolments: Enrolment[] = [];
  for (const url of urls) {
    try {
      const enrolled = await enrolTogether(enrolling, account, personId, [url]);
      groupIds = enrolled.groupIds;
      enrolments.push(...enrolled.enrolments);
    } catch (error) {
      // The consent has ended, or the person is gone, halfway: what is enrolled by now is answered with its ids.
      if (!(error instanceof Refusal) || enrolments.length === 0) throw error;
      enrolments.push({ refusal: error });
    }
  }
  return { groupIds, enrolments };
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
  const stored = await store.addFaces(
    account,
    personId,
    recogniser.analyser.modelId,
    faces.map(({ template }) => template),
    rules.isConsentRequired,
    faces.flatMap(({ photograph }) => photograph ?? []),
  );
  for (const { photograph } of faces) photograph?.fill(0);
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
  return { groupIds: stored.groupIds, enrolments };
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
