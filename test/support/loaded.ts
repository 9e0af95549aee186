// Everything that a store loads at start, gathered.
import type { Store, StoredFace, StoredPerson } from '../../src/gallery/ports.ts';

export async function loadedFaces(store: Pick<Store, 'load'>): Promise<StoredFace[]> {
  const all: StoredFace[] = [];
  for await (const { faces } of store.load())
    all.push(...faces.map((face) => ({ ...face, template: face.template.slice() })));
  return all;
}

export async function loadedPersons(store: Pick<Store, 'load'>): Promise<StoredPerson[]> {
  const all: StoredPerson[] = [];
  for await (const { persons } of store.load()) all.push(...persons);
  return all;
}
