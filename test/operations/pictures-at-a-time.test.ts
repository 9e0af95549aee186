// However many pictures callers ask for at once, the server has few of them in memory, and enough for its threads.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holdPictures } from '../support/held-pictures.ts';
import { startServer } from '../support/server.ts';

for (const [workers, most] of [
  ['1', 16],
  ['9', 18],
] as const) {
  test(`of 40 pictures asked for at once, ${workers} threads have ${most} under way at a time, and all are answered`, async () => {
    const { call } = await startServer({ workers });
    const pictures = await holdPictures(most);
    const answers = await Promise.all(
      ['anna', 'ben'].map(async (personId) => {
        await call('AddPerson', { groupIds: ['staff'], personId, name: personId });
        const urls = Array.from({ length: 20 }, (_, i) => pictures.urlOf(`${personId}${i}.jpg`));
        return call('AddFaces', { personId, urls });
      }),
    );
    const items = answers.flatMap(
      ({ data }) => (data as { faceImageItems: { msg: string }[] }).faceImageItems,
    );
    assert.equal(items.length, 40);
    for (const { msg } of items) assert.match(msg, /HTTP 404/);
    assert.deepEqual([pictures.most, pictures.answered], [most, 40]);
  });
}
