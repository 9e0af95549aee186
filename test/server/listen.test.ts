// The sockets: probes, HTTPS, and the id of each answer.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { signRoa } from '../../src/wire/roa-signature.ts';
import { makeCertificate } from '../support/certificate.ts';
import { accessKey, startOn, startServer } from '../support/server.ts';

const certificates = await mkdtemp(join(tmpdir(), 'lethe-tls-'));
after(() => rm(certificates, { recursive: true, force: true }));
const { key, cert } = makeCertificate();
const files = { tlsCert: join(certificates, 'cert.pem'), tlsKey: join(certificates, 'key.pem') };
await writeFile(files.tlsCert, cert);
await writeFile(files.tlsKey, key);
const { lethe } = await startServer({ ...files, tlsPort: '0' });

test('healthz and readyz answer 200 once everything is loaded', async () => {
  for (const path of ['/healthz', '/readyz']) {
    const response = await fetch(new URL(path, lethe.url));
    assert.equal(response.status, 200);
    assert.deepEqual(await response.json(), { status: 'ok' });
  }
});

test('before models and gallery are loaded, readyz says 503 and operations ServiceUnavailable', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lethe-loading-'));
  const loading = await startOn(folder);
  try {
    assert.equal((await fetch(new URL('/healthz', loading.url))).status, 200);
    const early = await fetch(new URL('/readyz', loading.url));
    assert.deepEqual(
      [early.status, await early.json()],
      [503, { status: 'loading', faces: { loaded: 0, of: 0 } }],
    );
    const { faces, damagedRecords } = await loading.ready;
    assert.deepEqual({ faces, damagedRecords }, { faces: 0, damagedRecords: 0 });
    assert.equal((await fetch(new URL('/readyz', loading.url))).status, 200);
  } finally {
    await loading.close();
    await rm(folder, { recursive: true });
  }
});

test('where the models cannot be loaded, ready says so; where the folder is in use, starting does', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lethe-loading-'));
  const loading = await startOn(folder, { models: join(folder, 'nowhere') });
  try {
    await assert.rejects(loading.ready, /manifest\.json cannot be read/);
    await assert.rejects(startOn(folder), /is in use/);
    await assert.rejects(startOn(folder, { models: join(folder, 'nowhere') }), /is in use/);
  } finally {
    await loading.close();
    await rm(folder, { recursive: true });
  }
});

test('HTTPS answers as HTTP does', async () => {
  const headers = signRoa({
    method: 'POST',
    target: '/green/sface/groups',
    body: new Uint8Array(),
    accessKeyId: accessKey.id,
    accessKeySecret: accessKey.secret,
    date: new Date(),
    nonce: 'over-tls',
  });
  const body = await new Promise<string>((resolve, reject) => {
    const sent = request(
      `${lethe.tlsUrl}/green/sface/groups`,
      { method: 'POST', headers, ca: cert },
      (response) => {
        response.setEncoding('utf8').on('data', resolve);
      },
    );
    sent.on('error', reject).end();
  });
  assert.deepEqual(JSON.parse(body).data, { code: 200, groupIds: [] });
});

test('the request id stands in the body and in the header', async () => {
  const response = await fetch(new URL('/green/sface/groups', lethe.url), { method: 'POST' });
  const { RequestId } = (await response.json()) as { RequestId: string };
  assert.equal(response.headers.get('x-acs-request-id'), RequestId);
});
