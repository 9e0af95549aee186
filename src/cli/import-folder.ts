// An import from a folder: each folder in it is a person, each file in that one of the person's pictures.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { maxFacesPerPerson } from '../wire/limits.ts';
import type { ImportItem, ImportProblem, ImportSource } from './import-item.ts';
import { checkPerson, type ImportRules } from './import-person.ts';
import { readPictureFile } from './import-pictures.ts';

/** Names beginning with a dot are passed by: what file managers leave. */
export function openFolderSource(root: string, rules: ImportRules): ImportSource {
  return {
    label: 'a folder of persons',
    unit: 'pictures',
    async count() {
      let steps = 0;
      for await (const item of items(root, rules)) steps += item.steps;
      return steps;
    },
    items: () => items(root, rules),
  };
}

async function* items(root: string, rules: ImportRules): AsyncIterable<ImportItem> {
  for (const entry of await list(root)) {
    // A link to a folder is none: what it leads to may lie anywhere.
    if (entry.isDirectory()) yield* personItems(root, entry.name, rules);
    else yield problem('', entry.name, 'invalid', 'it lies in no folder of a person');
  }
}

async function* personItems(root: string, name: string, rules: ImportRules): AsyncIterable<ImportItem> {
  const person = checkPerson({ personId: name, groupIds: [] }, rules);
  if ('refused' in person) {
    yield problem(name, name, 'invalid', person.refused);
    return;
  }
  const found = await list(join(root, name)).catch(() => undefined);
  if (found === undefined) {
    yield problem(name, name, 'unreadable', 'the folder may not be read');
    return;
  }
  const files = [];
  for (const entry of found) {
    const source = `${name}/${entry.name}`;
    if (entry.isDirectory())
      yield problem(person.personId, source, 'invalid', 'it is a folder within a person');
    else files.push({ source, load: () => readPictureFile(root, join(name, entry.name)) });
  }
  if (files.length === 0) yield problem(person.personId, name, 'noPicture', 'the folder holds no file');
  for (let from = 0; from < files.length; from += maxFacesPerPerson) {
    const faces = files.slice(from, from + maxFacesPerPerson);
    yield { kind: 'person', ...person, faces, steps: faces.length };
  }
}

/** By name, so that every run goes the same way. */
async function list(folder: string) {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter(({ name }) => !name.startsWith('.'))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

const problem = (
  person: string,
  source: string,
  outcome: ImportProblem['outcome'],
  reason: string,
): ImportProblem => ({ kind: 'problem', person, source, outcome, reason, steps: 1 });
