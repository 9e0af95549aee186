// AccessKeys are made and disabled beside a running server, which sees them at once.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import Database from 'better-sqlite3';
import type { AccessKey } from '../../src/gallery/ports.ts';
import { openKeyStore } from '../../src/store/embedded.ts';
import { templateOf } from '../contract/store.ts';
import { LibraryFolder } from './library-folder.ts';

const key: AccessKey = {
  id: 'A',
  account: 'made beside',
  status: 'active',
  createdAtMs: 1,
  material: { kind: 'secret', secret: 'secret' },
};

describe('a key store', () => {
  let folder: LibraryFolder;
  const openKeys = () => openKeyStore({ folder: folder.path, rootKey: folder.rootKey });
  beforeEach(async () => {
    folder = await LibraryFolder.make();
  });
  afterEach(() => folder.remove());

  it('works beside an open store, each seeing the other’s keys at once', async () => {
    const store = await folder.open();
    const keys = await openKeys();
    await keys.addAccessKey(key);
    assert.deepEqual(await store.findAccessKey('A'), key);
    await keys.setAccessKeyStatus('A', 'disabled');
    assert.equal((await store.findAccessKey('A'))?.status, 'disabled');
    await store.addAccessKey({ ...key, id: 'B' });
    assert.deepEqual(
      (await keys.listAccessKeys()).map(({ id }) => id),
      ['A', 'B'],
    );
    await assert.rejects(keys.addAccessKey({ ...key, id: 'B' }), /B is taken/);
    await keys.close();
    await store.close();
  });

  it('opens the temporary keys that a server beside it gave out, and another library does not', async () => {
    const store = await folder.open();
    const keys = await openKeys();
    const other = await LibraryFolder.make();
    const foreign = await openKeyStore({ folder: other.path, rootKey: folder.rootKey });
    const grant = { account: 'default', parentId: 'A', expiresAtMs: 1 };
    const { securityToken, ...issued } = await store.issueTemporaryKey(grant);
    assert.deepEqual(await keys.openSecurityToken(securityToken), issued);
    assert.equal(await foreign.openSecurityToken(securityToken), undefined);
    await foreign.close();
    await other.remove();
    await keys.close();
    await store.close();
  });

  it('waits for changes under way, and they for it', async () => {
    const store = await folder.open();
    const keys = await openKeys();
    await store.addPerson('default', { personId: 'anna' }, ['staff']);
    const { faceIds } = (await store.addFaces('default', 'anna', 'model', [templateOf(1), templateOf(2)]))!;
    await Promise.all([
      ...faceIds.map((faceId) => store.deleteFaces('default', 'anna', [faceId])),
      ...[1, 2, 3, 4].map((n) => keys.addAccessKey({ ...key, id: `key${n}` })),
    ]);
    assert.equal((await store.listAccessKeys()).length, 4);
    await keys.close();
    await store.close();
  });

  it('keeps a deletion from being answered while an older reader still sees its rows', async () => {
    const store = await folder.open();
    await store.addPerson('default', { personId: 'anna' }, ['staff']);
    const reader = new Database(join(folder.path, 'library.db'), { readonly: true });
    reader.exec('BEGIN');
    reader.prepare('SELECT count(*) FROM persons').get();
    let isAnswered = false;
    const deletion = store.deletePerson('default', 'anna').then(() => {
      isAnswered = true;
    });
    await pause(300);
    assert.equal(isAnswered, false);
    reader.close();
    await deletion;
    await store.close();
  });

  it('makes the library where there is none, which a server then opens', async () => {
    const keys = await openKeys();
    await keys.addAccessKey(key);
    await keys.close();
    const store = await folder.open();
    assert.deepEqual(await store.findAccessKey('A'), key);
    await store.close();
  });
});
