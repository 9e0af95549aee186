// Many faces that come together are sealed by a thread beside the main one for as long as it lives.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Worker } from 'node:worker_threads';
import type { EmbeddedStore } from '../../src/store/embedded.ts';
import { templateOf } from '../contract/store.ts';
import { loadedFaces } from '../support/loaded.ts';
import { LibraryFolder } from './library-folder.ts';
import { bytesBetween } from './residue.ts';
import { diskFull, WatchedDisk } from './watched-disk.ts';

const callers = 8;
const facesPerCall = 20;

describe('a store that many faces come to', () => {
  let folder: LibraryFolder;
  let disk: WatchedDisk;
  let store: EmbeddedStore;
  let thread: Worker;
  beforeEach(async () => {
    folder = await LibraryFolder.make();
    disk = new WatchedDisk();
    store = await folder.open(disk.openFile);
    // The first one brings the thread about; the others come in two waves of callers.
    for (let person = 0; person <= 2 * callers; person++)
      await store.addPerson('default', { personId: `p${person}` }, ['staff']);
    const starting = once(process, 'worker');
    await add('p0', 0);
    [thread] = await starting;
    // It keeps no process alive by itself, and here nothing else does.
    thread.ref();
    await once(thread, 'message');
  });
  afterEach(async () => {
    await store.close();
    await folder.remove();
  });

  const add = (personId: string, from: number) =>
    store.addFaces(
      'default',
      personId,
      'model',
      Array.from({ length: facesPerCall }, (_, i) => templateOf(from + i)),
    );
  const addByAll = (first: number) =>
    Promise.all(
      Array.from({ length: callers }, (_, caller) => add(`p${first + caller}`, 100 * (caller + 1))),
    );
  const reopen = async () => {
    await store.close();
    store = await folder.open(disk.openFile);
  };

  it('gives each face its own template back after a restart', async () => {
    const added = await addByAll(1);
    await reopen();
    const stored = new Map((await loadedFaces(store)).map((face) => [face.faceId, face.template]));
    for (const [caller, answer] of added.entries())
      for (const [i, faceId] of answer!.faceIds.entries())
        assert.deepEqual(stored.get(faceId), templateOf(100 * (caller + 1) + i));
    assert.equal(store.recovery.slotsWiped, 0);
  });

  it('deletes faces that were added in the same batch', async () => {
    const [added, deleted] = await Promise.all([add('p1', 0), store.deletePerson('default', 'p1')]);
    assert.deepEqual(deleted!.faceIds.toSorted(), added!.faceIds.toSorted());
    await reopen();
    assert.equal((await loadedFaces(store)).length, facesPerCall);
    assert.equal(store.damagedRecords, 0);
  });

  it('leaves nothing of what the disk refuses, and adds again when it does not', async () => {
    const before = await folder.read();
    disk.refuse = (step) => (step === 'write' ? diskFull() : undefined);
    await assert.rejects(add('p1', 0), { code: 'ENOSPC' });
    disk.refuse = () => undefined;
    // The first one after a refusal wipes what it left.
    await store.addGroups('default', 'p1', ['staff']);
    assert.equal(bytesBetween(before, await folder.read()).length, 0);
    assert.equal((await add('p1', 0))!.faceIds.length, facesPerCall);
    await reopen();
    assert.equal(store.recovery.slotsWiped, 0);
  });

  it('adds them all when the thread dies under way, and afterwards', async () => {
    const adding = addByAll(1);
    await thread.terminate();
    assert.equal((await adding).length, callers);
    await addByAll(1 + callers);
    await reopen();
    assert.equal((await loadedFaces(store)).length, (2 * callers + 1) * facesPerCall);
    assert.equal(store.damagedRecords, 0);
  });

  it('ends the thread when it is closed', async () => {
    const ended = once(thread, 'exit');
    await store.close();
    await ended;
  });
});
