// Everything that a store loads at start, gathered.
import type { PersonHandle, Store, StoredPerson, Template } from '../../src/gallery/ports.ts';

export interface LoadedFace {
  readonly person: PersonHandle;
  readonly faceId: string;
  readonly modelId: string;
  readonly template: Template;
}

export async function loadedFaces(store: Pick<Store, 'load'>): Promise<LoadedFace[]> {
  const all: LoadedFace[] = [];
  for await (const { faces } of store.load()) {
    for (const { modelId, persons, faceIds, templates } of faces) {
      const dimensions = templates.length / persons.length;
      persons.forEach((person, i) => {
        const template = templates.slice(i * dimensions, (i + 1) * dimensions);
        all.push({ person, faceId: String(faceIds[i]), modelId, template });
      });
    }
  }
  return all;
}

export async function loadedPersons(store: Pick<Store, 'load'>): Promise<StoredPerson[]> {
  const all: StoredPerson[] = [];
  for await (const { persons } of store.load()) all.push(...persons);
  return all;
}
