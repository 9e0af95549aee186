// However many pictures callers ask for at once, the server has few of them in memory.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holdPictures } from '../support/held-pictures.ts';
import { startServer } from '../support/server.ts';

test('of 40 pictures asked for at once, 16 are under way at a time, and all are answered', async () => {
  const { call } = await startServer();
  const pictures = await holdPictures(16);
  const answers = await Promise.all(
    ['anna', 'ben'].map(async (personId) => {
      await call('AddPerson', { groupIds: ['staff'], personId, name: personId });
      const urls = Array.from({ length: 20 }, (_, i) => pictures.urlOf(`${personId}${i}.jpg`));
      return call('AddFaces', { personId, urls });
    }),
  );
  const items = answers.flatMap(({ data }) => (data as { faceImageItems: { msg: string }[] }).faceImageItems);
  assert.equal(items.length, 40);
  for (const { msg } of items) assert.match(msg, /HTTP 404/);
  assert.deepEqual([pictures.most, pictures.answered], [16, 40]);
});
