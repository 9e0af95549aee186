// The roll that an export is written from, read while the library changes.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openRoll } from '../../src/store/roll.ts';
import { LibraryFolder } from './library-folder.ts';

test('a person renamed after the roll was opened has the new name, one deleted since is not in it', async () => {
  const folder = await LibraryFolder.make();
  after(() => folder.remove());
  const store = await folder.open();
  const template = new Float32Array(512).fill(1 / Math.sqrt(512));
  for (const personId of ['anna', 'ben', 'cleo'])
    await store.addPerson('a', { personId, name: 'old' }, ['g']);
  await store.addPerson('b', { personId: 'dan' }, ['g']);
  const added = await store.addFaces('a', 'ben', 'model', [template]);
  await store.deleteGroups('a', 'cleo', ['g']);
  const hold = { account: 'a', personId: 'ben', reason: 'r', owner: 'o', untilMs: Date.now() + 86_400_000 };
  await store.setHold(hold);

  const roll = await openRoll(folder.path, async () => folder.rootKey);
  await store.setPerson('a', { personId: 'ben', name: 'new' });
  await store.deletePerson('a', 'anna');
  const persons = [...roll.persons('a')];
  assert.deepEqual(
    [...roll.accounts],
    [
      ['a', 3],
      ['b', 1],
    ],
  );
  assert.deepEqual(
    persons.map(({ holds, ...person }) => ({ ...person, holds: holds.map(({ reason }) => reason) })),
    [
      { personId: 'ben', name: 'new', groupIds: ['g'], faceIds: added!.faceIds, holds: ['r'] },
      { personId: 'cleo', name: 'old', groupIds: [], faceIds: [], holds: [] },
    ],
  );
  await roll.close();
  await store.close();
});
