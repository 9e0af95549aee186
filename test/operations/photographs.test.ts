// Photographs that are kept are opened by the URLs of GetFaces, and by nothing else.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { startPhotos, startServer } from '../support/server.ts';

let nowMs = Date.now();
const photos = await startPhotos();
const cropping = await startServer({ keepPhotos: 'crop' }, () => nowMs);
const whole = await startServer({ keepPhotos: 'original', publicUrl: 'https://faces.example/lethe/' });
const plain = await startServer();

type Item = { faceId: number; success: boolean; url?: string };
type Server = typeof plain;
const enrol = async ({ call }: Server, personId: string, url = photos.urls.right!): Promise<string> => {
  await call('AddPerson', { groupIds: ['women'], personId });
  const { data } = await call('AddFaces', { personId, urls: [url] });
  return String((data as { faceImageItems: Item[] }).faceImageItems[0]!.faceId);
};
const urlOf = async ({ call }: Server, personId: string): Promise<string | undefined> =>
  ((await call('GetFaces', { personId })).data as { faceImageItems: Item[] }).faceImageItems[0]?.url;

test('nothing is kept by default: GetFaces answers no url and the data folder has no photographs', async () => {
  await enrol(plain, 'anna');
  assert.equal(await urlOf(plain, 'anna'), undefined);
  assert.equal(existsSync(join(plain.folder, 'data', 'photos')), false);
});

test('--keep-photos crop keeps the face and what surrounds it, as a JPEG that nobody may store or guess', async () => {
  const faceId = await enrol(cropping, 'anna', photos.urls.right!);
  const url = (await urlOf(cropping, 'anna'))!;
  assert.ok(url.startsWith(`${cropping.lethe.url}/lethe/v1/photos/`));
  assert.ok(!url.includes(faceId) && !url.includes('anna'));
  const answer = await fetch(url);
  assert.equal(answer.status, 200);
  const {
    'content-type': type,
    'cache-control': cache,
    'x-content-type-options': options,
  } = Object.fromEntries(answer.headers);
  assert.deepEqual([type, cache, options], ['image/jpeg', 'no-store', 'nosniff']);
  const kept = await sharp(await answer.arrayBuffer()).metadata();
  assert.ok(kept.width! > 150 && kept.width! < 600 && kept.exif === undefined, `${kept.width} px`);
});

test('a photograph is refused without a word: no token, another one, another method, a folder, an end', async () => {
  await enrol(cropping, 'bea');
  const url = (await urlOf(cropping, 'bea'))!;
  const base = url.slice(0, url.lastIndexOf('/'));
  for (const bad of [base, `${base}/`, `${base}/1`, `${base}/..%2Fkeys.bin`, `${url}x`, `${url}?x`]) {
    assert.equal((await fetch(bad)).status, 404, bad);
  }
  const refused = await fetch(`${base}/1`);
  assert.equal(await refused.text(), '');
  assert.equal((await fetch(url, { method: 'POST' })).status, 404);
  nowMs += 15 * 60_000;
  assert.equal((await fetch(url)).status, 404);
  const fresh = (await urlOf(cropping, 'bea'))!;
  assert.equal((await fetch(fresh)).status, 200);
});

test('a token of another library opens nothing', async () => {
  const token = (await urlOf(cropping, 'anna'))!.split('/').at(-1)!;
  assert.equal((await fetch(`${plain.lethe.url}/lethe/v1/photos/${token}`)).status, 404);
});

test('once its face is deleted, a URL given out before is not found', async () => {
  const faceId = await enrol(cropping, 'cleo');
  const url = (await urlOf(cropping, 'cleo'))!;
  assert.equal((await fetch(url)).status, 200);
  await cropping.call('DeleteFaces', { personId: 'cleo', faceIds: [faceId] });
  assert.equal((await fetch(url)).status, 404);
  assert.equal(await urlOf(cropping, 'cleo'), undefined);
});

test('--keep-photos original keeps the bytes as they came, under the public URL', async () => {
  await enrol(whole, 'anna');
  const url = (await urlOf(whole, 'anna'))!;
  assert.ok(url.startsWith('https://faces.example/lethe/lethe/v1/photos/'));
  const answer = await fetch(`${whole.lethe.url}/lethe/v1/photos/${url.split('/').at(-1)}`);
  assert.deepEqual(Buffer.from(await answer.arrayBuffer()), Buffer.from(photos.bytesOf('right.jpg')));
});

test('several originals of one request are enrolled in their order', async () => {
  await whole.call('AddPerson', { groupIds: ['women'], personId: 'dora' });
  const urls = [photos.urls.left!, 'http://10.0.0.1/x.jpg', photos.urls.middle!];
  const { data } = await whole.call('AddFaces', { personId: 'dora', urls });
  const items = (data as { faceImageItems: Item[] }).faceImageItems;
  assert.deepEqual(
    items.map(({ success }) => success),
    [true, false, true],
  );
  const listed = (await whole.call('GetPerson', { personId: 'dora' })).data as { faceIds: string[] };
  assert.deepEqual(listed.faceIds, [String(items[0]!.faceId), String(items[2]!.faceId)]);
});
