// A photograph is kept sealed with its face, and goes with it, whole.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { backUp } from '../../src/store/backup.ts';
import { type EmbeddedStore, openEmbeddedStore } from '../../src/store/embedded.ts';
import { rewrapKeys } from '../../src/store/key-rotation.ts';
import { restore } from '../../src/store/restore.ts';
import type { OpenBlockFile } from '../../src/store/slot-file.ts';
import { verifyErasure } from '../../src/store/verify.ts';
import { templateOf } from '../contract/store.ts';
import { LibraryFolder } from './library-folder.ts';
import { countResidue } from './residue.ts';
import { diskBroken, diskFull, WatchedDisk } from './watched-disk.ts';

/** Bytes that repeat nowhere, as those of a compressed picture. */
const pictureOf = (number: number, bytes = 3_000): Buffer =>
  Buffer.concat(
    Array.from({ length: Math.ceil(bytes / 32) }, (_, i) =>
      createHash('sha256').update(`${number}/${i}`).digest(),
    ),
  ).subarray(0, bytes);

describe('a photograph', () => {
  let folder: LibraryFolder;
  let disk: WatchedDisk;
  let store: EmbeddedStore;
  let nowMs = 1_800_000_000_000;
  const open = () =>
    openEmbeddedStore({
      folder: folder.path,
      rootKey: folder.rootKey,
      openFile: disk.openFile,
      nowMs: () => nowMs,
    });
  beforeEach(async () => {
    folder = await LibraryFolder.make();
    disk = new WatchedDisk();
    store = await open();
    await store.addPerson('default', { personId: 'anna' }, ['staff']);
  });
  afterEach(async () => {
    await store.close();
    await folder.remove();
  });

  const photos = () => join(folder.path, 'photos');
  const names = async (): Promise<string[]> => (existsSync(photos()) ? (await readdir(photos())).sort() : []);
  const add = async (...pictures: Buffer[]): Promise<string[]> => {
    const templates = pictures.map((_, i) => templateOf(i));
    const copies = pictures.map((picture) => Uint8Array.from(picture));
    return [...(await store.addFaces('default', 'anna', 'model', templates, false, copies))!.faceIds];
  };
  const readToken = async (token: string): Promise<Uint8Array | undefined> =>
    (await store.openPhotograph(token))?.bytes;
  const readBack = async (faceId: string): Promise<Uint8Array | undefined> => {
    const token = await store.issuePhotographToken('default', faceId);
    return token === undefined ? undefined : readToken(token);
  };
  const reopen = async () => {
    await store.close();
    store = await open();
  };

  it('is not kept unless one is given: there is no folder and no token', async () => {
    const { faceIds } = (await store.addFaces('default', 'anna', 'model', [templateOf(1)]))!;
    assert.equal(existsSync(photos()), false);
    assert.equal(await store.issuePhotographToken('default', faceIds[0]!), undefined);
    await store.deleteFaces('default', 'anna', faceIds);
    await reopen();
    assert.equal(existsSync(photos()), false);
  });

  it('is read as it was given, by the account that has the face alone, after a restart too', async () => {
    const [first, second] = await add(pictureOf(1), pictureOf(2, 1_500_000));
    await reopen();
    assert.deepEqual(Buffer.from((await readBack(first!))!), pictureOf(1));
    assert.deepEqual(Buffer.from((await readBack(second!))!), pictureOf(2, 1_500_000));
    assert.equal(await store.issuePhotographToken('another', first!), undefined);
    assert.equal(await store.issuePhotographToken('default', '1'), undefined);
  });

  it('stands in no file in clear', async () => {
    await add(pictureOf(3));
    assert.equal(countResidue(await folder.read(), [pictureOf(3)]), 0);
  });

  it('opens for fifteen minutes, and not with a token that was changed', async () => {
    const [faceId] = await add(pictureOf(1));
    const token = (await store.issuePhotographToken('default', faceId!))!;
    const changed = [
      `${token}A`,
      `${token}=`,
      ` ${token}`,
      token.slice(1),
      `${token[0] === 'A' ? 'B' : 'A'}${token.slice(1)}`,
      '',
      'photo',
    ];
    for (const one of changed) assert.equal(await readToken(one), undefined, one);
    nowMs += 15 * 60_000 - 1;
    assert.notEqual(await readToken(token), undefined);
    nowMs += 1;
    assert.equal(await readToken(token), undefined);
  });

  it('is bound to its face: put in the place of another, it does not open', async () => {
    const [first, second] = await add(pictureOf(1), pictureOf(2));
    const [one, other] = (await names()).map((name) => join(photos(), name));
    await rename(one!, `${one}.moved`);
    await rename(other!, one!);
    await rename(`${one}.moved`, other!);
    assert.deepEqual([await readBack(first!), await readBack(second!)], [undefined, undefined]);
  });

  it('goes with its face: no byte of it is left, its token opens nothing, its receipt counts it', async () => {
    const [gone, kept] = await add(pictureOf(1), pictureOf(2));
    const token = (await store.issuePhotographToken('default', gone!))!;
    const before = await folder.read();
    const sealed = before.get(`photos/${(await names())[0]}`)!;
    assert.ok(countResidue(before, [sealed]) > 1000, 'the scan finds what is live');
    const { receipt } = (await store.deleteFaces('default', 'anna', [gone!]))!;
    assert.equal(await readToken(token), undefined);
    assert.equal((await names()).length, 1);
    assert.equal(countResidue(await folder.read(), [sealed, pictureOf(1)]), 0);
    const { deleted } = (await store.getReceipt('default', receipt!.id))!;
    assert.deepEqual(deleted, { faces: 1, persons: 0, photographs: 1 });
    assert.deepEqual(Buffer.from((await readBack(kept!))!), pictureOf(2));
  });

  it('is overwritten before its name goes', async () => {
    const [faceId] = await add(pictureOf(1));
    const [name] = await names();
    await link(join(photos(), name!), join(folder.path, 'second-name'));
    await store.deleteFaces('default', 'anna', [faceId!]);
    const left = await readFile(join(folder.path, 'second-name'));
    assert.equal(left.length > 3_000 && left.every((byte) => byte === 0), true);
  });

  it('goes with its person, added a moment before or not', async () => {
    await add(pictureOf(1), pictureOf(2));
    const adding = add(pictureOf(3));
    const { receipt } = (await store.deletePerson('default', 'anna'))!;
    await adding;
    assert.deepEqual(await names(), []);
    const { deleted } = (await store.getReceipt('default', receipt.id))!;
    assert.deepEqual(deleted, { faces: 3, persons: 1, photographs: 3 });
  });

  it('whose face was never enrolled, since the disk was full, leaves nothing', async () => {
    disk.refuse = (step, file) => (step === 'write' && file === 'keys.bin' ? diskFull() : undefined);
    await assert.rejects(add(pictureOf(1)), /ENOSPC/);
    disk.refuse = () => undefined;
    await add(pictureOf(2));
    assert.equal((await names()).length, 1);
    assert.equal(countResidue(await folder.read(), [pictureOf(1)]), 0);
  });

  for (const [what, refusal] of [
    ['no room for', () => diskFull()],
    ['no sync of', () => diskBroken()],
  ] as const) {
    it(`of which the disk takes the first only, with ${what} the second, leaves nothing of either`, async () => {
      const [kept] = await add(pictureOf(1));
      const before = await names();
      const step = what === 'no room for' ? 'write' : 'datasync';
      let seen = 0;
      disk.refuse = (is, file, from, to) => {
        // Zeros are let through: overwriting needs no room.
        if (is !== step || !/^\d+$/.test(file) || (step === 'write' && to - from < 4_000)) return undefined;
        seen += 1;
        return seen === 2 ? refusal() : undefined;
      };
      await assert.rejects(add(pictureOf(2, 5_000), pictureOf(3, 5_000)), /ENOSPC|EIO/);
      disk.refuse = () => undefined;
      await add(pictureOf(4));
      assert.deepEqual((await names()).length, before.length + 1);
      assert.equal(countResidue(await folder.read(), [pictureOf(2, 5_000), pictureOf(3, 5_000)]), 0);
      await reopen();
      assert.deepEqual([store.recovery.slotsWiped, store.recovery.photographsErased], [0, 0]);
      assert.deepEqual(Buffer.from((await readBack(kept!))!), pictureOf(1));
    });
  }

  it('that is not kept costs a deletion nothing: the folder is not looked at', async () => {
    const opened: string[] = [];
    await store.close();
    const openFile: OpenBlockFile = (path, mayBeMade) => {
      opened.push(basename(path));
      return disk.openFile(path, mayBeMade);
    };
    store = await openEmbeddedStore({ folder: folder.path, rootKey: folder.rootKey, openFile });
    const { faceIds } = (await store.addFaces('default', 'anna', 'model', [templateOf(1)]))!;
    // Put there by another hand: a deletion that asked for the slot's file would find these.
    await mkdir(photos());
    for (let slot = 1; slot < 9; slot += 1) await writeFile(join(photos(), String(slot)), 'not ours');
    await store.deleteFaces('default', 'anna', faceIds);
    assert.equal((await names()).length, 8);
    assert.deepEqual(opened, ['keys.bin', 'templates.bin']);
  });

  it('swept away by a restore is counted by its receipt, whoever says that it is gone: keys or ledger', async () => {
    const [gone] = await add(pictureOf(1), pictureOf(2));
    const [data, keysTo] = [`${folder.path}-data`, `${folder.path}-keys`];
    await backUp({ folder: folder.path, to: data, keysTo });
    await store.deleteFaces('default', 'anna', [gone!]);
    await store.close();
    for (const keysFrom of [undefined, keysTo]) {
      const source = { hex: folder.rootKey.toString('hex') };
      await restore({ folder: folder.path, source, from: data, keysFrom, isReplacing: true, maxAgeDays: 1 });
      store = await open();
      const sweep = [...store.receipts()].at(-1)!;
      assert.deepEqual(
        [sweep.class, sweep.deleted],
        ['sweep', { faces: 1, persons: 0, photographs: 1 }],
        keysFrom,
      );
      await store.close();
    }
    store = await open();
  });

  it('that cannot be overwritten makes the deletion answer an error, and goes at the next start', async () => {
    const [faceId] = await add(pictureOf(1));
    const [name] = await names();
    disk.refuse = (step, file) => (step === 'datasync' && file === name ? diskBroken() : undefined);
    await assert.rejects(store.deleteFaces('default', 'anna', [faceId!]), /not finished/);
    assert.equal(await store.issuePhotographToken('default', faceId!), undefined);
    assert.deepEqual(await names(), [name]);
    await store.close();
    disk.refuse = () => undefined;
    store = await open();
    assert.equal(store.recovery.intentsFinished, 1);
    assert.deepEqual(await names(), []);
  });

  it('that belongs to nobody goes at start: an enrolment was cut short', async () => {
    const [faceId] = await add(pictureOf(1));
    const [name] = await names();
    await store.close();
    await mkdir(photos(), { recursive: true });
    await writeFile(join(photos(), '77'), pictureOf(7));
    store = await open();
    assert.deepEqual(await names(), [name]);
    assert.deepEqual(Buffer.from((await readBack(faceId!))!), pictureOf(1));
  });

  it('is in a backup, sealed, and comes back for whoever is left', async () => {
    const [kept, gone] = await add(pictureOf(1), pictureOf(2));
    const sealed = await readFile(join(photos(), (await names())[1]!));
    const data = `${folder.path}-data`;
    await backUp({ folder: folder.path, to: data, keysTo: `${folder.path}-keys` });
    assert.deepEqual((await readdir(join(data, 'photos'))).sort(), await names());
    await store.deleteFaces('default', 'anna', [gone!]);
    const [late] = await add(pictureOf(3));
    await store.close();
    for (const keysFrom of [undefined, `${folder.path}-keys`]) {
      const restored = await restore({
        folder: folder.path,
        source: { hex: folder.rootKey.toString('hex') },
        from: data,
        keysFrom,
        isReplacing: true,
        maxAgeDays: 1,
      });
      assert.equal(restored.facesWithoutKey, 1);
      assert.equal(countResidue(await folder.read(), [sealed, pictureOf(2)]), 0);
      const checks = await verifyErasure({ folder: folder.path, rootKey: folder.rootKey });
      assert.deepEqual(
        checks.flatMap(({ findings }) => findings),
        [],
      );
      store = await open();
      assert.deepEqual(Buffer.from((await readBack(kept!))!), pictureOf(1));
      assert.deepEqual([await readBack(gone!), await readBack(late!)], [undefined, undefined]);
      assert.equal((await names()).length, 1);
      await store.close();
    }
    store = await open();
  });

  it('that was changed in a backup makes it refused', async () => {
    await add(pictureOf(1));
    const data = `${folder.path}-data`;
    await backUp({ folder: folder.path, to: data });
    await writeFile(join(data, 'photos', (await names())[0]!), 'changed');
    await store.close();
    const source = { hex: folder.rootKey.toString('hex') };
    const options = { folder: folder.path, source, from: data, isReplacing: true, maxAgeDays: 1 };
    await assert.rejects(restore(options), /photos is missing or was changed/);
    store = await open();
    assert.equal((await names()).length, 1);
  });

  it('deleted while it is backed up is not in the backup', async () => {
    const [gone] = await add(pictureOf(1), pictureOf(2));
    const data = `${folder.path}-data`;
    const onStep = async (step: string) => {
      if (step === 'copy the keys') await store.deleteFaces('default', 'anna', [gone!]);
    };
    await backUp({ folder: folder.path, to: data, keysTo: `${folder.path}-keys`, onStep });
    assert.deepEqual(await readdir(join(data, 'photos')), await names());
  });

  it('is looked at by verify-erasure: whose it is, whether it opens, and what lies beside it', async () => {
    await add(pictureOf(1), pictureOf(2));
    const findings = async () =>
      (await verifyErasure({ folder: folder.path, rootKey: folder.rootKey })).flatMap(
        (check) => check.findings,
      );
    assert.deepEqual(await findings(), []);
    const [one] = await names();
    await writeFile(join(photos(), one!), pictureOf(9));
    await writeFile(join(photos(), '4711'), pictureOf(9));
    await writeFile(join(photos(), 'thumbs.db'), pictureOf(9));
    assert.deepEqual((await findings()).sort(), [
      `photos/${one} does not open for its face`,
      'photos/4711 belongs to no face',
      'photos/thumbs.db is no photograph of a slot',
    ]);
  });

  it('outlives a change of the root key, which its addresses do not', async () => {
    const [faceId] = await add(pictureOf(1));
    const token = (await store.issuePhotographToken('default', faceId!))!;
    await store.close();
    const newKey = Buffer.alloc(32, 9);
    await rewrapKeys(folder.path, folder.rootKey, newKey);
    folder.rootKey.set(newKey);
    store = await open();
    assert.deepEqual(Buffer.from((await readBack(faceId!))!), pictureOf(1));
    assert.equal(await readToken(token), undefined);
  });
});
