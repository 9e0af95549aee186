// Changes that wait together share their syncs, and one that fails fails alone.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { EmbeddedStore } from '../../src/store/embedded.ts';
import { templateOf } from '../contract/store.ts';
import { loadedFaces } from '../support/loaded.ts';
import { LibraryFolder } from './library-folder.ts';
import { bytesBetween, countResidue, keyHeadBytes, keySlotBytes, recordSlotBytes } from './residue.ts';
import { diskBroken, diskFull, WatchedDisk } from './watched-disk.ts';

describe('a store on a watched disk', () => {
  let folder: LibraryFolder;
  let disk: WatchedDisk;
  let store: EmbeddedStore;
  beforeEach(async () => {
    folder = await LibraryFolder.make();
    disk = new WatchedDisk();
    store = await folder.open(disk.openFile);
  });
  afterEach(async () => {
    disk.refuse = () => undefined;
    await store.close();
    await folder.remove();
  });

  const enrol = async (personId: string, count: number): Promise<readonly string[]> => {
    await store.addPerson('default', { personId }, ['staff']);
    const templates = Array.from({ length: count }, (_, i) => templateOf(i));
    return (await store.addFaces('default', personId, 'model', templates))!.faceIds;
  };
  const enrolMany = (persons: number) =>
    Promise.all(Array.from({ length: persons }, (_, i) => enrol(`p${i}`, 1)));
  const deleteMany = (faceIds: readonly (readonly string[])[]) =>
    Promise.all(faceIds.map((ids, i) => store.deleteFaces('default', `p${i}`, ids)));

  it('syncs each file once for 64 deletions that wait together', async () => {
    const faceIds = await enrolMany(64);
    disk.forget();
    const deleted = await deleteMany(faceIds);
    assert.deepEqual(
      deleted.map((answer) => answer?.faceIds),
      faceIds,
    );
    assert.deepEqual(disk.counts.datasync, { 'keys.bin': 1, 'templates.bin': 1 });
  });

  it('syncs each file once for 64 enrolments that wait together', async () => {
    await enrolMany(64);
    // One batch of persons and one of faces; and the head of templates.bin when it was made.
    assert.deepEqual(disk.counts.datasync, { 'keys.bin': 2, 'templates.bin': 3 });
  });

  const addPersons = async (persons: number) => {
    for (let i = 0; i < persons; i++) await store.addPerson('default', { personId: `p${i}` }, ['staff']);
  };
  const enrolTwentyEach = (persons: number) =>
    Promise.all(
      Array.from({ length: persons }, (_, i) =>
        store.addFaces(
          'default',
          `p${i}`,
          'model',
          Array.from({ length: 20 }, (_, k) => templateOf(k)),
        ),
      ),
    );
  const checkEnrolled = async (faces: number) => {
    await store.close();
    store = await folder.open(disk.openFile);
    assert.equal((await loadedFaces(store)).length, faces);
    assert.deepEqual([store.damagedRecords, store.recovery.slotsWiped], [0, 0]);
  };

  it('writes what large enrolments fill while it fills the rest, and syncs it once', async () => {
    await addPersons(20);
    disk.forget();
    await enrolTwentyEach(20);
    assert.deepEqual(disk.counts, {
      write: { 'keys.bin': 3, 'templates.bin': 3 },
      datasync: { 'keys.bin': 1, 'templates.bin': 1 },
    });
    await checkEnrolled(400);
  });

  it('enrols one by one what could not be written together', async () => {
    await addPersons(20);
    disk.forget();
    let writes = 0;
    disk.refuse = (step, file) =>
      step === 'write' && file === 'templates.bin' && ++writes === 2 ? diskFull() : undefined;
    await enrolTwentyEach(20);
    // Each member's own, and those wiped together before.
    assert.deepEqual(disk.counts.datasync, { 'keys.bin': 21, 'templates.bin': 21 });
    await checkEnrolled(400);
  });

  it('syncs a deletion that comes alone before it is answered', async () => {
    const faceIds = await enrol('p0', 2);
    disk.forget();
    await store.deleteFaces('default', 'p0', [faceIds[0]!]);
    assert.deepEqual(disk.counts.datasync, { 'keys.bin': 1, 'templates.bin': 1 });
    await store.deleteFaces('default', 'p0', [faceIds[1]!]);
    assert.deepEqual(disk.counts.datasync, { 'keys.bin': 2, 'templates.bin': 2 });
  });

  for (const [step, file, error] of [
    ['write', 'keys.bin', diskFull],
    ['write', 'templates.bin', diskFull],
    ['datasync', 'keys.bin', diskBroken],
    ['datasync', 'templates.bin', diskBroken],
  ] as const) {
    it(`enrols nothing when ${step} of ${file} fails, and enrols again when it does not`, async () => {
      await enrol('anna', 1);
      const before = await folder.read();
      disk.refuse = (failing, at) => (failing === step && at === file ? error() : undefined);
      await assert.rejects(store.addFaces('default', 'anna', 'model', [templateOf(2)]), {
        code: error().message.split(':')[0],
      });
      assert.equal((await store.getPerson('default', 'anna'))?.faceIds.length, 1);
      disk.refuse = () => undefined;
      await untilTrue(async () => bytesBetween(before, await folder.read()).length === 0);
      assert.equal((await store.addFaces('default', 'anna', 'model', [templateOf(3)]))?.faceIds.length, 1);
      await store.close();
      store = await folder.open(disk.openFile);
      assert.equal((await loadedFaces(store)).length, 2);
      assert.equal(store.recovery.slotsWiped, 0);
    });

    it(`refuses a deletion whose ${step} of ${file} fails, never shows the face again, and finishes later`, async () => {
      const empty = await folder.read();
      const faceIds = await enrol('anna', 1);
      const belongings = bytesBetween(empty, await folder.read());
      disk.refuse = (failing, at) => (failing === step && at === file ? error() : undefined);
      await assert.rejects(store.deletePerson('default', 'anna'), /not finished/);
      assert.equal(await store.getPerson('default', 'anna'), undefined);
      assert.deepEqual(await loadedFaces(store), []);
      assert.equal(faceIds.length, 1);
      disk.refuse = () => undefined;
      await untilTrue(async () => countResidue(await folder.read(), belongings) === 0);
    });
  }

  it('finishes at the next start what could not be finished before', async () => {
    const empty = await folder.read();
    await enrol('anna', 2);
    const belongings = bytesBetween(empty, await folder.read());
    disk.refuse = () => diskBroken();
    await assert.rejects(store.deletePerson('default', 'anna'), /not finished/);
    await store.close();
    disk.refuse = () => undefined;
    store = await folder.open(disk.openFile);
    assert.equal(store.recovery.intentsFinished, 3);
    assert.equal(countResidue(await folder.read(), belongings), 0);
  });

  it('deletes on a full disk, while enrolments in the same batch fail', async () => {
    const faceIds = await enrolMany(3);
    const end = (lastSlotInUse(await folder.read()) + 1) * recordSlotBytes;
    disk.refuse = (step, file, _, to) =>
      step === 'write' && file === 'templates.bin' && to > end ? diskFull() : undefined;
    const [deleted, enrolled] = await Promise.allSettled([
      deleteMany(faceIds),
      store.addPerson('default', { personId: 'late' }, ['staff']),
    ]);
    assert.equal(deleted.status, 'fulfilled');
    assert.equal(enrolled.status, 'rejected');
    assert.deepEqual(await loadedFaces(store), []);
  });

  it('does not let one slot that will not go keep the others', async () => {
    const faceIds = await enrolMany(4);
    const slot = lastSlotInUse(await folder.read());
    const [badFrom, badTo] = [slot * recordSlotBytes, (slot + 1) * recordSlotBytes];
    disk.refuse = (step, file, from, to) =>
      step === 'write' && file === 'templates.bin' && from < badTo && badFrom < to ? diskBroken() : undefined;
    const outcomes = await Promise.allSettled(
      faceIds.map((ids, i) => store.deleteFaces('default', `p${i}`, ids)),
    );
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), [
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
    ]);
    assert.deepEqual(await loadedFaces(store), []);
    const again = await enrol('new', 1);
    assert.equal((await store.deleteFaces('default', 'new', again))?.faceIds.length, 1);
  });
});

/** Where the face enrolled last stands. */
function lastSlotInUse(files: ReadonlyMap<string, Buffer>): number {
  const keys = files.get('keys.bin')!;
  let at = keys.length - keySlotBytes;
  while (keys.subarray(at, at + keySlotBytes).every((byte) => byte === 0)) at -= keySlotBytes;
  return (at - keyHeadBytes) / keySlotBytes + 1;
}

async function untilTrue(check: () => Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + 20_000;
  while (!(await check())) {
    assert.ok(Date.now() < deadlineMs, 'it has not become true in 20 s');
    await pause(50);
  }
}
