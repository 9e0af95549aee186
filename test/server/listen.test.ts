// The sockets: probes, HTTPS, and malformed requests that still get the gateway's shape.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { signRoa } from '../../src/wire/roa-signature.ts';
import { makeCertificate } from '../support/certificate.ts';
import { accessKey, startOn, startServer, upperCaseUuid } from '../support/server.ts';

const certificates = await mkdtemp(join(tmpdir(), 'lethe-tls-'));
after(() => rm(certificates, { recursive: true, force: true }));
const { key, cert } = makeCertificate();
const files = { tlsCert: join(certificates, 'cert.pem'), tlsKey: join(certificates, 'key.pem') };
await writeFile(files.tlsCert, cert);
await writeFile(files.tlsKey, key);
const { lethe, call } = await startServer({ ...files, tlsPort: '0' });

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

/** Writes bytes to the port and reads all that comes back until it is closed. */
function exchange(bytes: string): Promise<string> {
  const { port } = new URL(lethe.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(bytes));
    let received = '';
    socket.setEncoding('latin1').on('data', (chunk) => {
      received += chunk;
    });
    socket.setTimeout(5000, () => socket.destroy());
    socket.on('close', () => resolve(received)).on('error', reject);
  });
}

const malformed: [what: string, bytes: string, code: string][] = [
  ['no HTTP at all', 'hello\r\n\r\n', 'InvalidRequest'],
  ['a header without a colon', 'POST / HTTP/1.1\r\nhost: x\r\nbroken\r\n\r\n', 'InvalidRequest'],
  [
    'headers of 20 kB',
    `POST / HTTP/1.1\r\nhost: x\r\nx-acs-a: ${'a'.repeat(20_000)}\r\n\r\n`,
    'InvalidRequest',
  ],
  [
    'two lengths that differ',
    'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n',
    'InvalidRequest',
  ],
  [
    'an absolute target',
    'POST http://x/green/sface/groups HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
    'InvalidRequest',
  ],
  [
    'an unknown path',
    'POST /etc/passwd HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
    'InvalidApi.NotFound',
  ],
  ['HTTP/1.0', 'GET /green/sface/groups HTTP/1.0\r\n\r\n', 'UnsupportedHTTPMethod'],
  [
    'two Authorization headers',
    'POST /green/sface/groups HTTP/1.1\r\nhost: x\r\nx-acs-version: 2018-05-09\r\nauthorization: acs a:b\r\nauthorization: acs c:d\r\nconnection: close\r\n\r\n',
    'InvalidRequest',
  ],
  [
    'no Authorization',
    'POST /green/sface/groups HTTP/1.1\r\nhost: x\r\nx-acs-version: 2018-05-09\r\nconnection: close\r\n\r\n',
    'MissingAuthorization',
  ],
];
for (const [what, bytes, code] of malformed) {
  test(`${what} is refused in the gateway's shape, and the server lives`, async () => {
    const [head = '', body = ''] = (await exchange(bytes)).split('\r\n\r\n');
    assert.match(head, /^HTTP\/1\.1 4\d\d /);
    assert.match(head, /content-type: application\/json;charset=utf-8/i);
    const answer = JSON.parse(body);
    assert.deepEqual(Object.keys(answer), ['Code', 'Message', 'RequestId', 'HostId', 'Recommend']);
    assert.equal(answer.Code, code);
    assert.match(answer.RequestId, upperCaseUuid);
    assert.match(head, new RegExp(`x-acs-request-id: ${answer.RequestId}`, 'i'));
    assert.equal((await call('GetGroups', {})).code, 200);
  });
}

test('the request id stands in the body and in the header', async () => {
  const response = await fetch(new URL('/green/sface/groups', lethe.url), { method: 'POST' });
  const { RequestId } = (await response.json()) as { RequestId: string };
  assert.equal(response.headers.get('x-acs-request-id'), RequestId);
});
