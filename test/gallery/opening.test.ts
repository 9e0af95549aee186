// What a gallery holds once it is opened on a store: every face in its person's groups, in whatever order they come.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Gallery } from '../../src/gallery/gallery.ts';
import { openTemplateIndex } from '../../src/search/template-index.ts';
import { LibraryFolder } from '../store/library-folder.ts';

type Parts = Parameters<typeof Gallery.open>;

const folder = await LibraryFolder.make();
after(() => folder.remove());

/** More than are loaded at a time. */
const persons = 60;
const facesEach = 20;

test('a person who is loaded after its faces is found by them in its groups', async () => {
  const templates = Array.from({ length: facesEach }, () => new Float32Array(16).fill(0.25));
  const writing = await folder.open();
  for (let i = 0; i < persons; i++) {
    await writing.addPerson('default', { personId: `person-${i}` }, ['staff']);
    await writing.addFaces('default', `person-${i}`, 'model', templates);
  }
  // Written anew, in the slot behind all faces.
  await writing.setPerson('default', { personId: 'person-0', name: 'Anna' });
  await writing.close();

  const store = await folder.open();
  const batches: string[][] = [];
  for await (const batch of store.load()) batches.push(batch.persons.map(({ profile }) => profile.personId));
  assert.deepEqual(
    batches.map((ids) => ids.includes('person-0')),
    [false, true],
  );
  const index = await openTemplateIndex({ dimensions: 16 });
  const recogniser = { analyser: { modelId: 'model' } } as Parts[2];
  await Gallery.open(store, index, recogniser, { retention: {} } as Parts[3]);
  // The only group that the gallery has met.
  assert.equal(index.countFaces({ groups: [1] }), persons * facesEach);
  await index.close();
  await store.close();
});
