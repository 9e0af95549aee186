// Accounts share a process and nothing else; keys made beside a running server count with the next request.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { drawAccessKey } from '../../src/gallery/access-keys.ts';
import { openKeys } from '../../src/library.ts';
import { clientOf, startPhotos, startServer } from '../support/server.ts';

const { call, lethe, folder } = await startServer();
const { urls } = await startPhotos();
const keys = await openKeys({ data: join(folder, 'data'), rootKey: undefined });
const key = drawAccessKey('shop', Date.now());
await keys.addAccessKey(key);
const shop = clientOf(lethe.url, { id: key.id, secret: key.material.secret });

test('the same ids in two accounts are two persons, and neither is found in the other', async () => {
  for (const one of [call, shop.call]) {
    assert.equal((await one('AddPerson', { groupIds: ['women'], personId: 'right' })).code, 200);
  }
  await call('AddFaces', { personId: 'right', urls: [urls.right] });
  const search = { scenes: ['sface-n'], tasks: [{ url: urls.rightAgain, extras: { groupId: 'women' } }] };
  const found = async (one: typeof call) => {
    const [task] = (await one('ImageSyncScan', search)).data as {
      results: { topPersonData: { persons: { personId: string }[] }[] }[];
    }[];
    return task!.results[0]!.topPersonData.flatMap(({ persons }) => persons.map(({ personId }) => personId));
  };
  assert.deepEqual(await found(call), ['right']);
  assert.deepEqual(await found(shop.call), []);
});

test("DeleteFaces and DeletePerson reach nothing of another account's", async () => {
  const { faceIds } = (await call('GetPerson', { personId: 'right' })).data as { faceIds: string[] };
  const { data } = await shop.call('DeleteFaces', { personId: 'right', faceIds });
  assert.deepEqual(data, { code: 200, personId: 'right', faceIds: [], deleteCount: 0 });
  await shop.call('DeletePerson', { personId: 'right' });
  assert.deepEqual(
    ((await call('GetPerson', { personId: 'right' })).data as { faceIds: string[] }).faceIds,
    faceIds,
  );
});

test('a disabled key is refused with the next request', async () => {
  assert.equal((await shop.call('GetGroups', {})).code, 200);
  assert.equal(await keys.setAccessKeyStatus(key.id, 'disabled'), true);
  await assert.rejects(shop.call('GetGroups', {}), { code: 'InvalidAccessKeyId.Inactive' });
  await keys.close();
});
