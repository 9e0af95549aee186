// Photographs that are kept are opened by the URLs of GetFaces, and by nothing else.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import sharp from 'sharp';
import { drawAccessKey } from '../../src/gallery/access-keys.ts';
import { openKeys } from '../../src/library.ts';
import { clientOf, startOn, startPhotos, startServer, upperCaseUuid } from '../support/server.ts';

let nowMs = Date.now();
const photos = await startPhotos();
const cropping = await startServer({ keepPhotos: 'crop' }, () => nowMs);
const whole = await startServer({ keepPhotos: 'original' }, () => nowMs);
const plain = await startServer();

type Item = { faceId: number; success: boolean; url?: string };
type Server = Pick<typeof plain, 'call'>;
const itemsOf = ({ data }: { data?: unknown }): Item[] => (data as { faceImageItems: Item[] }).faceImageItems;
const enrol = async ({ call }: Server, personId: string, url = photos.urls.right!): Promise<string> => {
  await call('AddPerson', { groupIds: ['women'], personId });
  return String(itemsOf(await call('AddFaces', { personId, urls: [url] }))[0]!.faceId);
};
const urlOf = async ({ call }: Server, personId: string): Promise<string> =>
  itemsOf(await call('GetFaces', { personId }))[0]!.url!;
const bytesAt = async (url: string): Promise<Buffer> => {
  const answer = await fetch(url);
  assert.equal(answer.status, 200);
  return Buffer.from(await answer.arrayBuffer());
};
/** The portrait with what a camera writes beside the pixels. */
const tagged = async (name: string): Promise<Buffer> =>
  sharp(photos.bytesOf(name))
    .withExif({ IFD0: { Make: 'camera 4711' }, IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '48/1 8/1 0/1' } })
    .jpeg()
    .toBuffer();

test('nothing is kept by default: GetFaces answers the documented form without url, and there are no files', async () => {
  const faceId = await enrol(plain, 'anna');
  assert.deepEqual((await plain.call('GetFaces', { personId: 'anna' })).data, {
    code: 200,
    faceImageItems: [{ success: true, faceId: Number(faceId) }],
  });
  assert.equal(existsSync(join(plain.folder, 'data', 'photos')), false);
});

test('--keep-photos crop keeps the face and what surrounds it, without what the camera wrote', async () => {
  const taken = photos.publish('tagged.jpg', await tagged('right.jpg'));
  const faceId = await enrol(cropping, 'anna', taken);
  const url = await urlOf(cropping, 'anna');
  const [found, unknown] = itemsOf(
    await cropping.call('GetFaces', { personId: 'anna', faceIds: [faceId, '1'] }),
  );
  assert.notEqual(found!.url, url, 'each answer has a fresh one');
  assert.deepEqual(await bytesAt(found!.url!), await bytesAt(url));
  assert.deepEqual(
    [found, unknown],
    [
      { success: true, faceId: Number(faceId), url: found!.url },
      { success: false, faceId: '1' },
    ],
  );
  assert.ok(url.startsWith(`${cropping.lethe.url}/lethe/v1/photos/`));
  assert.ok(!url.includes(faceId) && !url.includes('anna'));
  const kept = await sharp(await bytesAt(url)).metadata();
  const given = await sharp(photos.bytesOf('tagged.jpg')).metadata();
  assert.ok(given.exif !== undefined && kept.exif === undefined && kept.icc === undefined);
  assert.ok(kept.width! > 150 && kept.width! <= given.width!, `${kept.width} of ${given.width} px`);
});

test('a photograph is answered for the moment only, as what it is', async () => {
  const { headers } = await fetch(await urlOf(cropping, 'anna'));
  const names = ['content-type', 'cache-control', 'x-content-type-options', 'referrer-policy'];
  assert.deepEqual(
    names.map((name) => headers.get(name)),
    ['image/jpeg', 'no-store', 'nosniff', 'no-referrer'],
  );
});

test('a photograph is refused in one way, whatever is wrong with its address', async () => {
  await enrol(cropping, 'bea');
  const url = await urlOf(cropping, 'bea');
  const base = url.slice(0, url.lastIndexOf('/') + 1);
  const token = url.slice(base.length);
  const other = token.startsWith('A') ? 'B' : 'A';
  const bad = [
    ...['', '1', '..%2Fkeys.bin', '..%2f..%2flibrary.db', '%00', 'x'.repeat(5000)],
    ...[`${token}x`, `${token}?x`, `${token}=`, `${token}/`, `%41${token.slice(1)}`, other + token.slice(1)],
  ];
  for (const path of bad) {
    const answer = await fetch(base + path);
    const { RequestId, ...body } = (await answer.json()) as Record<string, string>;
    assert.match(RequestId!, upperCaseUuid);
    assert.deepEqual(body, {
      Code: 'InvalidPhotograph.NotFound',
      Message: 'Specified photograph is not found: its address has ended, or its face was deleted.',
      HostId: 'lethe',
      Recommend:
        'https://error-center.aliyun.com/status/search?Keyword=InvalidPhotograph.NotFound&source=PopGw',
    });
    assert.deepEqual(
      [answer.status, answer.headers.get('cache-control'), answer.headers.get('x-content-type-options')],
      [404, 'no-store', 'nosniff'],
    );
  }
  assert.equal((await fetch(url, { method: 'POST' })).status, 404);
  assert.equal(await rawStatus(cropping.lethe.url, '/lethe/v1/photos/../../../keys.bin'), 404);
  nowMs += 15 * 60_000;
  assert.equal((await fetch(url)).status, 404);
  assert.equal((await fetch(await urlOf(cropping, 'bea'))).status, 200);
});

/** As it stands: fetch would take the dots out. */
async function rawStatus(url: string, target: string): Promise<number> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(`GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
  const [head] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return Number(head.toString('latin1').split(' ')[1]);
}

test('a token opens the photograph of one face of one account, and no other library has it', async () => {
  const keys = await openKeys({ data: join(whole.folder, 'data'), rootKey: undefined });
  const key = drawAccessKey('other', nowMs);
  await keys.addAccessKey(key);
  await keys.close();
  const others = clientOf(whole.lethe.url, { id: key.id, secret: key.material.secret });
  await enrol(whole, 'anna', photos.urls.left!);
  const faceId = await enrol(whole, 'bea', photos.urls.middle!);
  await enrol(others, 'anna', photos.urls.right!);
  const [left, middle, right] = [
    await urlOf(whole, 'anna'),
    await urlOf(whole, 'bea'),
    await urlOf(others, 'anna'),
  ];
  assert.deepEqual(await bytesAt(left), photos.bytesOf('left.jpg'));
  assert.deepEqual(await bytesAt(middle), photos.bytesOf('middle.jpg'));
  assert.deepEqual(await bytesAt(right), photos.bytesOf('right.jpg'));
  assert.deepEqual(itemsOf(await others.call('GetFaces', { personId: 'anna', faceIds: [faceId] })), [
    { success: false, faceId },
  ]);
  const token = left.split('/').at(-1)!;
  assert.equal((await fetch(`${cropping.lethe.url}/lethe/v1/photos/${token}`)).status, 404);
});

test('once its face is deleted, a URL given out before is not found', async () => {
  const faceId = await enrol(cropping, 'cleo');
  const url = await urlOf(cropping, 'cleo');
  assert.equal((await fetch(url)).status, 200);
  await cropping.call('DeleteFaces', { personId: 'cleo', faceIds: [faceId] });
  assert.equal((await fetch(url)).status, 404);
  assert.deepEqual(itemsOf(await cropping.call('GetFaces', { personId: 'cleo' })), []);
});

test('an answer that is being read ends where its face is deleted meanwhile', async () => {
  // Longer than what the sockets of both ends hold.
  const large = Buffer.concat([photos.bytesOf('right.jpg'), Buffer.alloc(18_000_000, 'tail')]);
  const faceId = await enrol(whole, 'dora', photos.publish('large.jpg', large));
  const { hostname, port, pathname } = new URL(await urlOf(whole, 'dora'));
  const socket = connect(Number(port), hostname);
  socket.write(`GET ${pathname} HTTP/1.1\r\nhost: x\r\n\r\n`);
  const [head] = (await once(socket, 'data')) as [Buffer];
  socket.pause();
  assert.match(
    head.toString('latin1'),
    new RegExp(`^HTTP/1.1 200 OK[^]*content-length: ${large.length}\r\n`),
  );
  await whole.call('DeleteFaces', { personId: 'dora', faceIds: [faceId] });
  let bytes = head.length;
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  socket.on('error', () => undefined);
  socket.resume();
  await once(socket, 'close');
  assert.ok(bytes < large.length, `${bytes} bytes were still answered`);
});

test('--keep-photos original keeps the bytes as they came, what the camera wrote included', async () => {
  const given = await tagged('right.jpg');
  await enrol(whole, 'eve', photos.publish('tagged-too.jpg', given));
  assert.deepEqual(await bytesAt(await urlOf(whole, 'eve')), given);
});

test('several originals of one request are enrolled in their order', async () => {
  await whole.call('AddPerson', { groupIds: ['women'], personId: 'fay' });
  const urls = [photos.urls.left!, 'http://10.0.0.1/x.jpg', photos.urls.middle!];
  const items = itemsOf(await whole.call('AddFaces', { personId: 'fay', urls }));
  assert.deepEqual(
    items.map(({ success }) => success),
    [true, false, true],
  );
  const listed = (await whole.call('GetPerson', { personId: 'fay' })).data as { faceIds: string[] };
  assert.deepEqual(listed.faceIds, [String(items[0]!.faceId), String(items[2]!.faceId)]);
});

/** AddFaces of two originals; `between` happens once the first is enrolled and before the second has arrived. */
async function addTwo(personId: string, between: () => Promise<unknown>) {
  const server = createServer((_, response) => {
    between().then(() => response.end(photos.bytesOf('middle.jpg')));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const slow = `http://127.0.0.1:${(server.address() as AddressInfo).port}/slow.jpg`;
  try {
    return await whole.call('AddFaces', { personId, urls: [photos.urls.left!, slow] });
  } finally {
    server.close();
  }
}

test('a person deleted halfway through AddFaces leaves no photograph, and the call is refused', async () => {
  await whole.call('AddPerson', { groupIds: ['women'], personId: 'gina' });
  const { code, msg } = await addTwo('gina', () => whole.call('DeletePerson', { personId: 'gina' }));
  assert.deepEqual([code, msg], [400, 'The person is not exist!']);
  await whole.call('AddPerson', { groupIds: ['women'], personId: 'gina' });
  assert.deepEqual(itemsOf(await whole.call('GetFaces', { personId: 'gina' })), []);
});

test('another person who gets the same id halfway through AddFaces is given none of the faces', async () => {
  await whole.call('AddPerson', { groupIds: ['women'], personId: 'hanna' });
  const { code } = await addTwo('hanna', async () => {
    await whole.call('DeletePerson', { personId: 'hanna' });
    await whole.call('AddPerson', { groupIds: ['women'], personId: 'hanna' });
  });
  assert.equal(code, 400);
  assert.deepEqual(itemsOf(await whole.call('GetFaces', { personId: 'hanna' })), []);
});

test('consent that ends halfway through AddFaces takes back the faces that were enrolled before', async () => {
  await whole.call('AddPerson', { groupIds: ['women'], personId: 'ida' });
  const endsOn = new Date(nowMs + 86_400_000).toISOString().slice(0, 10);
  await whole.call('RecordConsent', { personId: 'ida', reference: 'r', purpose: 'p', basis: 'b', endsOn });
  const { code } = await addTwo('ida', async () => {
    nowMs += 2 * 86_400_000;
  });
  assert.notEqual(code, 200);
  const listed = await whole.call('GetFaces', { personId: 'ida' });
  assert.deepEqual(listed.data === undefined ? [] : itemsOf(listed), []);
});

test('a server that keeps photographs no more answers none of those it kept, under a public URL where one is set', async () => {
  const { folder, lethe } = await startServer();
  await lethe.close();
  const publicUrl = 'https://faces.example/lethe/';
  const keeping = await startOn(folder, { keepPhotos: 'crop', publicUrl });
  await keeping.ready;
  const before = clientOf(keeping.url);
  const faceId = await enrol(before, 'anna');
  const url = await urlOf(before, 'anna');
  assert.ok(url.startsWith('https://faces.example/lethe/lethe/v1/photos/'));
  const target = `/lethe/v1/photos/${url.split('/').at(-1)}`;
  assert.equal((await fetch(keeping.url + target)).status, 200);
  await keeping.close();
  const without = await startOn(folder);
  after(() => without.close());
  await without.ready;
  assert.deepEqual(itemsOf(await clientOf(without.url).call('GetFaces', { personId: 'anna' })), [
    { success: true, faceId: Number(faceId) },
  ]);
  assert.equal((await fetch(without.url + target)).status, 404);
});
