// A face, a person, a name that is gone has left no byte in the folder.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { EmbeddedStore } from '../../src/store/embedded.ts';
import { templateOf } from '../contract/store.ts';
import { loadedFaces } from '../support/loaded.ts';
import { LibraryFolder } from './library-folder.ts';
import { bytesBetween, countResidue } from './residue.ts';

const name = 'Wilhelmina Unmistakable';
const note = 'a note that stands nowhere else';

describe('the files of a library', () => {
  let folder: LibraryFolder;
  let store: EmbeddedStore;
  beforeEach(async () => {
    folder = await LibraryFolder.make();
    store = await folder.open();
    // Neighbours on both sides of what will go.
    await store.addPerson('default', { personId: 'before', name: 'Before' }, ['staff']);
    await store.addFaces('default', 'before', 'model', [templateOf(1), templateOf(2)]);
  });
  afterEach(async () => {
    await store.close();
    await folder.remove();
  });

  /** What the work added to the slot files; checks that the scan finds it while it is live. */
  const bytesOf = async (work: () => Promise<unknown>): Promise<Buffer[]> => {
    const before = await folder.read();
    await work();
    const after = await folder.read();
    const belongings = bytesBetween(before, after);
    assert.ok(countResidue(after, belongings) > 1000, 'the scan finds what is live');
    await store.addPerson('default', { personId: `after-${belongings.length}` }, ['staff']);
    return belongings;
  };
  const assertGone = async (belongings: readonly Buffer[]) => {
    const files = await folder.read();
    assert.equal(countResidue(files, belongings), 0);
    assert.equal(files.get('library.db-wal')?.length, 0, 'no deleted row stands in the log');
    const loaded = (await loadedFaces(store)).length;
    await store.close();
    store = await folder.open();
    assert.equal(countResidue(await folder.read(), belongings), 0);
    assert.equal((await loadedFaces(store)).length, loaded);
    assert.equal(store.damagedRecords, 0);
  };

  it('hold nothing of a face once it is deleted', async () => {
    await store.addPerson('default', { personId: 'anna', name, note }, ['staff']);
    let faceIds: readonly string[] = [];
    const belongings = await bytesOf(async () => {
      const templates = [templateOf(7), templateOf(8), templateOf(9)];
      faceIds = (await store.addFaces('default', 'anna', 'model', templates))!.faceIds;
    });
    assert.equal(belongings.length, 6, 'a key and a record for each face');
    await store.deleteFaces('default', 'anna', faceIds);
    await assertGone(belongings);
    assert.equal((await store.getPerson('default', 'anna'))?.name, name);
  });

  it('hold nothing of a person once it is deleted, nor of its faces', async () => {
    const belongings = await bytesOf(async () => {
      await store.addPerson('default', { personId: 'anna', name, note }, ['staff', 'alone']);
      await store.addFaces('default', 'anna', 'model', [templateOf(7), templateOf(8)]);
    });
    assert.equal(belongings.length, 6, 'a key and a record for the profile and each face');
    await store.deletePerson('default', 'anna');
    await assertGone(belongings);
  });

  it('hold nothing of a name or note once it is replaced', async () => {
    const belongings = await bytesOf(() =>
      store.addPerson('default', { personId: 'anna', name, note }, ['staff']),
    );
    await store.setPerson('default', { personId: 'anna', name: 'Other' });
    await assertGone(belongings);
    assert.deepEqual(await store.getPerson('default', 'anna'), {
      personId: 'anna',
      name: 'Other',
      note,
      groupIds: ['staff'],
      faceIds: [],
    });
  });

  it('show no name, note, id, template or secret in clear at any time', async () => {
    const personId = 'person-in-clear-0001';
    const template = templateOf(7);
    await store.addPerson('default', { personId, name, note }, ['group-in-clear-0001']);
    const { faceIds } = (await store.addFaces('default', personId, 'model-in-clear', [template]))!;
    await store.addAccessKey({
      id: 'key-id-stands-in-clear',
      account: 'default',
      status: 'active',
      createdAtMs: 0,
      material: { kind: 'secret', secret: 'the-secret-does-not' },
    });
    const faceId = Buffer.alloc(8);
    faceId.writeBigUInt64LE(BigInt(faceIds[0]!));
    const secrets = [
      ...[personId, name, note, 'group-in-clear-0001', 'model-in-clear', faceIds[0]!, 'the-secret-does-not'],
      ...[faceId, Buffer.from(template.buffer, 0, 16), folder.rootKey],
    ];
    const files = await folder.read();
    const isAnywhere = (bytes: string | Buffer) => [...files.values()].some((file) => file.includes(bytes));
    assert.deepEqual(secrets.filter(isAnywhere), []);
    assert.ok(isAnywhere('key-id-stands-in-clear'), 'the search finds what does stand in clear');
  });

  it('do not grow when faces come and go, but by the receipts', async () => {
    await store.addPerson('default', { personId: 'anna' }, ['staff']);
    const sizes = async () =>
      [...(await folder.read())].flatMap(([file, bytes]) =>
        file === 'library.db' ? [] : [[file, bytes.length]],
      );
    const turn = async () => {
      const templates = Array.from({ length: 20 }, (_, i) => templateOf(i));
      const { faceIds } = (await store.addFaces('default', 'anna', 'model', templates))!;
      await store.deleteFaces('default', 'anna', faceIds);
    };
    await turn();
    const before = await sizes();
    for (let i = 0; i < 60; i += 1) await turn();
    assert.deepEqual(await sizes(), before);
  });
});
