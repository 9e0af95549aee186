// A library that is large enough is loaded by several threads: the same faces, in the same order, damage told.
import assert from 'node:assert/strict';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { StoredFaces } from '../../src/gallery/ports.ts';
import { keyFileName, keyHeadBytes, keySlotBytes, markBytes } from '../../src/store/key-file.ts';
import { recordFileName, recordSlotBytes } from '../../src/store/record-file.ts';
import { loadedFaces, loadedPersons } from '../support/loaded.ts';
import { LibraryFolder } from './library-folder.ts';

const persons = 450;
const facesEach = 20;

/** Tells every face's template apart from every other. */
const templateOf = (face: number) => Float32Array.from({ length: 128 }, (_, i) => (i === 0 ? face : 1));

describe('a library of 9,000 faces', () => {
  let folder: LibraryFolder;
  const enrolled: string[] = [];

  before(async () => {
    folder = await LibraryFolder.make();
    const store = await folder.open();
    const added = Array.from({ length: persons }, async (_, i) => {
      await store.addPerson('default', { personId: `person-${i}`, name: `Name ${i}` }, [
        'all',
        `half-${i % 2}`,
      ]);
      const templates = Array.from({ length: facesEach }, (_, k) => templateOf(i * facesEach + k));
      return (await store.addFaces('default', `person-${i}`, 'model', templates))!.faceIds;
    });
    enrolled.push(...(await Promise.all(added)).flat());
    await store.close();
  });

  after(() => folder.remove());

  it('is loaded whole: every template with its face, every person with its groups', async () => {
    const store = await folder.open();
    const faces = await loadedFaces(store);
    const loaded = new Map(faces.map((face) => [face.faceId, face]));
    assert.equal(store.countFaces(), enrolled.length);
    for (const [i, faceId] of enrolled.entries())
      assert.deepEqual(loaded.get(faceId)?.template, templateOf(i));
    assert.deepEqual(
      new Set((await loadedPersons(store)).map(({ profile, groupIds }) => [profile, groupIds].flat())),
      new Set(
        Array.from({ length: persons }, (_, i) => [
          { personId: `person-${i}`, name: `Name ${i}` },
          'all',
          `half-${i % 2}`,
        ]),
      ),
    );
    await store.close();
  });

  // Memory that went back to its thread has no length here.
  const isGone = ({ templates }: StoredFaces) =>
    templates.length === 0 || templates.every((value) => value === 0);

  it('leaves no template behind in the memory it was handed over in', async () => {
    const store = await folder.open();
    const handedOver: StoredFaces[] = [];
    let count = 0;
    for await (const { faces } of store.load()) {
      assert.ok(handedOver.every(isGone));
      assert.ok(faces.every(({ templates }) => templates.at(-1) === 1));
      handedOver.push(...faces);
      for (const { persons } of faces) count += persons.length;
    }
    assert.equal(count, enrolled.length);
    assert.ok(handedOver.every(isGone));
    await store.close();
  });

  it('counts records and keys that the disk has changed, and loads the others', async () => {
    // Slots past all profiles, so that they are faces'.
    await flipBit(recordFileName, 8_000 * recordSlotBytes + 100);
    await flipBit(keyFileName, keyHeadBytes + 8_100 * keySlotBytes + 20);
    const store = await folder.open();
    assert.equal((await loadedFaces(store)).length, enrolled.length - 2);
    assert.equal(store.damagedRecords, 2);
    await store.close();
  });

  it('sweeps faces away whose keys are gone or another record’s, among thousands', async () => {
    await overwrite(keyFileName, keyHeadBytes + 8_200 * keySlotBytes, Buffer.alloc(keySlotBytes));
    await flipBit(keyFileName, keyHeadBytes + 8_300 * keySlotBytes + keySlotBytes - markBytes);
    const store = await folder.open();
    assert.equal(store.recovery.facesWithoutKey, 2);
    assert.equal(store.countFaces(), enrolled.length - 2);
    await store.close();
  });

  async function overwrite(name: string, at: number, bytes: Buffer): Promise<void> {
    const file = await open(join(folder.path, name), 'r+');
    await file.write(bytes, 0, bytes.length, at);
    await file.close();
  }

  async function flipBit(name: string, at: number): Promise<void> {
    const file = await open(join(folder.path, name), 'r+');
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, at);
    await file.close();
    await overwrite(name, at, Buffer.of(buffer[0]! ^ 1));
  }
});

it('faces of several models in one range come by model, each with its own template', async () => {
  const folder = await LibraryFolder.make();
  const store = await folder.open();
  await store.addPerson('default', { personId: 'anna' }, []);
  const added: [faceId: string, modelId: string, template: Float32Array][] = [];
  for (const [modelId, dimensions] of [
    ['one', 64],
    ['one', 64],
    ['other', 128],
    ['other', 64],
    ['one', 64],
  ] as const) {
    const template = Float32Array.from({ length: dimensions }, (_, i) => added.length + i / dimensions);
    const [faceId] = (await store.addFaces('default', 'anna', modelId, [template]))!.faceIds;
    added.push([faceId!, modelId, template]);
  }
  const loaded = (await loadedFaces(store)).map(({ faceId, modelId, template }) => [
    faceId,
    modelId,
    template,
  ]);
  assert.deepEqual(loaded, added);
  await store.close();
  await folder.remove();
});
