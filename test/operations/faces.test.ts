// The life of a face on real photographs: enrolled, listed, found, deleted, not found.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import sharp from 'sharp';
import { clientOf, startOn, startPhotos, startServer } from '../support/server.ts';

const { call, lethe, folder } = await startServer();
const photos = await startPhotos();
const { urls } = photos;
const said = ({ code, msg }: { code: number; msg: string }) => ({ code, msg });

type Item = { faceId?: number; success: boolean; msg?: string };
const enrol = async (personId: string, ...given: string[]): Promise<Item[]> =>
  ((await call('AddFaces', { personId, urls: given })).data as { faceImageItems: Item[] }).faceImageItems;
const faceIdsOf = async (personId: string): Promise<string[]> =>
  ((await call('GetPerson', { personId })).data as { faceIds: string[] }).faceIds;

type Task = {
  code: number;
  msg: string;
  results?: { label: string; topPersonData: { persons: { personId: string }[] }[] }[];
};
const search = async (groupId: string, url = urls['sample3.jpg']!): Promise<Task> =>
  (
    (await call('ImageSyncScan', { scenes: ['sface-n'], tasks: [{ url, extras: { groupId } }] }))
      .data as Task[]
  )[0]!;
const foundIn = async (groupId: string): Promise<string[]> =>
  (await search(groupId)).results![0]!.topPersonData.flatMap(({ persons }) =>
    persons.map(({ personId }) => personId),
  );

before(async () => {
  for (const personId of ['left', 'middle', 'right']) {
    await call('AddPerson', { groupIds: ['women'], personId, name: `the ${personId} one`, note: 'sample1' });
  }
});

test('AddFaces enrols the face of each picture and answers 13 to 15 digit numbers', async () => {
  const answer = await call('AddFaces', { bizType: 'edu', personId: 'right', urls: [urls.right!] });
  const [item] = (answer.data as { faceImageItems: Item[] }).faceImageItems;
  assert.match(String(item!.faceId), /^\d{13,15}$/);
  assert.deepEqual(answer.data, {
    code: 200,
    personId: 'right',
    groupIds: ['women'],
    faceImageItems: [{ faceId: item!.faceId, success: true }],
  });
  assert.deepEqual(await faceIdsOf('right'), [String(item!.faceId)]);
});

test('a picture that cannot be enrolled says why, and its neighbours are enrolled, in order', async () => {
  const empty = photos.publish(
    'empty.png',
    await sharp({ create: { width: 300, height: 300, channels: 3, background: '#777' } })
      .png()
      .toBuffer(),
  );
  const tiny = photos.publish(
    'tiny.png',
    await sharp(photos.bytesOf('left.jpg')).resize(40).png().toBuffer(),
  );
  const blurred = photos.publish(
    'blurred.png',
    await sharp(photos.bytesOf('right.jpg')).blur(7).png().toBuffer(),
  );
  const text = photos.publish('text.jpg', Buffer.from('not a picture'));
  const items = await enrol(
    'left',
    empty,
    urls.left!,
    urls['sample1.jpg']!,
    tiny,
    blurred,
    text,
    'http://127.0.0.1:1/x.jpg',
    'http://10.0.0.1/x.jpg',
    'ftp://x/y',
  );
  assert.equal(items[1]!.success, true);
  const words = items.map(({ msg }) => msg);
  assert.equal(words[0], 'no face found in the picture');
  assert.equal(words[2], '3 faces found in the picture, exactly one is needed');
  assert.match(words[3]!, /^(the face is too small|no face found in the picture)/);
  assert.match(words[4]!, /^the face is too blurred$/);
  assert.match(words[5]!, /^BAD_FORMAT: /);
  assert.match(words[6]!, /^DOWNLOAD_FAILED: /);
  assert.match(words[7]!, /^NOT_ALLOWED: /);
  assert.match(words[8]!, /URL/);
  assert.equal((await faceIdsOf('left')).length, 1);
});

test('a data: URI is a picture too', async () => {
  const uri = `data:image/jpeg;base64,${photos.bytesOf('middle.jpg').toString('base64')}`;
  const [item] = await enrol('middle', uri);
  assert.equal(item!.success, true);
});

test('GetFaces answers bare numbers, and says of an asked id that is not there', async () => {
  const [faceId] = await faceIdsOf('right');
  assert.deepEqual((await call('GetFaces', { personId: 'right' })).data, {
    code: 200,
    faceImageItems: [{ success: true, faceId: Number(faceId) }],
  });
  assert.deepEqual((await call('GetFaces', { personId: 'right', faceIds: ['1', faceId] })).data, {
    code: 200,
    faceImageItems: [
      { success: false, faceId: '1' },
      { success: true, faceId: Number(faceId) },
    ],
  });
});

test('ImageSyncScan sface-n finds the person in another picture, and nobody for the strangers', async () => {
  const task = await search('women');
  const [faceId] = await faceIdsOf('right');
  const [result] = task.results as unknown as {
    rate: number;
    topPersonData: { faceItem: object; persons: { rate: number }[] }[];
  }[];
  const matched = result!.topPersonData.find(({ persons }) => persons.length > 0)!;
  const { rate } = matched.persons[0]!;
  assert.ok(rate >= 80 && rate <= 100, `rate ${rate}`);
  assert.deepEqual(matched.persons, [
    { personId: 'right', faceId, rate, name: 'the right one', note: 'sample1' },
  ]);
  assert.deepEqual(Object.keys(matched.faceItem), ['x', 'y', 'width', 'height']);
  assert.equal(result!.topPersonData.length, 3);
  assert.deepEqual(await foundIn('women'), ['right']);
  assert.equal(task.results![0]!.label, 'sface');
  assert.equal((await search('another')).results![0]!.label, 'normal');
});

test('ImageSyncScan sface-1 compares the largest faces of two pictures', async () => {
  const compare = async (url: string, faceUrl: string) =>
    (
      await call('ImageSyncScan', {
        scenes: ['sface-1'],
        tasks: [{ dataId: 'd1', url, extras: { faceUrl } }],
      })
    ).data as {
      taskId: string;
      results: { rate: number; suggestion: string }[];
    }[];
  const [same] = await compare(urls.right!, urls.rightAgain!);
  const { rate } = same!.results[0]!;
  assert.deepEqual(same, {
    code: 200,
    msg: 'OK',
    dataId: 'd1',
    taskId: same!.taskId,
    url: urls.right,
    results: [{ scene: 'sface-1', label: 'sface', suggestion: 'review', rate }],
  });
  assert.ok(rate > 80);
  const [other] = await compare(urls.left!, urls.rightAgain!);
  assert.equal(other!.results[0]!.suggestion, 'pass');
});

test('a scan task that fails carries its own code, and its neighbours succeed', async () => {
  const tasks = [
    { dataId: 'a', url: 'http://10.0.0.1/x.jpg', extras: { groupId: 'women' } },
    { dataId: 'b', url: urls.right, extras: {} },
    { dataId: 'c', url: urls.right, extras: { groupId: 'women' } },
  ];
  const { data } = await call('ImageSyncScan', { scenes: ['sface-n'], tasks });
  const [unsafe, groupless, good] = data as Task[];
  assert.equal(unsafe!.code, 401);
  assert.deepEqual(said(groupless!), { code: 400, msg: 'extras.groupId: is required' });
  assert.equal(good!.code, 200);
});

test('ImageSyncScan takes a single task without its array, as one public client sends it', async () => {
  const body = { scenes: ['sface-n'], tasks: { url: urls.right, extras: { groupId: 'women' } } };
  assert.equal(((await call('ImageSyncScan', body)).data as Task[]).length, 1);
});

const badScans: [body: unknown, msg: string][] = [
  [{ tasks: [{ url: 'x' }] }, 'scenes: is required'],
  [{ scenes: [], tasks: [{ url: 'x' }] }, 'scenes: must not be empty'],
  [{ scenes: ['porn'], tasks: [{ url: 'x' }] }, 'scenes[0]: must be sface-n, sface-1 or sface'],
  [{ scenes: ['sface-n'] }, 'tasks: is required'],
  [{ scenes: ['sface-n'], tasks: [] }, 'tasks: must not be empty'],
  [{ scenes: ['sface-n'], tasks: [{}] }, 'tasks[0].url: is required'],
  [{ scenes: ['sface-n'], tasks: Array(101).fill({ url: 'x' }) }, 'tasks: must have at most 100 items'],
  [
    {
      scenes: ['sface-n'],
      tasks: [
        { url: 'x', dataId: 'd' },
        { url: 'y', dataId: 'd' },
      ],
    },
    'tasks: a dataId must be unique in the request',
  ],
];
for (const [body, msg] of badScans) {
  test(`ImageSyncScan is refused: ${msg}`, async () => {
    assert.deepEqual(said(await call('ImageSyncScan', body)), { code: 400, msg });
  });
}

test('DetectFace tells location, quality, gender, age and smile, and says what it does not know', async () => {
  const { data } = await call('DetectFace', { dataId: 'photo', url: urls['sample1.jpg'] });
  const { faces, taskId, ...rest } = data as {
    faces: Record<string, Record<string, number | string>>[];
    taskId: string;
  };
  assert.deepEqual(rest, { code: 200, msg: 'OK', dataId: 'photo', url: urls['sample1.jpg'] });
  assert.match(taskId, /^[0-9a-f-]{36}$/);
  const [, , right] = faces.sort((a, b) => Number(a.location!.x) - Number(b.location!.x));
  assert.equal(faces.length, 3);
  assert.equal(right!.gender!.value, 'Female');
  assert.ok(Number(right!.smile!.value) > 80, 'she laughs');
  assert.ok(Number(right!.age!.value) > 10 && Number(right!.age!.value) < 60);
  assert.ok(Math.abs(Number(right!.quality!.yaw)) < 60);
  for (const attribute of ['glasses', 'respirator', 'hat', 'mustache', 'bang', 'hairstyle']) {
    assert.deepEqual(right![attribute], { value: 'None', confidence: 0 });
  }
});

test('DetectFace refuses a picture that cannot be had with the code of the reason', async () => {
  const answer = await call('DetectFace', { url: 'http://169.254.169.254/latest/meta-data' });
  assert.equal(answer.code, 401);
  assert.ok(!('data' in answer));
});

test("DeleteFaces skips unknown ids and other persons' ids, counts an id once, and answers what went in the order asked", async () => {
  const [first, second] = await enrol('middle', urls.middle!, urls.middle!);
  const [others] = await faceIdsOf('right');
  const asked = [
    String(second!.faceId),
    '1244453323565',
    others,
    first!.faceId,
    String(second!.faceId),
    31820666292926465n,
  ];
  const body = JSON.stringify({ personId: 'middle', faceIds: asked.map(String) });
  const answer = await call('DeleteFaces', JSON.parse(body), {
    clientInfo: '{"userId":"120234234","umid":"u","imei":"i"}',
  });
  assert.deepEqual(answer.data, {
    code: 200,
    personId: 'middle',
    faceIds: [String(second!.faceId), String(first!.faceId)],
    deleteCount: 2,
  });
  assert.deepEqual(await faceIdsOf('right'), [others]);
  const again = await call('DeleteFaces', JSON.parse(body));
  assert.deepEqual(again.data, { code: 200, personId: 'middle', faceIds: [], deleteCount: 0 });
});

test('a face id sent as a number is exact', async () => {
  const [item] = await enrol('middle', urls.middle!);
  const answer = await call('DeleteFaces', { personId: 'middle', faceIds: [item!.faceId] });
  assert.deepEqual((answer.data as { faceIds: string[] }).faceIds, [String(item!.faceId)]);
});

test('a deleted face is not found, not listed, and stays away after a restart; the last face may go', async () => {
  assert.deepEqual(await foundIn('women'), ['right']);
  const faceIds = await faceIdsOf('right');
  await call('DeleteFaces', { personId: 'right', faceIds });
  assert.deepEqual(await foundIn('women'), []);
  assert.deepEqual(await faceIdsOf('right'), []);
  await lethe.close();
  const restarted = await startOn(folder);
  try {
    await restarted.ready;
    const { call: callAgain } = clientOf(restarted.url);
    const { data } = await callAgain('ImageSyncScan', {
      scenes: ['sface-n'],
      tasks: [{ url: urls['sample3.jpg'], extras: { groupId: 'women' } }],
    });
    assert.ok((data as Task[])[0]!.results![0]!.topPersonData.every(({ persons }) => persons.length === 0));
    const { data: left } = await callAgain('GetPerson', { personId: 'left' });
    assert.equal((left as { faceIds: string[] }).faceIds.length, 1);
  } finally {
    await restarted.close();
  }
});
