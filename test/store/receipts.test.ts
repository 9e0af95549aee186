// A finished deletion has exactly one receipt, wherever a crash falls; what is remembered of it besides ends in time.
import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { cpSync } from 'node:fs';
import { copyFile, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import Database from 'better-sqlite3';
import { verifyChain } from '../../src/gallery/receipt-verification.ts';
import type { Receipt } from '../../src/gallery/receipts.ts';
import { type EmbeddedStore, openEmbeddedStore } from '../../src/store/embedded.ts';
import { openErasureDesk } from '../../src/store/erasure-desk.ts';
import { templateOf } from '../contract/store.ts';
import { LibraryFolder } from './library-folder.ts';
import { diskBroken, WatchedDisk } from './watched-disk.ts';

const dayMs = 86_400_000;

describe('receipts of the embedded store', () => {
  let folder: LibraryFolder;
  let disk: WatchedDisk;
  let nowMs: number;
  let store: EmbeddedStore;
  const openAt = (path: string) =>
    openEmbeddedStore({
      folder: path,
      rootKey: folder.rootKey,
      openFile: disk.openFile,
      nowMs: () => nowMs,
    });
  beforeEach(async () => {
    nowMs = Date.now();
    folder = await LibraryFolder.make();
    disk = new WatchedDisk();
    store = await openAt(folder.path);
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
  const chainOf = (one: EmbeddedStore): Receipt[] => {
    const receipts = [...one.receipts()];
    verifyChain(receipts, createPublicKey(one.receiptKey));
    return receipts;
  };
  const reopen = async () => {
    await store.close();
    store = await openAt(folder.path);
  };

  it('are one and the same whether the process ends before, between or after the steps of a deletion', async () => {
    const faceIds = await enrol('anna', 3);
    const images: string[] = [];
    const image = () => {
      const path = `${folder.path}-image-${images.length}`;
      cpSync(folder.path, path, { recursive: true, filter: (file) => !/-shm$|lock$/.test(file) });
      images.push(path);
      return undefined;
    };
    disk.refuse = image;
    const forget = (one: EmbeddedStore) =>
      one.forgetFaces('default', 'anna', faceIds.slice(0, 2), { idempotencyKey: 'case 17' });
    const answer = await forget(store);
    disk.refuse = () => undefined;
    image();
    assert.equal(images.length, 5, 'keys written, synced, records written, synced, and the end');
    for (const path of images) {
      const crashed = await openAt(path);
      try {
        const [receipt, ...more] = chainOf(crashed);
        assert.equal(more.length, 0, path);
        assert.equal(receipt?.id, answer.receipt?.id);
        assert.deepEqual((await crashed.getPerson('default', 'anna'))?.faceIds, [faceIds[2]]);
        assert.deepEqual(await forget(crashed), answer, 'the idempotency key answers the same');
        assert.equal(chainOf(crashed).length, 1);
      } finally {
        await crashed.close();
      }
    }
  });

  for (const [step, file] of [
    ['write', 'keys.bin'],
    ['datasync', 'keys.bin'],
    ['write', 'templates.bin'],
    ['datasync', 'templates.bin'],
  ] as const) {
    it(`are not there while ${step} of ${file} fails, and one when the deletion is finished at the next start`, async () => {
      const faceIds = await enrol('anna', 2);
      await enrol('bert', 0);
      disk.refuse = (failing, at) => (failing === step && at === file ? diskBroken() : undefined);
      const forget = () => store.forgetFaces('default', 'anna', faceIds, { idempotencyKey: 'case 17' });
      await assert.rejects(forget(), /not finished/);
      await assert.rejects(store.deletePerson('default', 'bert'), /not finished/);
      assert.equal(chainOf(store).length, 0);
      await store.close();
      disk.refuse = () => undefined;
      store = await openAt(folder.path);
      assert.deepEqual(
        chainOf(store).map(({ deleted }) => deleted),
        [
          { faces: 2, persons: 0, photographs: 0 },
          { faces: 0, persons: 1, photographs: 0 },
        ],
      );
      const { fates, receipt } = await forget();
      assert.deepEqual(
        fates.map(({ fate }) => fate),
        ['DELETED', 'DELETED'],
      );
      assert.equal((await store.getReceipt('default', receipt!.id))?.sequence, 1);
      assert.equal(chainOf(store).length, 2);
    });
  }

  it('count what a start sweeps away because its keys were destroyed after a copy was made', async () => {
    const [, gone] = await enrol('anna', 2);
    await enrol('bert', 1);
    await store.close();
    const copies = await mkdtemp(`${folder.path}-backup-`);
    const names = ['library.db', 'templates.bin'];
    for (const name of names) await copyFile(join(folder.path, name), join(copies, name));
    store = await openAt(folder.path);
    await store.deleteFaces('default', 'anna', [gone!]);
    await store.deletePerson('default', 'bert');
    await store.close();
    for (const name of names) await copyFile(join(copies, name), join(folder.path, name));
    store = await openAt(folder.path);
    const [sweep, ...more] = chainOf(store);
    assert.equal(more.length, 0);
    assert.deepEqual(
      [sweep?.class, sweep?.cause, sweep?.deleted, sweep?.checks],
      [
        'sweep',
        'restore',
        { faces: 2, persons: 1, photographs: 0 },
        { keySlotsReadZero: 3, recordSlotsReadZero: 3 },
      ],
    );
    await reopen();
    assert.equal(chainOf(store).length, 1);
  });

  it('remain; that a face was deleted is remembered 31 days, an idempotent answer one', async () => {
    const [first, second] = await enrol('anna', 2);
    const forget = async (faceId: string, idempotencyKey?: string) => {
      const key = idempotencyKey === undefined ? {} : { idempotencyKey };
      return (await store.forgetFaces('default', 'anna', [faceId], key)).fates[0]!.fate;
    };
    assert.equal(await forget(first!, 'key'), 'DELETED');
    nowMs += dayMs - 1;
    assert.equal(await forget(first!, 'key'), 'DELETED');
    nowMs += 1;
    assert.equal(await forget(first!, 'key'), 'ALREADY_DELETED');
    nowMs += 30 * dayMs - 1;
    assert.equal(await forget(first!), 'ALREADY_DELETED');
    nowMs += 1;
    assert.equal(await forget(first!), 'NOT_FOUND');
    const rowsLeft = () => {
      const database = new Database(join(folder.path, 'library.db'), { readonly: true });
      const counts = ['forgotten_faces', 'idempotent_answers', 'receipts'].map((table) =>
        database.prepare(`SELECT count(*) FROM ${table}`).pluck().get(),
      );
      database.close();
      return counts;
    };
    await store.deleteFaces('default', 'anna', [second!]);
    assert.deepEqual(rowsLeft(), [2, 1, 2]);
    // Gone from the rows too with a start, and hourly while a store is open.
    await reopen();
    assert.deepEqual(rowsLeft(), [1, 0, 2]);
  });

  it('stand in no file with an id, a salt, or the words of a hold beside them', async () => {
    const faceIds = await enrol('anna-the-person', 2);
    await store.setHold({
      account: 'default',
      personId: 'anna-the-person',
      faceId: faceIds[0]!,
      reason: 'the-reason-of-the-hold',
      owner: 'the-owner-of-the-hold',
      untilMs: nowMs + dayMs,
    });
    const { receipt } = await store.forgetFaces('default', 'anna-the-person', faceIds, {
      idempotencyKey: 'the-idempotency-key',
    });
    const everything = Buffer.concat([...(await folder.read()).values()]);
    const has = (text: string) => everything.includes(text);
    assert.ok(has(receipt!.id), 'the search finds what does stand in clear');
    for (const text of [
      ...faceIds,
      receipt!.salt,
      'anna-the-person',
      'the-reason-of-the-hold',
      'the-owner-of-the-hold',
      'the-idempotency-key',
    ]) {
      assert.ok(!has(text), text);
    }
    assert.ok(!everything.includes(Buffer.from(receipt!.salt, 'hex')));
  });

  it('cannot be changed or deleted in the database by a mistake', async () => {
    await store.deleteFaces('default', 'anna', await enrol('anna', 1));
    const database = new Database(join(folder.path, 'library.db'));
    try {
      for (const sql of ['DELETE FROM receipts', "UPDATE receipts SET signed = ''"]) {
        assert.throws(() => database.exec(sql), /append-only/);
      }
    } finally {
      database.close();
    }
  });

  it('and holds are at hand beside an open store', async () => {
    const [face] = await enrol('anna', 1);
    const desk = await openErasureDesk(folder.path, async () => folder.rootKey);
    try {
      const hold = (await desk.setHold({
        ...{ account: 'default', personId: 'anna', reason: 'r', owner: 'o' },
        untilMs: Date.now() + dayMs,
      }))!;
      await assert.rejects(store.deletePerson('default', 'anna'), { refusal: 'personHeld', detail: hold.id });
      assert.deepEqual(await store.listHolds(), [hold]);
      assert.deepEqual(await desk.listHolds(), [hold]);
      assert.equal(await desk.endHold(hold.id), true);
      const { receipt } = (await store.deleteFaces('default', 'anna', [face!]))!;
      assert.deepEqual([...desk.receipts()], chainOf(store));
      assert.deepEqual(desk.findReceipt(receipt!.id), chainOf(store)[0]);
      assert.equal(desk.receiptKey, store.receiptKey);
    } finally {
      desk.close();
    }
  });

  it('are not looked for where there is no library', async () => {
    const nowhere = `${folder.path}-nowhere`;
    const mayNotBeRead = () => Promise.reject(new Error('the root key was read'));
    await assert.rejects(openErasureDesk(nowhere, mayNotBeRead), /holds no library of this version/);
  });
});
