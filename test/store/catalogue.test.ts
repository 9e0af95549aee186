// Rows of faces under lookups that no other face has.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { makeFolder } from '../../src/store/folder.ts';
import { Accounts } from '../../src/store/sqlite/accounts.ts';
import { Catalogue } from '../../src/store/sqlite/catalogue.ts';
import { openDatabase } from '../../src/store/sqlite/database.ts';
import { LibraryFolder } from './library-folder.ts';

test('faces are inserted together, or not at all when one of their lookups is taken', async () => {
  const folder = await LibraryFolder.make();
  await makeFolder(folder.path);
  const { connection } = await openDatabase(folder.path, folder.rootKey);
  try {
    const catalogue = new Catalogue(connection);
    const [person, first, second, third] = Array.from({ length: 4 }, () => randomBytes(32)) as [
      Buffer,
      Buffer,
      Buffer,
      Buffer,
    ];
    const handle = catalogue.insertPerson(new Accounts(connection).enter('default'), person, 1, 0);
    assert.equal(catalogue.insertFaces(handle, [first, second], [2, 3], 0), true);
    assert.equal(catalogue.insertFaces(handle, [third, second], [4, 5], 0), false);
    assert.equal(catalogue.insertFaces(handle, [], [], 0), true);
    assert.deepEqual(
      catalogue.listFaces(handle).map(({ lookup, slot }) => ({ lookup, slot })),
      [
        { lookup: first, slot: 2 },
        { lookup: second, slot: 3 },
      ],
    );
    assert.throws(() => catalogue.insertFaces(handle, [third], [2], 0), /faces\.slot/);
  } finally {
    connection.close();
    await folder.remove();
  }
});
