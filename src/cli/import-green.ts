// An import from a Green service: its groups, their persons, each one's faces with the URLs of their pictures.
import type { AddressRule } from '../images/addresses.ts';
import { getFaces } from '../operations/get-faces.ts';
import { getGroups } from '../operations/get-groups.ts';
import { getPerson } from '../operations/get-person.ts';
import { getPersons } from '../operations/get-persons.ts';
import { maxFacesPerPerson, maxPersonsPerPage } from '../wire/limits.ts';
import type { ImportFace, ImportItem, ImportPerson, ImportProblem, ImportSource } from './import-item.ts';
import { checkPerson, type ImportRules } from './import-person.ts';
import { readPictureUrl } from './import-pictures.ts';
import { CallRefused, type Remote } from './remote.ts';

export interface GreenRules extends ImportRules {
  readonly isAllowed: AddressRule;
}

/** Persons in no group are out of reach: the service has no list of them. */
export function openGreenSource(remote: Remote, rules: GreenRules): ImportSource {
  return {
    label: remote.endpoint,
    unit: 'persons',
    async count() {
      let steps = 0;
      for (const groupId of await listGroups(remote)) {
        const { totalCount } = await remote.call(getPersons, { groupId, currentPage: 1, pageSize: 1 });
        steps += Number(totalCount) || 0;
      }
      return steps;
    },
    items: (isSettled) => items(remote, rules, isSettled),
  };
}

const listGroups = async (remote: Remote): Promise<string[]> =>
  textsOf((await remote.call(getGroups, {})).groupIds);

async function* items(
  remote: Remote,
  rules: GreenRules,
  isSettled: (personId: string) => boolean,
): AsyncIterable<ImportItem> {
  const met = new Set<string>();
  for (const groupId of await listGroups(remote)) {
    for await (const personId of personsOf(remote, groupId)) {
      // A person in several groups is counted in each.
      const isNew = !met.has(personId) && !isSettled(personId);
      met.add(personId);
      const look = async () => (isNew ? lookAt(remote, rules, personId, groupId) : []);
      yield { kind: 'lookup', steps: 1, look };
    }
  }
}

async function* personsOf(remote: Remote, groupId: string): AsyncIterable<string> {
  for (let currentPage = 1; ; currentPage += 1) {
    const page = await remote.call(getPersons, { groupId, currentPage, pageSize: maxPersonsPerPage });
    const personIds = textsOf(page.personIds);
    yield* personIds;
    if (personIds.length === 0 || currentPage * maxPersonsPerPage >= Number(page.totalCount)) return;
  }
}

async function lookAt(
  remote: Remote,
  rules: GreenRules,
  personId: string,
  groupId: string,
): Promise<(ImportPerson | ImportProblem)[]> {
  const found = await unlessRefused(remote.call(getPerson, { personId }));
  if (found instanceof CallRefused)
    return [problemOf(personId, 'person', 'refused', `GetPerson: ${found.code}`)];
  const given = {
    personId,
    name: textOf(found.name),
    note: textOf(found.note),
    groupIds: [groupId, ...textsOf(found.groupIds)],
  };
  const person = checkPerson(given, rules);
  if ('refused' in person) return [problemOf(personId, 'person', 'invalid', person.refused)];
  const { faces, problems } = await facesOf(remote, personId, textsOf(found.faceIds), rules.isAllowed);
  const first: ImportPerson = {
    kind: 'person',
    ...person,
    faces: faces.slice(0, maxFacesPerPerson),
    steps: 0,
  };
  const rest = faces
    .slice(maxFacesPerPerson)
    .map(({ source }) =>
      problemOf(person.personId, source, 'refused', `a person holds at most ${maxFacesPerPerson} faces`),
    );
  return [...problems, ...rest, first];
}

async function facesOf(remote: Remote, personId: string, faceIds: readonly string[], isAllowed: AddressRule) {
  const faces: ImportFace[] = [];
  const problems: ImportProblem[] = [];
  const listed = faceIds.length === 0 ? {} : await unlessRefused(remote.call(getFaces, { personId }));
  const items = listed instanceof CallRefused ? [] : itemsOf(listed.faceImageItems);
  const urls = new Map(items.map((item) => [String(item.faceId), textOf(item.url)]));
  for (const faceId of new Set([...faceIds, ...urls.keys()])) {
    const url = urls.get(faceId);
    if (url === undefined) {
      problems.push(problemOf(personId, faceId, 'noPicture', 'GetFaces gives no URL of its picture'));
    } else faces.push({ source: faceId, load: () => readPictureUrl(url, isAllowed) });
  }
  return { faces, problems };
}

/** A refusal concerns this person only; a service that is gone ends the run. */
async function unlessRefused<Value>(call: Promise<Value>): Promise<Value | CallRefused> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof CallRefused) return error;
    throw error;
  }
}

const problemOf = (
  person: string,
  source: string,
  outcome: ImportProblem['outcome'],
  reason: string,
): ImportProblem => ({ kind: 'problem', person, source, outcome, reason, steps: 0 });

// The answers are another program's: what is not as documented reads as not there.
const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** Ids come as texts or as numbers of up to 17 digits. */
const textsOf = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [])
    .filter((one) => /^(string|number|bigint)$/.test(typeof one))
    .map(String);

const itemsOf = (value: unknown): { faceId?: unknown; url?: unknown }[] =>
  Array.isArray(value) ? value.map(Object) : [];
