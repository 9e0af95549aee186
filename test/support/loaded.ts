// Everything that a store loads at start, gathered.
import type { Store, StoredFace, StoredPerson } from '../../src/gallery/ports.ts';

export async function loadedFaces(store: Pick<Store, 'faces'>): Promise<StoredFace[]> {
  const all: StoredFace[] = [];
  for await (const faces of store.faces())
    all.push(...faces.map((face) => ({ ...face, template: face.template.slice() })));
  return all;
}

export async function loadedPersons(store: Pick<Store, 'persons'>): Promise<StoredPerson[]> {
  const all: StoredPerson[] = [];
  for await (const persons of store.persons()) all.push(...persons);
  return all;
}
