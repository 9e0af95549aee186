// The verifier finds what it is there to find, and nothing where there is nothing, beside a running server too.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import type { EmbeddedStore } from '../../src/store/embedded.ts';
import { openRows } from '../../src/store/sqlite/database.ts';
import { walkPages } from '../../src/store/sqlite/page-walk.ts';
import { type VerifyOptions, verifyErasure } from '../../src/store/verify.ts';
import { templateOf } from '../contract/store.ts';
import { LibraryFolder } from './library-folder.ts';
import { keyHeadBytes, keySlotBytes, recordSlotBytes } from './residue.ts';

describe('verify-erasure', () => {
  let folder: LibraryFolder;
  let store: EmbeddedStore;
  let faceIds: readonly string[];
  beforeEach(async () => {
    folder = await LibraryFolder.make();
    store = await folder.open();
    for (let i = 0; i < 30; i += 1) {
      await store.addPerson('default', { personId: `p${i}`, name: 'N' }, [`g${i % 4}`]);
      const templates = [1, 2, 3].map((seed) => templateOf(seed));
      faceIds = (await store.addFaces('default', `p${i}`, 'model', templates))!.faceIds;
    }
    for (let i = 0; i < 20; i += 1) await store.deletePerson('default', `p${i}`);
  });
  afterEach(async () => {
    await store.close();
    await folder.remove();
  });

  const check = (given: Partial<VerifyOptions> = {}) =>
    verifyErasure({ folder: folder.path, rootKey: folder.rootKey, ...given });
  const findings = async (given?: Partial<VerifyOptions>) =>
    (await check(given)).flatMap((one) => one.findings);
  const overwrite = async (name: string, position: number, bytes: Uint8Array) => {
    const handle = await open(join(folder.path, name), 'r+');
    await handle.write(bytes, 0, bytes.length, position);
    await handle.close();
  };

  it('finds nothing in a library that forgot two thirds of its persons, running or not', async () => {
    const running = await check();
    await store.close();
    const stopped = await check();
    const owned = 10 * 4;
    for (const checks of [running, stopped]) {
      assert.deepEqual(
        checks.flatMap((one) => one.findings),
        [],
      );
      const looked = Object.fromEntries(checks.map(({ name, looked: count }) => [name, count]));
      assert.equal(looked['slots with an owner open for it alone'], owned);
      assert.equal(looked['receipts are an unbroken chain'], 20);
      assert.ok(looked['slots without an owner are zero']! >= 80);
    }
  });

  it('names a slot with bytes that nobody owns, and one that does not open', async () => {
    await store.close();
    await overwrite('templates.bin', 900 * recordSlotBytes, randomBytes(16));
    await overwrite('keys.bin', keyHeadBytes + 900 * keySlotBytes, randomBytes(16));
    const rows = openRows(folder.path);
    const owned = rows.prepare('SELECT max(slot) FROM faces').pluck().get() as number;
    rows.close();
    await overwrite('templates.bin', owned * recordSlotBytes + 99, Buffer.of(1, 2, 3));
    assert.deepEqual(await findings(), [
      'slot 900 holds bytes that nobody owns',
      'slot 901 holds bytes that nobody owns',
      `slot ${owned} does not open for its owner: its key is gone, or the disk changed it`,
    ]);
    store = await folder.open();
    assert.equal((await findings()).length, 1, 'a start wipes what nobody owns');
  });

  it('finds old content in a gap of the database, which compacting clears', async () => {
    await store.close();
    await plantInGap(join(folder.path, 'library.db'), randomBytes(32));
    assert.match(
      (await findings()).join(),
      /^1 gaps hold keyed hashes or sealed texts of rows that are gone/,
    );
    assert.deepEqual(await findings({ isCompacting: true }), []);
    assert.deepEqual(await findings(), []);
    store = await folder.open();
    assert.equal((await store.getPerson('default', 'p29'))?.faceIds.length, 3);
    assert.deepEqual(await findings({ isCompacting: true }), [], 'beside a running server');
    await store.deleteFaces('default', 'p29', faceIds);
  });

  it('finds a free page that is not zero, which compacting clears', async () => {
    await store.close();
    const database = new Database(join(folder.path, 'library.db'));
    database.exec('PRAGMA secure_delete = OFF; CREATE TABLE leaky (bytes BLOB)');
    for (let i = 0; i < 9; i += 1) database.prepare('INSERT INTO leaky VALUES (?)').run(randomBytes(4000));
    database.exec('DROP TABLE leaky');
    database.close();
    assert.match((await findings()).join(), /is free and not zero/);
    assert.deepEqual(await findings({ isCompacting: true }), []);
  });

  it('finds a file that does not belong there, an unfinished deletion and a broken chain', async () => {
    await store.close();
    await writeFile(join(folder.path, 'library.db-copy'), 'x');
    const database = new Database(join(folder.path, 'library.db'));
    database.exec('PRAGMA secure_delete = ON; INSERT INTO erase_intents (slot) VALUES (77)');
    database.exec('DROP TRIGGER receipts_stay_as_signed');
    database.exec(
      'UPDATE receipts SET signed = replace(signed, \'"persons":1\', \'"persons":2\') WHERE sequence = 7',
    );
    database.close();
    assert.deepEqual(await findings(), [
      'slot 77 waits to be overwritten: the next start does it',
      'library.db-copy does not belong there',
      'receipt 7 of the chain: its signature does not match: it was changed, or signed by somebody else',
    ]);
  });

  it('looks at one deletion by its receipt, and with the salt for its faces', async () => {
    const { receipt } = (await store.deleteFaces('default', 'p29', faceIds))!;
    const checks = await check({ receipt: receipt! });
    assert.deepEqual(
      checks.flatMap((one) => one.findings),
      [],
    );
    assert.deepEqual(
      checks.slice(-2).map(({ name, looked }) => [name, looked]),
      [
        [`receipt ${receipt!.id} states that its slots read zero`, 6],
        [`no face of receipt ${receipt!.id} is enrolled`, 27],
      ],
    );
    await assert.rejects(check({ receipt: { id: 'f'.repeat(32) } }), /there is no finished receipt/);
  });

  it('says of a receipt that it states fewer slots than faces', async () => {
    const { receipt } = (await store.deleteFaces('default', 'p29', faceIds))!;
    const database = new Database(join(folder.path, 'library.db'));
    database.exec('DROP TRIGGER receipts_stay_as_signed');
    database
      .prepare(
        `UPDATE receipts SET signed = replace(signed, '"keySlotsReadZero":3', '"keySlotsReadZero":2') WHERE id = ?`,
      )
      .run(receipt!.id);
    database.close();
    assert.ok((await findings({ receipt: receipt! })).includes('it states fewer slots than faces'));
  });

  it('takes no change under way for a finding', async () => {
    await store.close();
    const child = spawn(
      process.execPath,
      [
        ...['--import', 'tsx', fileURLToPath(new URL('./crash-child.ts', import.meta.url))],
        ...[folder.path, folder.rootKey.toString('hex')],
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(child.stdout.resume(), 'data');
    try {
      for (let i = 0; i < 3; i += 1) assert.deepEqual(await findings(), []);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'close');
    }
  });

  it('refuses a folder without a library, and a root key that is not its own', async () => {
    await assert.rejects(check({ folder: `${folder.path}-none` }), /there is no library in/);
    await assert.rejects(check({ rootKey: randomBytes(32) }), /the root key does not open the library/);
  });
});

/** Puts bytes where no row is, on the first page with room for them. */
async function plantInGap(path: string, bytes: Buffer): Promise<void> {
  const database = new Database(path);
  const image = database.serialize();
  const roots = database.prepare<[], number>('SELECT rootpage FROM sqlite_schema WHERE rootpage > 1').pluck();
  const { gapsWithContent } = walkPages(image, roots.all());
  database.close();
  const gap = gapsWithContent.find(({ length }) => length > 300)!;
  const handle = await open(path, 'r+');
  await handle.write(bytes, 0, bytes.length, gap.byteOffset - image.byteOffset + 200);
  await handle.close();
}
