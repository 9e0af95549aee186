// An import from a CSV or NDJSON file: a row a picture, or a row a person; rows of one person that follow each other go together.
import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import type { AddressRule } from '../images/addresses.ts';
import { recordConsent } from '../operations/record-consent.ts';
import { dayOf } from '../wire/days.ts';
import { maxFacesPerPerson } from '../wire/limits.ts';
import type {
  ImportConsent,
  ImportFace,
  ImportItem,
  ImportPerson,
  ImportProblem,
  ImportSource,
} from './import-item.ts';
import { checkPerson, type ImportRules } from './import-person.ts';
import { readPictureFile, readPictureUrl } from './import-pictures.ts';
import { type Row, readRows } from './import-rows.ts';

export interface FileRules extends ImportRules {
  /** Where paths begin and must stay; the file's own folder where not given. */
  readonly pictures?: string | undefined;
  readonly isAllowed: AddressRule;
}

/** Characters of pictures that go together: data: URLs wait in memory until their turn. */
const maxHeldCharacters = 16 * 1024 * 1024;

export function openFileSource(path: string, rules: FileRules): ImportSource {
  return {
    label: 'a file of persons',
    unit: 'pictures',
    async count() {
      let steps = 0;
      for await (const item of items(path, rules)) steps += item.steps;
      return steps;
    },
    items: () => items(path, rules),
  };
}

async function* items(path: string, rules: FileRules): AsyncIterable<ImportItem> {
  let held: ImportPerson | undefined;
  let characters = 0;
  for await (const row of readRows(path)) {
    const read = readRow(row, path, rules);
    for (const problem of read.problems) yield problem;
    if (read.person === undefined) continue;
    if (
      held !== undefined &&
      isRoomFor(held, read.person) &&
      characters + read.characters <= maxHeldCharacters
    ) {
      held = merge(held, read.person);
      characters += read.characters;
      continue;
    }
    if (held !== undefined) yield held;
    held = read.person;
    characters = read.characters;
  }
  if (held !== undefined) yield held;
}

const isRoomFor = (held: ImportPerson, next: ImportPerson): boolean =>
  held.personId === next.personId && held.faces.length + next.faces.length <= maxFacesPerPerson;

const merge = (held: ImportPerson, next: ImportPerson): ImportPerson => ({
  ...held,
  name: held.name ?? next.name,
  note: held.note ?? next.note,
  consent: held.consent ?? next.consent,
  groupIds: [...new Set([...held.groupIds, ...next.groupIds])],
  faces: [...held.faces, ...next.faces],
  steps: held.steps + next.steps,
});

interface ReadRow {
  readonly person?: ImportPerson;
  readonly problems: readonly ImportProblem[];
  /** Of the picture, where it stands in the row itself. */
  readonly characters: number;
}

function readRow(row: Row, path: string, rules: FileRules): ReadRow {
  const { line } = row;
  if ('refused' in row) return refuse({ person: '', line, reason: row.refused });
  const { values } = row;
  const [personId = '', name, note, picture, faceId] = (
    ['personId', 'name', 'note', 'picture', 'faceId'] as const
  ).map((column) => textOf(values[column]));
  const fields = { personId, name, note, groupIds: listOf(values.groups) };
  const person = checkPerson(fields, rules);
  const source = sourceOf(picture, faceId, line);
  if ('refused' in person) return refuse({ person: personId, source, line, reason: person.refused });
  const consent = values.consent === undefined ? undefined : readConsent(personId, values.consent);
  if (typeof consent === 'string') return refuse({ person: personId, source, line, reason: consent });
  const problems: ImportProblem[] = holdsOf(values.holds).map((reason, i) => ({
    ...problemOf({ person: personId, source: `hold ${i + 1}`, line, reason }),
    outcome: 'notCarried',
  }));
  if (picture === undefined && faceId !== undefined) {
    const missing = problemOf({
      person: personId,
      source,
      line,
      reason: 'the file holds no picture of this face',
    });
    problems.push({ ...missing, outcome: 'noPicture' });
  }
  const faces = picture === undefined ? [] : [faceOf(picture, source, line, path, rules)];
  const isInline = picture !== undefined && /^data:/i.test(picture);
  return {
    person: { kind: 'person', ...person, consent, faces, line, steps: 1 },
    problems,
    characters: isInline ? picture.length : 0,
  };
}

interface Fault {
  readonly person: string;
  readonly source?: string;
  readonly line: number;
  readonly reason: string;
}

const refuse = (fault: Fault): ReadRow => ({ problems: [{ ...problemOf(fault), steps: 1 }], characters: 0 });

const problemOf = ({ person, source, line, reason }: Fault): ImportProblem => ({
  kind: 'problem',
  person,
  source: source ?? `line ${line}`,
  line,
  outcome: 'invalid',
  reason,
  steps: 0,
});

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;

/** An array, or a text whose parts are separated by blanks, commas, semicolons or bars: no id has one of them. */
const listOf = (value: unknown): string[] =>
  Array.isArray(value)
    ? value.map(String)
    : (textOf(value) ?? '').split(/[\s,;|]+/).filter((part) => part !== '');

/** A picture that stands in the file itself is named by the face it was, or by its digest. */
function sourceOf(picture: string | undefined, faceId: string | undefined, line: number): string {
  if (faceId !== undefined) return `face ${faceId}`;
  if (picture === undefined) return `line ${line}`;
  if (!/^data:/i.test(picture)) return picture;
  return `data: ${createHash('sha256').update(picture).digest('hex').slice(0, 16)}`;
}

const faceOf = (
  picture: string,
  source: string,
  line: number,
  path: string,
  rules: FileRules,
): ImportFace => ({
  source,
  line,
  load: () =>
    /^(data|https?):/i.test(picture)
      ? readPictureUrl(picture, rules.isAllowed)
      : readPictureFile(rules.pictures ?? dirname(path), picture),
});

/** Or why it is none to enrol on. */
function readConsent(personId: string, value: unknown): ImportConsent | string {
  const { reference, purpose, basis, endsOn } = Object(value);
  const { success, data } = recordConsent.request.safeParse({ personId, reference, purpose, basis, endsOn });
  if (!success) return 'the consent is not whole: it has reference, purpose, basis and endsOn';
  return data.endsOn > dayOf(Date.now()) ? { reference, purpose, basis, endsOn } : 'the consent has ended';
}

const holdsOf = (value: unknown): string[] =>
  (Array.isArray(value) ? value : []).map(
    (hold) => `a legal hold until ${String(Object(hold).until)}: lethe hold set sets it anew`,
  );
