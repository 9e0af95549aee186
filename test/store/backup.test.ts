// A backup brings back what it held except whoever was deleted since: onto present keys, and with old keys and a ledger.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { backUp } from '../../src/store/backup.ts';
import { type EmbeddedStore, openEmbeddedStore } from '../../src/store/embedded.ts';
import { type Restored, type RestoreOptions, restore } from '../../src/store/restore.ts';
import { openRows } from '../../src/store/sqlite/database.ts';
import { exportLedger } from '../../src/store/sqlite/ledger.ts';
import { verifyErasure } from '../../src/store/verify.ts';
import { templateOf } from '../contract/store.ts';
import { LibraryFolder } from './library-folder.ts';
import { bytesBetween, countResidue } from './residue.ts';

describe('a backup', () => {
  let folder: LibraryFolder;
  let store: EmbeddedStore;
  let data: string;
  let keys: string;
  beforeEach(async () => {
    folder = await LibraryFolder.make();
    [data, keys] = [`${folder.path}-data`, `${folder.path}-keys`];
    store = await folder.open();
  });
  afterEach(async () => {
    await store.close();
    await folder.remove();
  });

  const enrol = async (personId: string, faces: number): Promise<readonly string[]> => {
    await store.addPerson('default', { personId, name: `Name of ${personId}` }, ['staff']);
    const templates = Array.from({ length: faces }, (_, i) => templateOf(i));
    return (await store.addFaces('default', personId, 'model', templates))!.faceIds;
  };
  const enrolWithPhotograph = async (personId: string): Promise<string> => {
    await store.addPerson('default', { personId }, ['staff']);
    const photographs = [Buffer.from('a picture')];
    const added = await store.addFaces('default', personId, 'model', [templateOf(7)], false, photographs);
    return added!.faceIds[0]!;
  };
  const bringBack = async (given: Partial<RestoreOptions> = {}): Promise<Restored> => {
    await store.close();
    const source = { hex: folder.rootKey.toString('hex') };
    const options = { folder: folder.path, source, from: data, isReplacing: true, maxAgeDays: 30, ...given };
    try {
      return await restore(options);
    } finally {
      store = await openEmbeddedStore({ folder: options.folder, rootKey: folder.rootKey });
    }
  };
  const exportTo = async (file: string) => {
    const rows = openRows(folder.path);
    await writeFile(file, [...exportLedger(rows)].join('\n'));
    rows.close();
  };
  const faceIdsOf = async (personId: string) => (await store.getPerson('default', personId))?.faceIds;

  it('is for its owner alone, says what it is, and takes an empty folder only', async () => {
    await enrol('anna', 2);
    const { faces, persons } = await backUp({ folder: folder.path, to: data, keysTo: keys });
    assert.deepEqual([faces, persons], [2, 1]);
    assert.deepEqual((await readdir(data)).sort(), ['backup.json', 'library.db', 'templates.bin']);
    assert.deepEqual((await readdir(keys)).sort(), ['backup.json', 'keys.bin']);
    for (const name of ['library.db', 'templates.bin', 'backup.json']) {
      assert.equal((await stat(join(data, name))).mode & 0o777, 0o600);
    }
    assert.equal((await stat(join(keys, 'keys.bin'))).mode & 0o777, 0o600);
    const sha256 = createHash('sha256')
      .update(await readFile(join(data, 'library.db')))
      .digest('hex');
    const manifest = JSON.parse(await readFile(join(data, 'backup.json'), 'utf8'));
    assert.equal(manifest.files['library.db'].sha256, sha256);
    await assert.rejects(backUp({ folder: folder.path, to: data }), /is not empty/);
  });

  it('brings back onto the present keys whoever is left, and sweeps away the deleted, bytes and all', async () => {
    const empty = await folder.read();
    const [kept, gone] = await enrol('anna', 2);
    const annas = bytesBetween(empty, await folder.read());
    const withAnna = await folder.read();
    await enrol('bert', 2);
    const berts = bytesBetween(withAnna, await folder.read());
    await backUp({ folder: folder.path, to: data });
    await store.deleteFaces('default', 'anna', [gone!]);
    await store.deletePerson('default', 'bert');
    await enrol('late', 1);
    const restored = await bringBack();
    assert.deepEqual([restored.facesWithoutKey, restored.personsWithoutKey], [3, 1]);
    assert.deepEqual(await faceIdsOf('anna'), [kept]);
    assert.equal((await store.getPerson('default', 'anna'))?.name, 'Name of anna');
    assert.equal(await faceIdsOf('bert'), undefined);
    assert.equal(await faceIdsOf('late'), undefined, 'enrolled since');
    assert.equal(countResidue(await folder.read(), berts), 0);
    assert.ok(countResidue(await folder.read(), annas) > 0, 'anna is there');
    assert.deepEqual(
      (await readdir(folder.path)).filter((name) => name === 'restore'),
      [],
    );
    const [still] = await enrol('new', 1);
    assert.deepEqual(await faceIdsOf('new'), [still]);
  });

  it('brings its keys back without those of the deleted, by the ledger the folder still has', async () => {
    const [kept, gone] = await enrol('anna', 2);
    await enrol('bert', 1);
    await backUp({ folder: folder.path, to: data, keysTo: keys });
    await store.deleteFaces('default', 'anna', [gone!]);
    await store.deletePerson('default', 'bert');
    const restored = await bringBack({ keysFrom: keys });
    assert.equal(restored.erasedByLedger, 3);
    assert.deepEqual([restored.facesWithoutKey, restored.personsWithoutKey], [2, 1]);
    assert.deepEqual(await faceIdsOf('anna'), [kept]);
    assert.equal(await faceIdsOf('bert'), undefined);
  });

  it('comes back on another machine by an exported ledger, or by that of a later backup', async () => {
    const [kept, gone] = await enrol('anna', 2);
    await backUp({ folder: folder.path, to: data, keysTo: keys });
    await store.deleteFaces('default', 'anna', [gone!]);
    await exportTo(`${folder.path}.jsonl`);
    await backUp({ folder: folder.path, to: `${data}-later` });
    for (const ledger of [`${folder.path}.jsonl`, `${data}-later`]) {
      const target = `${folder.path}-elsewhere`;
      const restored = await bringBack({ folder: target, keysFrom: keys, ledger, isReplacing: false });
      assert.equal(restored.facesWithoutKey, 1);
      assert.deepEqual(await faceIdsOf('anna'), [kept]);
      await store.close();
      await rm(target, { recursive: true });
    }
    const target = `${folder.path}-elsewhere`;
    await assert.rejects(
      restore({
        folder: target,
        source: { hex: folder.rootKey.toString('hex') },
        from: data,
        keysFrom: keys,
        isReplacing: false,
        maxAgeDays: 30,
      }),
      /give the ledger with --ledger/,
    );
  });

  describe('of a person whose profile came back to its slot with another name', () => {
    const rename = async () => {
      for (const name of ['Between', 'Anew']) await store.setPerson('default', { personId: 'anna', name });
    };

    it('has the name of one moment, where that was while it was made', async () => {
      await enrol('anna', 1);
      const onStep = (step: string) => (step === 'copy the keys' ? rename() : Promise.resolve());
      await backUp({ folder: folder.path, to: data, keysTo: keys, onStep });
      const restored = await bringBack({ keysFrom: keys });
      assert.deepEqual([restored.personsWithoutProfile, store.damagedRecords], [0, 0]);
      assert.equal((await store.getPerson('default', 'anna'))?.name, 'Anew');
    });

    it('comes back without a name, and not as damaged, where that was since', async () => {
      const faceIds = await enrol('anna', 1);
      await backUp({ folder: folder.path, to: data });
      await rename();
      const restored = await bringBack();
      assert.equal(restored.personsWithoutProfile, 1);
      assert.deepEqual(await store.getPerson('default', 'anna'), {
        personId: 'anna',
        groupIds: ['staff'],
        faceIds,
      });
      const checks = await verifyErasure({ folder: folder.path, rootKey: folder.rootKey });
      assert.deepEqual(
        checks.flatMap(({ findings }) => findings),
        [],
      );
    });
  });

  it('keeps a person that was deleted and added again before the backup', async () => {
    await enrol('anna', 1);
    await store.deletePerson('default', 'anna');
    const again = await enrol('anna', 1);
    await backUp({ folder: folder.path, to: data, keysTo: keys });
    await bringBack({ keysFrom: keys });
    assert.deepEqual(await faceIdsOf('anna'), again);
  });

  it('sets back neither receipts, nor disabled AccessKeys', async () => {
    const [gone] = await enrol('anna', 2);
    const material = { kind: 'secret' as const, secret: 's'.repeat(30) };
    const key = { account: 'default', status: 'active' as const, createdAtMs: 1, material };
    await store.addAccessKey({ id: 'early', ...key });
    await backUp({ folder: folder.path, to: data });
    const { receipt } = (await store.deleteFaces('default', 'anna', [gone!]))!;
    await store.setAccessKeyStatus('early', 'disabled');
    await store.addAccessKey({ id: 'later', ...key, account: 'another', allowedActions: ['GetPerson'] });
    await bringBack();
    assert.equal((await store.getReceipt('default', receipt!.id))?.id, receipt!.id);
    const listed = (await store.listAccessKeys()).map(({ createdAtMs: _, ...listed }) => listed);
    assert.deepEqual(listed, [
      { id: 'early', account: 'default', status: 'disabled' },
      { id: 'later', account: 'another', status: 'active', allowedActions: ['GetPerson'] },
    ]);
  });

  it('is refused where it would do harm, and nothing is changed then', async () => {
    await enrol('anna', 1);
    await backUp({ folder: folder.path, to: data, keysTo: keys });
    const before = await folder.read();
    const nowMs = Date.now() + 31 * 86_400_000;
    const other = await LibraryFolder.make();
    await (await other.open()).close();
    const cases: [given: Partial<RestoreOptions>, words: RegExp][] = [
      [{ isReplacing: false }, /holds library\.db, templates\.bin: --replace puts the backup in their place/],
      [{ keysFrom: keys, nowMs }, /is 31 days old, and --backup-max-age is 30/],
      [{ source: { hex: '00'.repeat(32) } }, /the root key does not open the keys/],
      [{ from: keys }, /holds a backup of the keys, not of the data/],
      [{ from: folder.path }, /holds no backup/],
      [{ keysFrom: keys, ledger: '/nowhere' }, /the ledger \/nowhere is missing/],
    ];
    for (const [given, words] of cases) await assert.rejects(bringBack(given), words);
    await assert.rejects(
      restore({
        folder: other.path,
        source: { hex: other.rootKey.toString('hex') },
        from: data,
        isReplacing: true,
        maxAgeDays: 30,
      }),
      /belong to another library/,
    );
    await other.remove();
    await assert.rejects(
      restore({ folder: folder.path, source: {}, from: data, isReplacing: true, maxAgeDays: 30 }),
      /is in use/,
    );
    await writeFile(join(data, 'templates.bin'), 'changed');
    await assert.rejects(bringBack(), /templates\.bin is missing or was changed/);
    await store.close();
    for (const [name, bytes] of before) {
      if (/\.bin$/.test(name)) assert.deepEqual(await readFile(join(folder.path, name)), bytes, name);
    }
    store = await folder.open();
    assert.equal((await faceIdsOf('anna'))?.length, 1);
  });

  it('is whole in place, or not at all, after a kill before each step of a restore', async () => {
    const [kept, gone] = await enrol('anna', 2);
    const pictured = await enrolWithPhotograph('pictured');
    await backUp({ folder: folder.path, to: data, keysTo: keys });
    await store.deleteFaces('default', 'anna', [gone!]);
    const late = await enrol('late', 1);
    await store.close();
    await cp(folder.path, `${folder.path}-before`, { recursive: true });
    const script = fileURLToPath(new URL('./restore-child.ts', import.meta.url));
    const steps = [
      'decide',
      'move the old library.db aside',
      'put the restored library.db in place',
      'put the restored templates.bin in place',
      'move the old photos aside',
      'put the restored photos in place',
      'move the old keys.bin aside',
      'put the restored keys.bin in place',
      'overwrite the old library.db',
      'overwrite the old photos',
      'overwrite the old keys.bin',
      'remove the staging folder',
      'sweep',
    ];
    for (const step of steps) {
      await rm(folder.path, { recursive: true });
      await cp(`${folder.path}-before`, folder.path, { recursive: true });
      const args = [script, folder.path, folder.rootKey.toString('hex'), data, keys, step];
      const killed = spawnSync(process.execPath, ['--import', 'tsx', ...args]);
      assert.equal(killed.signal, 'SIGKILL', `${step}: ${killed.stderr}`);
      store = await folder.open();
      const isRestored = step !== 'decide';
      assert.deepEqual(await faceIdsOf('anna'), [kept], step);
      assert.deepEqual(await faceIdsOf('late'), isRestored ? undefined : late, step);
      assert.equal(store.damagedRecords, 0);
      const token = (await store.issuePhotographToken('default', pictured))!;
      assert.deepEqual((await store.openPhotograph(token))?.bytes, Buffer.from('a picture'), step);
      assert.equal(existsSync(join(folder.path, 'restore')), false);
      await store.close();
    }
    store = await folder.open();
  });
});
