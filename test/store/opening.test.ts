// What opening a data folder refuses, and what it puts right first.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { copyFile, mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import Database from 'better-sqlite3';
import { type EmbeddedStore, openEmbeddedStore, openKeyStore } from '../../src/store/embedded.ts';
import { templateOf } from '../contract/store.ts';
import { loadedFaces, loadedPersons } from '../support/loaded.ts';
import { LibraryFolder } from './library-folder.ts';
import { bytesBetween, countResidue, keyHeadBytes, keySlotBytes, recordSlotBytes } from './residue.ts';

describe('opening a data folder', () => {
  let folder: LibraryFolder;
  let store: EmbeddedStore;
  const file = (name: string) => join(folder.path, name);
  const reopen = async () => {
    await store.close();
    store = await folder.open();
  };
  const enrol = async (personId: string, count: number): Promise<readonly string[]> => {
    await store.addPerson('default', { personId, name: `Name of ${personId}` }, ['staff']);
    const templates = Array.from({ length: count }, (_, i) => templateOf(i));
    return (await store.addFaces('default', personId, 'model', templates))!.faceIds;
  };
  beforeEach(async () => {
    folder = await LibraryFolder.make();
    store = await folder.open();
  });
  afterEach(async () => {
    await store.close();
    await folder.remove();
  });

  it('makes it for its owner alone', async () => {
    const modes = ['', 'library.db', 'keys.bin', 'templates.bin'].map(
      async (name) => (await stat(file(name))).mode & 0o777,
    );
    assert.deepEqual(await Promise.all(modes), [0o700, 0o600, 0o600, 0o600]);
  });

  it('finds nothing to put right after a clean end', async () => {
    await enrol('anna', 3);
    await reopen();
    assert.deepEqual(store.recovery, {
      intentsFinished: 0,
      slotsWiped: 0,
      photographsErased: 0,
      facesWithoutKey: 0,
      personsWithoutKey: 0,
      personsWithoutProfile: 0,
    });
  });

  it('is refused while another opening owns the folder', async () => {
    await assert.rejects(folder.open(), /is in use: one process at a time/);
    await reopen();
  });

  it('is refused with another root key, and nothing is changed', async () => {
    await enrol('anna', 1);
    await store.close();
    const before = await folder.read();
    const rootKey = randomBytes(32);
    await assert.rejects(openEmbeddedStore({ folder: folder.path, rootKey }), /root key does not open/);
    await assert.rejects(openKeyStore({ folder: folder.path, rootKey }), /root key does not open/);
    assert.deepEqual(await folder.read(), before);
    store = await folder.open();
    assert.equal((await loadedFaces(store)).length, 1);
  });

  it('is refused when a newer version wrote the folder', async () => {
    await store.close();
    const database = new Database(file('library.db'));
    const format = database.pragma('user_version', { simple: true });
    database.pragma('user_version = 99');
    database.close();
    await assert.rejects(folder.open(), /written by a newer Lethe \(format 99/);
    const back = new Database(file('library.db'));
    back.pragma(`user_version = ${format}`);
    back.close();
    store = await folder.open();
  });

  it('is refused when a file is missing, damaged, or another library’s', async () => {
    await enrol('anna', 1);
    await store.close();
    const other = await LibraryFolder.make();
    await (await other.open()).close();
    const originals = await folder.read();
    const cases: [name: string, change: () => Promise<void>, words: RegExp][] = [
      ['keys.bin', () => rm(file('keys.bin')), /keys\.bin is missing/],
      ['templates.bin', () => rm(file('templates.bin')), /templates\.bin is missing/],
      ['library.db', () => rm(file('library.db')), /library\.db is missing/],
      [
        'keys.bin',
        () => copyFile(join(other.path, 'keys.bin'), file('keys.bin')),
        /keys\.bin does not belong to this library/,
      ],
      [
        'library.db',
        () => writeFile(file('library.db'), 'no database at all'.repeat(99)),
        /library\.db is damaged/,
      ],
      [
        'keys.bin',
        () => overwrite(file('keys.bin'), 8, Buffer.of(2)),
        /keys\.bin holds no keys that this Lethe can read/,
      ],
    ];
    for (const [name, change, words] of cases) {
      await change();
      await assert.rejects(folder.open(), words);
      await writeFile(file(name), originals.get(name)!);
    }
    await other.remove();
    store = await folder.open();
    assert.deepEqual((await loadedFaces(store)).length, 1);
  });

  it('wipes what an enrolment left that never committed', async () => {
    await enrol('anna', 1);
    await store.close();
    const [key, record] = [randomBytes(keySlotBytes), randomBytes(recordSlotBytes)];
    await overwrite(file('keys.bin'), keyHeadBytes + 898 * keySlotBytes, key);
    await overwrite(file('templates.bin'), 901 * recordSlotBytes, record);
    store = await folder.open();
    assert.equal(store.recovery.slotsWiped, 2);
    assert.equal(countResidue(await folder.read(), [key, record]), 0);
    assert.equal((await loadedFaces(store)).length, 1);
  });

  it('goes on without a face whose bytes the disk changed, and says so', async () => {
    const faceIds = await enrol('anna', 3);
    await store.close();
    // Slots in order of enrolment: 1 the profile, 2 to 4 the faces.
    await overwrite(file('templates.bin'), 3 * recordSlotBytes + 100, Buffer.of(1, 2, 3));
    store = await folder.open();
    assert.equal((await loadedFaces(store)).length, 2);
    assert.equal(store.damagedRecords, 1);
    assert.deepEqual((await store.getPerson('default', 'anna'))?.faceIds, [faceIds[0], faceIds[2]]);
    const deleted = await store.deleteFaces('default', 'anna', faceIds);
    assert.deepEqual(deleted?.faceIds, faceIds, 'a damaged face is deleted as any other');
  });

  it('goes on without the name of a person whose profile the disk changed', async () => {
    await enrol('anna', 1);
    await store.close();
    await overwrite(file('keys.bin'), keyHeadBytes + 20, Buffer.of(1, 2, 3));
    store = await folder.open();
    assert.deepEqual(await loadedPersons(store), []);
    assert.equal(store.damagedRecords, 1);
    const bare = await store.getPerson('default', 'anna');
    assert.deepEqual([bare?.personId, bare?.name, bare?.faceIds.length], ['anna', undefined, 1]);
    await store.setPerson('default', { personId: 'anna', name: 'Anna' });
    assert.equal((await store.getPerson('default', 'anna'))?.name, 'Anna');
    assert.equal((await loadedPersons(store)).length, 1);
  });

  it('opens no record in another’s place', async () => {
    await enrol('anna', 2);
    await store.close();
    const [keys, records] = [await readFile(file('keys.bin')), await readFile(file('templates.bin'))];
    const [from, to] = [keyHeadBytes + 2 * keySlotBytes, keyHeadBytes + keySlotBytes];
    // Without the mark, by which a start would tell the other's key.
    await overwrite(file('keys.bin'), to, keys.subarray(from, from + 32));
    const record = records.subarray(3 * recordSlotBytes, 4 * recordSlotBytes);
    await overwrite(file('templates.bin'), 2 * recordSlotBytes, record);
    store = await folder.open();
    assert.equal((await loadedFaces(store)).length, 1);
    assert.deepEqual([store.damagedRecords, store.recovery.facesWithoutKey], [1, 0]);
  });

  describe('when an old copy of library.db and templates.bin meets the present keys', () => {
    let copies: string;
    const backUp = async () => {
      await store.close();
      copies = await mkdtemp(`${folder.path}-backup-`);
      for (const name of ['library.db', 'templates.bin']) await copyFile(file(name), join(copies, name));
      store = await folder.open();
    };
    const restore = async () => {
      await store.close();
      for (const name of ['library.db', 'templates.bin']) await copyFile(join(copies, name), file(name));
      store = await folder.open();
    };

    it('sweeps away the faces and persons deleted since, and counts them', async () => {
      const empty = await folder.read();
      const [kept, gone] = await enrol('anna', 2);
      await enrol('bert', 1);
      const belongings = bytesBetween(empty, await folder.read());
      await backUp();
      await store.deleteFaces('default', 'anna', [gone!]);
      await store.deletePerson('default', 'bert');
      await restore();
      assert.deepEqual(
        [store.recovery.facesWithoutKey, store.recovery.personsWithoutKey, store.damagedRecords],
        [2, 1, 0],
      );
      assert.deepEqual((await store.getPerson('default', 'anna'))?.faceIds, [kept]);
      assert.equal(await store.getPerson('default', 'bert'), undefined);
      const live = 2 * (keySlotBytes - 15 + recordSlotBytes - 15);
      assert.equal(countResidue(await folder.read(), belongings), live, 'only anna and her face are left');
    });

    it('sweeps away a face whose slot holds another by now', async () => {
      const [, gone] = await enrol('anna', 2);
      await backUp();
      await store.deleteFaces('default', 'anna', [gone!]);
      await store.addFaces('default', 'anna', 'model', [templateOf(9)]);
      await restore();
      assert.equal(store.recovery.facesWithoutKey, 1);
      assert.equal((await loadedFaces(store)).length, 1);
      assert.equal(store.damagedRecords, 0);
    });

    it('keeps a person renamed since, with its faces, without the name until it is set again', async () => {
      const faceIds = await enrol('anna', 2);
      await backUp();
      await store.setPerson('default', { personId: 'anna', name: 'New' });
      await restore();
      await store.deleteFaces('default', 'anna', [faceIds[0]!]);
      await reopen();
      assert.deepEqual([store.recovery.personsWithoutKey, store.recovery.personsWithoutProfile], [0, 1]);
      const bare = { personId: 'anna', groupIds: ['staff'], faceIds: [faceIds[1]] };
      assert.deepEqual(await store.getPerson('default', 'anna'), bare);
      await store.setPerson('default', { personId: 'anna', name: 'Newer' });
      await reopen();
      assert.deepEqual(await store.getPerson('default', 'anna'), { ...bare, name: 'Newer' });
      assert.equal(store.recovery.personsWithoutProfile, 0);
    });
  });
});

async function overwrite(path: string, position: number, bytes: Buffer): Promise<void> {
  const handle = await open(path, 'r+');
  await handle.write(bytes, 0, bytes.length, position);
  await handle.close();
}
