// After a rotation the old root key opens nothing, whatever instant it was killed at, and no face is lost.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFile, mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type EmbeddedStore, openEmbeddedStore } from '../../src/store/embedded.ts';
import { readRootKey } from '../../src/store/root-key.ts';
import { rotateRoot } from '../../src/store/rotate-root.ts';
import { templateOf } from '../contract/store.ts';
import { loadedFaces } from '../support/loaded.ts';
import { countResidue, keyHeadBytes, keySlotBytes } from './residue.ts';

const steps = [
  'let the new root key wait beside the old one',
  'write the new key file',
  'give the old key file its second name',
  'put the new key file in place',
  'overwrite the old key file',
  'remove the old key file',
  'overwrite the old root key',
  'put the new root key in place',
];

describe('rotating the root key', () => {
  let parent: string;
  let folder: string;
  let oldKey: Buffer;
  let oldKeys: Buffer;
  let faceIds: readonly string[];
  const keyFile = () => `${folder}.root-key`;
  const open_ = (rootKey: Buffer): Promise<EmbeddedStore> => openEmbeddedStore({ folder, rootKey });

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'lethe-rotation-'));
    folder = join(parent, 'library');
    oldKey = (await readRootKey({ dataFolder: folder })).key;
    const store = await open_(oldKey);
    await store.addPerson('default', { personId: 'anna', name: 'Anna' }, ['staff']);
    const templates = [1, 2, 3].map((seed) => templateOf(seed));
    faceIds = (await store.addFaces('default', 'anna', 'model', templates))!.faceIds;
    await store.close();
    oldKeys = await readFile(join(folder, 'keys.bin'));
  });
  afterEach(() => rm(parent, { recursive: true }));

  /** The library is whole under `rootKey`, `gone` opens nothing, and no file holds a key that `gone` wraps. */
  const checkRotated = async (rootKey: Buffer, gone: Buffer) => {
    await assert.rejects(open_(gone), /it was made with another root key/);
    const store = await open_(rootKey);
    const anna = await store.getPerson('default', 'anna');
    assert.deepEqual([anna?.name, anna?.faceIds], ['Anna', faceIds]);
    assert.deepEqual([store.damagedRecords, store.recovery.facesWithoutKey], [0, 0]);
    await store.close();
    const files = new Map<string, Buffer>();
    for (const name of await readdir(folder)) files.set(name, await readFile(join(folder, name)));
    const wrapped = [oldKeys.subarray(32, 92)];
    for (let at = keyHeadBytes; at < oldKeys.length; at += keySlotBytes) {
      const key = oldKeys.subarray(at, at + 32);
      if (key.some((byte) => byte !== 0)) wrapped.push(key);
    }
    assert.equal(wrapped.length, 5);
    assert.equal(countResidue(files, wrapped), 0);
    assert.deepEqual(
      [...files.keys()].filter((name) => /keys\.bin./.test(name)),
      [],
    );
  };

  it('draws a new key into the default file and puts every key under it', async () => {
    const done = await rotateRoot({ folder, source: {} });
    assert.deepEqual(done, { dataKeys: 4, keyFiles: [keyFile()], wasDone: false });
    assert.equal((await stat(keyFile())).mode & 0o777, 0o600);
    await checkRotated(await readFile(keyFile()), oldKey);
    assert.deepEqual((await readdir(parent)).sort(), ['library', 'library.root-key']);
  });

  it('ends every temporary key', async () => {
    const store = await open_(oldKey);
    const grant = { account: 'default', parentId: 'A', expiresAtMs: Date.now() + 3_600_000 };
    const { securityToken } = await store.issueTemporaryKey(grant);
    await store.close();
    await rotateRoot({ folder, source: {} });
    const rotated = await open_(await readFile(keyFile()));
    assert.equal(await rotated.openSecurityToken(securityToken), undefined);
    await rotated.close();
  });

  it('takes the new key from the file named, and the default file follows', async () => {
    const newFile = join(parent, 'new.key');
    await rotateRoot({ folder, source: {}, newFile });
    assert.deepEqual(await readFile(newFile), await readFile(keyFile()));
    await checkRotated(await readFile(newFile), oldKey);
    await assert.rejects(rotateRoot({ folder, source: {}, newFile }), /the new root key is the old one/);
  });

  it('needs a file for the new key where the old one comes from elsewhere, and leaves that alone', async () => {
    const source = { hex: oldKey.toString('hex') };
    await assert.rejects(rotateRoot({ folder, source }), /--new-root-key FILE is needed/);
    const newFile = join(parent, 'new.key');
    await rotateRoot({ folder, source, newFile });
    await checkRotated(await readFile(newFile), oldKey);
    assert.deepEqual(await readFile(keyFile()), oldKey);
    assert.equal((await rotateRoot({ folder, source, newFile })).wasDone, true);
  });

  it('refuses while a server has the folder, and with a root key that is not the library’s', async () => {
    const store = await open_(oldKey);
    await assert.rejects(rotateRoot({ folder, source: {} }), /is in use/);
    await store.close();
    const source = { hex: randomBytes(32).toString('hex') };
    const newFile = join(parent, 'new.key');
    await assert.rejects(rotateRoot({ folder, source, newFile }), /the root key does not open the library/);
    assert.deepEqual(await readFile(join(folder, 'keys.bin')), oldKeys);
  });

  it('keeps a record for damaged, not for deleted, whose key the disk had changed', async () => {
    const handle = await open(join(folder, 'keys.bin'), 'r+');
    await handle.write(Buffer.of(1, 2, 3), 0, 3, keyHeadBytes + 2 * keySlotBytes + 20);
    await handle.close();
    await rotateRoot({ folder, source: {} });
    const store = await open_(await readFile(keyFile()));
    assert.equal((await loadedFaces(store)).length, 2);
    assert.deepEqual([store.damagedRecords, store.recovery.facesWithoutKey], [1, 0]);
    await store.close();
  });

  const killBefore = async (step: string, newFile?: string) => {
    const gone = await readFile(keyFile());
    oldKeys = await readFile(join(folder, 'keys.bin'));
    const killed = spawnSync(process.execPath, [
      ...['--import', 'tsx', fileURLToPath(new URL('./rotation-child.ts', import.meta.url))],
      ...[folder, step, newFile ?? ''],
    ]);
    assert.equal(killed.signal, 'SIGKILL', `${step}: ${killed.stderr}`);
    if (step !== steps[0]) {
      await assert.rejects(readRootKey({ dataFolder: folder }), /a rotation of the root key was cut short/);
    }
    await rotateRoot({ folder, source: {}, newFile });
    await checkRotated(await readFile(keyFile()), gone);
  };

  it(`ends whole after a kill before each of its ${steps.length} steps`, async () => {
    for (const step of steps) await killBefore(step);
  });

  it('ends whole after a kill with a key named, before it is in place and after', async () => {
    const newFile = join(parent, 'new.key');
    await killBefore('put the new key file in place', newFile);
    assert.deepEqual(await readFile(newFile), await readFile(keyFile()));
    await rm(newFile);
    await killBefore('overwrite the old root key', newFile);
    assert.deepEqual(await readFile(newFile), await readFile(keyFile()));
  });

  it('leaves no key file behind that a start would not clear', async () => {
    const newFile = join(parent, 'new.key');
    await writeFile(newFile, randomBytes(32), { mode: 0o600 });
    await copyFile(join(folder, 'keys.bin'), join(folder, 'keys.bin.new'));
    const store = await open_(oldKey);
    await store.close();
    assert.deepEqual((await readdir(folder)).sort(), ['keys.bin', 'library.db', 'lock', 'templates.bin']);
  });
});
