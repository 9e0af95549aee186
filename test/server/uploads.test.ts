// The official helper's flow with the official clients: credentials, an upload with ali-oss, its oss:// URL, gone.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, test } from 'node:test';
import { drawAccessKey } from '../../src/gallery/access-keys.ts';
import { openKeys } from '../../src/library.ts';
import { openOss, type UploadGrant } from '../support/oss-client.ts';
import { accessKey, clientOf, portrait, startServer } from '../support/server.ts';

const { lethe, folder, call } = await startServer();
const keys = await openKeys({ data: join(folder, 'data'), rootKey: undefined });
after(() => keys.close());
const face = await portrait('right');
await call('AddPerson', { groupIds: ['staff'], personId: 'anna' });

const lend = async (from = call) => (await from('UploadCredentials', {})).data as UploadGrant;
const nameIn = (grant: UploadGrant) => `${grant.uploadFolder}/images/${randomUUID()}`;
const urlOf = (grant: UploadGrant, object: string) => `oss://${grant.uploadBucket}/${object}`;
const gone = {
  success: false,
  msg: 'NOT_FOUND: there is no such upload: uploads are gone once used, or after an hour',
};
const enrol = async (url: string, from = call) => {
  const { faceImageItems } = (await from('AddFaces', { personId: 'anna', urls: [url] })).data as {
    faceImageItems: { success: boolean; msg?: string }[];
  };
  return faceImageItems[0];
};
/** An upload as a fact: its face is found by its URL, once. */
const checkUploaded = async (url: string) => {
  const { code, data } = await call('DetectFace', { url });
  assert.deepEqual([code, (data as { faces: unknown[] }).faces.length], [200, 1]);
  assert.equal((await call('DetectFace', { url })).code, 404);
};

test('credentials are for an hour, for one folder, and say where to go', async () => {
  const before = Date.now();
  const grant = await lend();
  assert.ok(grant.expiredTime >= before + 3_600_000 && grant.expiredTime <= Date.now() + 3_600_000);
  const {
    accessKeyId,
    accessKeySecret,
    securityToken,
    expiredTime: _,
    code,
    ...place
  } = grant as UploadGrant & {
    code: number;
  };
  assert.match(accessKeyId, /^STS\.\w{24}$/);
  assert.ok(accessKeySecret.length > 40 && securityToken.length > 100 && code === 200);
  assert.deepEqual(place, {
    ossEndpoint: lethe.url,
    uploadBucket: 'lethe-uploads',
    uploadFolder: 'upload/default',
  });
});

/** A name as endpoint, which the client puts the bucket before; resolved here as a wildcard in the DNS would. */
const byName = {
  endpoint: lethe.url.replace('127.0.0.1', 'lethe.test'),
  agent: new Agent({
    lookup: (name, options, done) => {
      assert.equal(name, 'lethe-uploads.lethe.test');
      if (options.all) done(null, [{ address: '127.0.0.1', family: 4 }]);
      else done(null, '127.0.0.1', 4);
    },
  }),
};
const v4 = { authorizationV4: true, region: 'oss-cn-shanghai' };
const habits: [name: string, options: object][] = [
  ['signature 1, endpoint an address', {}],
  ['signature 1, endpoint an address, the bucket in the path', { sldEnable: true }],
  ['signature 1, endpoint a name', byName],
  [
    'signature 1, endpoint a domain of the bucket',
    { ...byName, endpoint: lethe.url.replace('127.0.0.1', 'lethe-uploads.lethe.test'), cname: true },
  ],
  ['signature 4, endpoint an address', v4],
  ['signature 4, endpoint a name', { ...byName, ...v4 }],
  ['signature 4, the bucket in the path', { ...v4, sldEnable: true }],
];
for (const [name, options] of habits) {
  test(`ali-oss uploads and the picture is enrolled once by its oss:// URL: ${name}`, async () => {
    const grant = await lend();
    const object = nameIn(grant);
    const { res } = await openOss(grant, options).put(object, face, { mime: 'image/jpeg' });
    assert.equal(res.status, 200);
    assert.match(res.headers.etag!, /^"[0-9A-F]{32}"$/);
    assert.equal((await enrol(urlOf(grant, object)))?.success, true);
    assert.deepEqual(await enrol(urlOf(grant, object)), gone);
  });
}

test('a stream of unknown length is taken, and headers for notes and a type, under both signatures', async () => {
  for (const options of [{}, v4]) {
    const grant = await lend();
    const object = `${nameIn(grant)}.jpg`;
    const headers = { 'x-oss-meta-origin': 'door 7', 'Content-Disposition': 'inline' };
    await openOss(grant, options).put(object, Readable.from([face.subarray(0, 5000), face.subarray(5000)]), {
      headers,
    });
    await checkUploaded(urlOf(grant, object));
  }
});

test('odd characters in a name stay what they are', async () => {
  for (const odd of ['Ängström 门口.jpg', 'a+b c%20d.jpg', "it's (1)!*~.jpg", 'a?b#c&d=e.jpg', '…/..jpg']) {
    for (const options of [{}, v4]) {
      const grant = await lend();
      const object = `${grant.uploadFolder}/images/${odd}`;
      await openOss(grant, options).put(object, face);
      await checkUploaded(urlOf(grant, object));
    }
  }
});

test('an oss:// URL may name the endpoint, and stands in every operation that takes a URL', async () => {
  const grant = await lend();
  const upload = async () => {
    const object = nameIn(grant);
    await openOss(grant).put(object, face);
    return `oss://${grant.uploadBucket}.oss-cn-shanghai.aliyuncs.com/${object}`;
  };
  assert.equal(((await call('DetectFace', { url: await upload() })).data as { code: number }).code, 200);
  // Each scene opens the picture: it stays until the request has ended.
  const tasks = [
    { url: await upload(), extras: { groupId: 'staff', faceUrl: await upload() } },
    { url: await upload(), extras: { groupId: 'staff', faceUrl: await upload() } },
  ];
  const { data } = await call('ImageSyncScan', { scenes: ['sface-n', 'sface-1'], tasks });
  for (const { code, results } of data as { code: number; results: { suggestion: string }[] }[]) {
    assert.equal(code, 200);
    assert.deepEqual(
      results.map(({ suggestion }) => suggestion),
      ['review', 'review'],
    );
  }
  const again = await call('ImageSyncScan', { scenes: ['sface-1'], tasks });
  assert.deepEqual(
    (again.data as { code: number }[]).map(({ code }) => code),
    [404, 404],
  );
});

test('an upload belongs to its account: no other may write there, nor open it, nor learn of it', async () => {
  const key = drawAccessKey('shop', Date.now());
  await keys.addAccessKey(key);
  const shop = clientOf(lethe.url, { id: key.id, secret: key.material.secret }).call;
  await shop('AddPerson', { groupIds: ['staff'], personId: 'anna' });
  const [mine, theirs] = [await lend(), await lend(shop)];
  assert.equal(theirs.uploadFolder, 'upload/shop');
  const object = nameIn(mine);
  await assert.rejects(openOss(theirs).put(object, face), { code: 'AccessDenied', status: 403 });
  await openOss(mine).put(object, face);
  assert.deepEqual(await enrol(urlOf(mine, object), shop), gone);
  await checkUploaded(urlOf(mine, object));
});

test('a foreign bucket is refused, to upload to and to open', async () => {
  const grant = await lend();
  for (const options of [{}, { sldEnable: true }, v4]) {
    const client = openOss(grant, { ...options, bucket: 'another-bucket' });
    await assert.rejects(client.put(nameIn(grant), face), { code: 'NoSuchBucket', status: 404 });
  }
  const answer = await enrol(`oss://another-bucket/${nameIn(grant)}`);
  assert.match(answer!.msg!, /^PERMISSION_DENY: /);
});

test('nothing but putting is possible: no listing, reading, deleting, appending, parts', async () => {
  const grant = await lend();
  const object = nameIn(grant);
  const client = openOss(grant);
  await client.put(object, face);
  for (const more of [
    client.get(object),
    client.list({ 'max-keys': 10 }),
    client.delete(object),
    client.append(object, face),
    client.initMultipartUpload(object),
  ]) {
    await assert.rejects(more, { code: 'MethodNotAllowed', status: 405 });
  }
  await assert.rejects(client.head(object), { status: 405 });
  await assert.rejects(client.put(object, face, { headers: { 'x-oss-forbid-overwrite': 'true' } }), {
    code: 'NotImplemented',
    status: 501,
  });
  await checkUploaded(urlOf(grant, object));
});

test('a key for uploads calls no operation, and another temporary or stored key uploads nothing', async () => {
  const grant = await lend();
  const uploader = {
    id: grant.accessKeyId,
    secret: grant.accessKeySecret,
    securityToken: grant.securityToken,
  };
  for (const action of ['UploadCredentials', 'GetGroups']) {
    await assert.rejects(clientOf(lethe.url, uploader).call(action, {}), { code: 'NoPermission' });
  }
  const { id, secret, securityToken } = await keys.issueTemporaryKey({
    account: 'default',
    parentId: accessKey.id,
    expiresAtMs: Date.now() + 3_600_000,
  });
  const temporary = { ...grant, accessKeyId: id, accessKeySecret: secret, securityToken };
  await assert.rejects(openOss(temporary).put(nameIn(grant), face), { code: 'AccessDenied' });
  const stored = { ...grant, accessKeyId: accessKey.id, accessKeySecret: accessKey.secret };
  await assert.rejects(openOss(stored, { stsToken: undefined }).put(nameIn(grant), face), {
    code: 'AccessDenied',
  });
});

test('credentials end with the key that asked for them', async () => {
  const expiresAtMs = Date.now() + 60_000;
  const temporary = await keys.issueTemporaryKey({ account: 'default', parentId: accessKey.id, expiresAtMs });
  assert.equal((await lend(clientOf(lethe.url, temporary).call)).expiredTime, expiresAtMs);

  const key = drawAccessKey('default', Date.now());
  await keys.addAccessKey(key);
  const grant = await lend(clientOf(lethe.url, { id: key.id, secret: key.material.secret }).call);
  await openOss(grant).put(nameIn(grant), face);
  await keys.setAccessKeyStatus(key.id, 'disabled');
  await assert.rejects(openOss(grant).put(nameIn(grant), face), { code: 'InvalidAccessKeyId', status: 403 });

  const limited = drawAccessKey('default', Date.now());
  await keys.addAccessKey({ ...limited, allowedActions: ['GetGroups'] });
  const barred = await keys.issueTemporaryKey({
    account: 'default',
    parentId: limited.id,
    expiresAtMs,
    isForUploads: true,
  });
  const made = {
    ...grant,
    accessKeyId: barred.id,
    accessKeySecret: barred.secret,
    securityToken: barred.securityToken,
  };
  await assert.rejects(openOss(made).put(nameIn(grant), face), { code: 'AccessDenied' });
});

test('each fault of the credentials arrives in ali-oss as its own error', async () => {
  const [one, other] = [await lend(), await lend()];
  const ended = await keys.issueTemporaryKey({
    account: 'default',
    parentId: accessKey.id,
    expiresAtMs: Date.now(),
    isForUploads: true,
  });
  const faults: [change: Partial<UploadGrant>, code: string][] = [
    [{ accessKeySecret: other.accessKeySecret }, 'SignatureDoesNotMatch'],
    [{ securityToken: other.securityToken }, 'InvalidSecurityToken'],
    [{ securityToken: 'CAISfake' }, 'InvalidSecurityToken'],
    [{ accessKeyId: 'STS.nobody' }, 'InvalidSecurityToken'],
    [{ accessKeyId: 'nobody' }, 'InvalidAccessKeyId'],
    [
      { accessKeyId: ended.id, accessKeySecret: ended.secret, securityToken: ended.securityToken },
      'SecurityTokenExpired',
    ],
  ];
  for (const [change, code] of faults) {
    for (const options of [{}, v4]) {
      await assert.rejects(openOss({ ...one, ...change }, options).put(nameIn(one), face), {
        code,
        status: 403,
      });
    }
  }
  for (const options of [{}, v4]) {
    const late = openOss(one, { ...options, amendTimeSkewed: -901_000 });
    await assert.rejects(late.put(nameIn(one), face), { code: 'RequestTimeTooSkewed', status: 403 });
    const noToken = openOss(one, { ...options, stsToken: undefined });
    await assert.rejects(noToken.put(nameIn(one), face), { code: 'InvalidAccessKeyId', status: 403 });
  }
});

test('more than 20 MB are refused, declared or streamed, and take no memory', async () => {
  const grant = await lend();
  const client = openOss(grant);
  const large = Buffer.alloc(20 * 1024 * 1024 + 1);
  await assert.rejects(client.put(nameIn(grant), large), { code: 'EntityTooLarge', status: 400 });
  const pieces = Array.from({ length: 21 }, () => large.subarray(0, 1024 * 1024));
  await assert.rejects(client.put(nameIn(grant), Readable.from(pieces)), { code: 'EntityTooLarge' });
  for (let round = 0; round < 8; round++) {
    await assert.rejects(client.put(nameIn(grant), Readable.from(pieces)), { code: 'EntityTooLarge' });
  }
  await client.put(nameIn(grant), large.subarray(1));
});

test('a body that differs from its Content-MD5 is refused', async () => {
  const grant = await lend();
  const headers = { 'Content-MD5': 'AAAAAAAAAAAAAAAAAAAAAA==' };
  await assert.rejects(openOss(grant).put(nameIn(grant), face, { headers }), {
    code: 'InvalidDigest',
    status: 400,
  });
});

test('credentials name the host of --public-url, and an upload may be the photograph that is kept', async () => {
  const keeping = await startServer({ publicUrl: 'https://faces.test/lethe', keepPhotos: 'original' });
  const grant = await lend(keeping.call);
  assert.equal(grant.ossEndpoint, 'https://faces.test');
  const object = nameIn(grant);
  await openOss(grant, { endpoint: keeping.lethe.url }).put(object, face);
  await keeping.call('AddPerson', { groupIds: ['staff'], personId: 'anna' });
  assert.equal((await enrol(urlOf(grant, object), keeping.call))?.success, true);
  assert.deepEqual(await enrol(urlOf(grant, object), keeping.call), gone);
  const { faceImageItems } = (await keeping.call('GetFaces', { personId: 'anna' })).data as {
    faceImageItems: { url: string }[];
  };
  const kept = await fetch(faceImageItems[0]!.url.replace('https://faces.test/lethe', keeping.lethe.url));
  assert.deepEqual(Buffer.from(await kept.arrayBuffer()), face);
});
