// Asynchronous scans: taken on, asked for, sent to a callback, gone after an hour, and silent about who was deleted.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { drawAccessKey } from '../../src/gallery/access-keys.ts';
import { openKeys } from '../../src/library.ts';
import { receiveCallbacks } from '../support/callback-receiver.ts';
import { openOss, type UploadGrant } from '../support/oss-client.ts';
import { clientOf, startOn, startPhotos, startServer } from '../support/server.ts';

let nowMs = Date.now();
const { call, lethe, folder } = await startServer({ sfaceGroup: 'known' }, () => nowMs);
const { urls, bytesOf } = await startPhotos();

type Item = {
  code: number;
  msg: string;
  taskId: string;
  url?: string;
  dataId?: string;
  results?: Record<string, unknown>[];
};
const itemsOf = ({ data }: { data?: unknown }) => data as Item[];
const submit = async (body: object): Promise<Item[]> => itemsOf(await call('ImageAsyncScan', body));
const ask = async (...taskIds: string[]): Promise<Item[]> =>
  itemsOf(await call('ImageAsyncScanResults', taskIds));

async function result(taskId: string): Promise<Item> {
  for (;;) {
    const [item] = await ask(taskId);
    if (item!.code !== 280) return item!;
    assert.equal(item!.msg, 'PROCESSING');
    await wait(20);
  }
}

const inGroup = (url: string) => ({ url, extras: { groupId: 'women' } });
const said = ({ code, msg }: { code: number; msg: string }) => ({ code, msg });

before(async () => {
  await call('AddPerson', { groupIds: ['women', 'known'], personId: 'right', name: 'Ä & 李', note: 'n' });
  await call('AddFaces', { personId: 'right', urls: [urls.right] });
});

test('a scan is taken on at once, and its result is what the synchronous scan answers', async () => {
  const tasks = [{ dataId: 'one', ...inGroup(urls['sample3.jpg']!) }];
  const [taken] = await submit({ scenes: ['sface-n'], tasks });
  const { taskId } = taken!;
  assert.deepEqual(taken, { code: 200, msg: 'OK', dataId: 'one', taskId, url: urls['sample3.jpg'] });
  const [sync] = itemsOf(await call('ImageSyncScan', { scenes: ['sface-n'], tasks }));
  assert.deepEqual(await result(taskId), { ...sync, taskId });
  assert.equal(sync!.results![0]!.label, 'sface');
});

test('every task has its own code: what could not be fetched, what is not there, what is no task id', async () => {
  const [bad, groupless] = await submit({
    scenes: ['sface-n'],
    tasks: [inGroup('http://10.0.0.1/x.jpg'), { url: urls.right }],
  });
  const refused = await result(bad!.taskId);
  assert.equal(refused.code, 401);
  assert.equal(refused.url, 'http://10.0.0.1/x.jpg');
  assert.deepEqual(said(await result(groupless!.taskId)), { code: 400, msg: 'extras.groupId: is required' });
  const never = '00000000-0000-4000-8000-000000000000';
  assert.deepEqual(await ask(never, 'x', bad!.taskId), [
    { code: 594, msg: 'EXPIRED', taskId: never },
    { code: 404, msg: 'NOT_FOUND: there is no such task', taskId: 'x' },
    refused,
  ]);
});

test('a data: URI is scanned, and its content is not kept', async () => {
  const url = `data:image/jpeg;base64,${bytesOf('right.jpg').toString('base64')}`;
  const [taken] = await submit({ scenes: ['sface-n'], tasks: [inGroup(url)] });
  const item = await result(taken!.taskId);
  assert.deepEqual(
    [taken!.url, item.code, item.url],
    ['data:image/jpeg;base64,', 200, 'data:image/jpeg;base64,'],
  );
});

test('an upload stays until every task that names it is done', async () => {
  const grant = (await call('UploadCredentials', {})).data as UploadGrant;
  const object = `${grant.uploadFolder}/images/one.jpg`;
  await openOss(grant).put(object, bytesOf('right.jpg'));
  const url = `oss://${grant.uploadBucket}/${object}`;
  const taken = await submit({ scenes: ['sface-n', 'sface'], tasks: Array(12).fill(inGroup(url)) });
  const items = await Promise.all(taken.map(({ taskId }) => result(taskId)));
  assert.deepEqual(
    items.map(({ code }) => code),
    Array(12).fill(200),
  );
  const [late] = await submit({ scenes: ['sface-n'], tasks: [inGroup(url)] });
  assert.equal((await result(late!.taskId)).code, 404);
});

test('another account does not see a task', async () => {
  const keys = await openKeys({ data: join(folder, 'data') });
  const { id, material } = drawAccessKey('other', Date.now());
  await keys.addAccessKey({ ...drawAccessKey('other', Date.now()), id, material });
  await keys.close();
  const [taken] = await submit({ scenes: ['sface-n'], tasks: [inGroup(urls.right!)] });
  assert.equal((await result(taken!.taskId)).code, 200);
  const { call: callOther } = clientOf(lethe.url, { id, secret: material.secret });
  const [theirs] = itemsOf(await callOther('ImageAsyncScanResults', [taken!.taskId]));
  assert.deepEqual(theirs, { code: 594, msg: 'EXPIRED', taskId: taken!.taskId });
});

for (const [cryptType, hash] of [
  [undefined, 'sha256'],
  ['SHA256', 'sha256'],
  ['SM3', 'sm3'],
] as const) {
  test(`a callback is a form of content and checksum, ${cryptType ?? 'by default'} ${hash}`, async () => {
    const receiver = await receiveCallbacks();
    const tasks = [
      { dataId: 'a', ...inGroup(urls['sample3.jpg']!) },
      { dataId: 'b', ...inGroup('http://10.0.0.1/x.jpg') },
    ];
    const body = { scenes: ['sface-n'], tasks, callback: receiver.url, seed: 'seed_1', cryptType };
    const taken = await submit(body);
    await receiver.nth(2);
    const items = await Promise.all(taken.map(({ taskId }) => result(taskId)));
    for (const { method, path, contentType, form } of receiver.received) {
      assert.deepEqual([method, path], ['POST', '/found']);
      assert.equal(contentType, 'application/x-www-form-urlencoded; charset=utf-8');
      assert.deepEqual(Object.keys(form).sort(), ['checksum', 'content']);
      const expected = createHash(hash).update(`default${'seed_1'}${form.content}`).digest('hex');
      assert.equal(form.checksum, expected);
      const told = JSON.parse(form.content!) as Item;
      assert.deepEqual(
        told,
        items.find(({ taskId }) => taskId === told.taskId),
      );
    }
    assert.equal(receiver.received.length, 2);
  });
}

const badCallbacks: [fields: object, code: number, msg: string][] = [
  [{ callback: 'http://127.0.0.1/x' }, 400, 'seed: is required with a callback'],
  [{ callback: 'http://127.0.0.1/x', seed: '' }, 400, 'seed: is required with a callback'],
  [{ callback: 'http://127.0.0.1/x', seed: 'a b' }, 400, 'seed: may hold letters, digits and _ only'],
  [{ callback: 'http://127.0.0.1/x', seed: 's'.repeat(65) }, 400, 'seed: must have at most 64 characters'],
  [{ callback: 'http://127.0.0.1/x', seed: 's', cryptType: 'MD5' }, 400, 'cryptType: must be SHA256 or SM3'],
  [{ callback: 'x', seed: 's' }, 400, 'callback: must be an http or https URL'],
  [{ callback: 'ftp://x/y', seed: 's' }, 400, 'callback: must be an http or https URL'],
  [{ callback: 'data:text/plain,x', seed: 's' }, 400, 'callback: must be an http or https URL'],
  [{ callback: 7, seed: 's' }, 400, 'callback: must be a string'],
  [{ callback: 'http://u:p@x/y', seed: 's' }, 400, 'callback: must not hold a user name or password'],
  [
    { callback: `http://x/${'y'.repeat(2040)}`, seed: 's' },
    400,
    'callback: must have at most 2048 characters',
  ],
];
for (const address of ['10.0.0.1', '169.254.169.254', '[::1]', '2130706434', '[::ffff:10.0.0.1]']) {
  badCallbacks.push([
    { callback: `http://${address}/x`, seed: 's' },
    401,
    'NOT_ALLOWED: the address of the callback is not allowed',
  ]);
}
for (const [fields, code, msg] of badCallbacks) {
  test(`${JSON.stringify(fields).slice(0, 70)} is refused: ${msg}`, async () => {
    const body = { scenes: ['sface-n'], tasks: [inGroup(urls.right!)], ...fields };
    assert.deepEqual(said(await call('ImageAsyncScan', body)), { code, msg });
  });
}

const badQuestions: [body: unknown, msg: string][] = [
  [{}, 'body: must be an array of taskIds'],
  [{ taskIds: ['x'] }, 'body: must be an array of taskIds'],
  [[], 'body: must not be empty'],
  [[7], '[0]: must be a string'],
  [Array(101).fill('x'), 'body: must have at most 100 items'],
];
for (const [body, msg] of badQuestions) {
  test(`results of ${JSON.stringify(body).slice(0, 30)} are refused: ${msg}`, async () => {
    assert.deepEqual(said(await call('ImageAsyncScanResults', body)), { code: 400, msg });
  });
}

test('the scene sface lists the known faces of a picture, and no other', async () => {
  const tasks = [{ url: urls['sample3.jpg'] }, { url: urls.left }];
  const [found, nobody] = itemsOf(await call('ImageSyncScan', { scenes: ['sface'], tasks }));
  const [known] = found!.results as unknown as { rate: number; sfaceData: Record<string, number>[] }[];
  const { x, y, w, h } = known!.sfaceData[0]!;
  assert.ok(Math.abs(x! - 1060) < 100 && Math.abs(y! - 190) < 100 && w! > 100 && h! > 100);
  assert.deepEqual(found!.results, [
    {
      scene: 'sface',
      label: 'sface',
      suggestion: 'review',
      rate: known!.rate,
      sfaceData: [{ x, y, w, h, faces: [{ id: 'right', name: 'Ä & 李', rate: known!.rate }] }],
    },
  ]);
  assert.deepEqual(nobody!.results, [
    { scene: 'sface', label: 'normal', suggestion: 'pass', rate: 0, sfaceData: [] },
  ]);
  const [taken] = await submit({ scenes: ['sface'], tasks: tasks.slice(0, 1) });
  assert.deepEqual((await result(taken!.taskId)).results, found!.results);
});

test('SearchPerson answers as one sface-n task does', async () => {
  const url = urls['sample3.jpg']!;
  const [sync] = itemsOf(await call('ImageSyncScan', { scenes: ['sface-n'], tasks: [inGroup(url)] }));
  const { data } = await call('SearchPerson', { dataId: 'd', groupId: 'women', url });
  const { taskId } = data as Item;
  assert.deepEqual(data, { ...sync, dataId: 'd', taskId });
  const unsafe = await call('SearchPerson', { groupId: 'women', url: 'http://10.0.0.1/x.jpg' });
  assert.equal(unsafe.code, 401);
  assert.deepEqual(said(await call('SearchPerson', { url })), { code: 400, msg: 'groupId: is required' });
});

test('a face deleted since the scan names nobody in its result', async () => {
  const tasks = [inGroup(urls['sample3.jpg']!)];
  const [taken] = await submit({ scenes: ['sface-n', 'sface'], tasks });
  assert.equal((await result(taken!.taskId)).results![0]!.label, 'sface');
  await call('DeletePerson', { personId: 'right' });
  const { results } = await result(taken!.taskId);
  assert.ok(!JSON.stringify(results).includes('right'));
  assert.deepEqual(
    results!.map(({ label, rate }) => [label, rate]),
    [
      ['normal', 0],
      ['normal', 0],
    ],
  );
  await call('AddPerson', { groupIds: ['women'], personId: 'right' });
  await call('AddFaces', { personId: 'right', urls: [urls.right] });
  assert.deepEqual(
    (await result(taken!.taskId)).results,
    results,
    'the same id enrolled anew is another face',
  );
});

test('an hour after the scan its result is gone', async () => {
  const [taken] = await submit({ scenes: ['sface-n'], tasks: [inGroup(urls.right!)] });
  const { taskId } = taken!;
  assert.equal((await result(taskId)).code, 200);
  nowMs += 3_599_000;
  assert.equal((await result(taskId)).code, 200);
  nowMs += 1_000;
  assert.deepEqual(await result(taskId), { code: 594, msg: 'EXPIRED', taskId });
});

test('a restart loses every task, and without a group for it the scene sface is closed', async () => {
  const [taken] = await submit({ scenes: ['sface-n'], tasks: [inGroup(urls.right!)] });
  await lethe.close();
  const restarted = await startOn(folder);
  try {
    await restarted.ready;
    const { call: callAgain } = clientOf(restarted.url);
    const [gone] = itemsOf(await callAgain('ImageAsyncScanResults', [taken!.taskId]));
    assert.deepEqual(gone, { code: 594, msg: 'EXPIRED', taskId: taken!.taskId });
    const body = { scenes: ['sface-n', 'sface'], tasks: [inGroup(urls.right!)] };
    const closed = { code: 596, msg: 'PERMISSION_DENY: the scene sface is not open' };
    assert.deepEqual(said(await callAgain('ImageSyncScan', body)), closed);
    assert.deepEqual(said(await callAgain('ImageAsyncScan', body)), closed);
  } finally {
    await restarted.close();
  }
});
