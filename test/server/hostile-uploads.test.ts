// Uploads over raw sockets: whatever is sent, the storage's own XML comes back, nothing is kept, and the server lives.
import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { test } from 'node:test';
import { verifyErasure } from '../../src/store/verify.ts';
import { countResidue } from '../store/residue.ts';
import { startBareServer } from '../support/bare-server.ts';
import { accessKey, photo } from '../support/server.ts';
import { type OssPut, signOssPut } from '../wire/oss-client.ts';

const logged: unknown[] = [];
const { folder, store, uploads, port } = await startBareServer(2 * 1024 * 1024, (outcome) =>
  logged.push(outcome),
);
const lent = await store.issueTemporaryKey({
  account: 'default',
  parentId: accessKey.id,
  expiresAtMs: Date.now() + 3_600_000,
  isForUploads: true,
});
const picture = await photo('sample1.jpg');
const base64Md5 = (content: Uint8Array) => createHash('md5').update(content).digest('base64');
const newObject = () => `upload/default/images/${randomUUID()}`;

/** The head of a signed put as it goes over the wire, its target or single headers changed after signing. */
function headOf(
  put: Partial<OssPut>,
  sent: { target?: string; headers?: Record<string, string> } = {},
): string {
  const signed = signOssPut({
    version: 1,
    accessKeyId: lent.id,
    secret: lent.secret,
    object: newObject(),
    date: new Date(),
    ...put,
    headers: { 'x-oss-security-token': lent.securityToken, ...put.headers },
  });
  const lines = Array.from({ length: signed.rawHeaders.length / 2 }, (_, i) =>
    signed.rawHeaders.slice(2 * i, 2 * i + 2),
  );
  const all = [...lines, ...Object.entries(sent.headers ?? {})].map((line) => line.join(': '));
  return `${signed.method} ${sent.target ?? signed.target} HTTP/1.1\r\n${all.join('\r\n')}\r\n\r\n`;
}

/** Sends parts over a socket of its own and answers what comes back until the server closes, or has answered. */
async function send(
  ...parts: (string | Uint8Array)[]
): Promise<{ status: number; code: string; text: string }> {
  const socket = connect(port, '127.0.0.1');
  for (const part of parts) socket.write(part);
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of socket) {
      chunks.push(chunk as Buffer);
      const head = Buffer.concat(chunks)
        .toString()
        .replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, '');
      if (/\r\n\r\n(?:.*<\/Error>\n)?$/s.test(head)) break;
    }
  } finally {
    socket.destroy();
  }
  const text = Buffer.concat(chunks).toString();
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]);
  return { status, code: /<Code>(\w+)<\/Code>/.exec(text)?.[1] ?? '', text };
}
const length = (content: Uint8Array) => ({ 'content-length': String(content.length) });
const put = (object: string, content: Uint8Array, more: Partial<OssPut> = {}) =>
  send(headOf({ object, ...more }, { headers: length(content) }), content);
const taken = { status: 200, code: '' };
const answerOf = ({ status, code }: { status: number; code: string }) => ({ status, code });

test('a whole answer, taken and refused', async () => {
  const object = newObject();
  const { text } = await put(object, picture);
  const head = text.replaceAll(/[0-9A-F]{8}-[0-9A-F-]{27}/g, 'ID').replace(/Date: .*\r\n/, '');
  const md5 = base64Md5(picture);
  assert.equal(
    head,
    'HTTP/1.1 200 OK\r\ncontent-type: application/xml\r\ncontent-length: 0\r\ncache-control: no-store\r\n' +
      `x-acs-request-id: ID\r\nx-oss-request-id: ID\r\netag: "${Buffer.from(md5, 'base64').toString('hex').toUpperCase()}"\r\n` +
      `content-md5: ${md5}\r\nConnection: keep-alive\r\nKeep-Alive: timeout=65\r\n\r\n`,
  );
  const refused = await put(object, picture, { secret: 'another' });
  assert.match(
    refused.text,
    /^HTTP\/1\.1 403 Forbidden\r\n.*content-type: application\/xml\r\n.*x-oss-request-id: ([0-9A-F-]{36})\r\n.*\r\n\r\n<\?xml version="1\.0" encoding="UTF-8"\?>\n<Error>\n {2}<Code>SignatureDoesNotMatch<\/Code>\n {2}<Message>[^<]+<\/Message>\n {2}<RequestId>\1<\/RequestId>\n {2}<HostId>lethe<\/HostId>\n<\/Error>\n$/s,
  );
});

test('a waiting upload is in no file of the library, which has nothing that nobody owns', async () => {
  const object = newObject();
  assert.deepEqual(answerOf(await put(object, picture)), taken);
  const pieces = Array.from({ length: 64 }, (_, i) => picture.subarray(1_000 * i, 1_000 * i + 64));
  assert.equal(countResidue(await folder.read(), pieces), 0);
  const checks = await verifyErasure({ folder: folder.path, rootKey: folder.rootKey });
  assert.deepEqual(
    checks.flatMap(({ findings }) => findings),
    [],
  );
  assert.deepEqual(uploads.open('default', object), picture);
});

test('a target that leads elsewhere is refused, signed or not', async () => {
  for (const path of [
    'upload/default/../shop/a',
    'upload/default/%2e%2e/shop/a',
    'upload/default/a%2f..%2f..%2fb',
    'upload//a',
  ]) {
    const head = headOf({}, { target: `/lethe-uploads/${path}`, headers: length(picture) });
    assert.deepEqual(answerOf(await send(head, picture)), { status: 400, code: 'InvalidObjectName' }, path);
  }
  for (const object of ['upload/shop/a', 'upload/default2/a', 'upload/defaul/a', 'a', 'upload/default']) {
    assert.deepEqual(answerOf(await put(object, picture)), { status: 403, code: 'AccessDenied' }, object);
  }
});

test('a request without an authorization, or with a query, is refused', async () => {
  const bare = `PUT /lethe-uploads/upload/default/a HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n`;
  assert.deepEqual(answerOf(await send(bare)), { status: 403, code: 'AccessDenied' });
  const object = newObject();
  for (const query of ['acl', 'uploads', 'OSSAccessKeyId=a&Expires=1&Signature=b', 'x-oss-process=image']) {
    const target = `/lethe-uploads/${object}?${query}`;
    const head = headOf({ object }, { target, headers: length(picture) });
    assert.deepEqual(answerOf(await send(head, picture)), { status: 501, code: 'NotImplemented' });
  }
});

test('an expectation is met, and a body refused before it is sent need not come', async () => {
  const expecting = { ...length(picture), expect: '100-continue' };
  const { text } = await send(headOf({}, { headers: expecting }), picture);
  assert.match(text, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
  const huge = headOf({}, { headers: { 'content-length': '5368709120' } });
  assert.deepEqual(answerOf(await send(huge)), { status: 400, code: 'EntityTooLarge' });
  assert.deepEqual(answerOf(await send(headOf({}))), { status: 411, code: 'MissingContentLength' });
});

test('a body that comes in single bytes, too slowly, or not whole is not kept', async () => {
  const { bytes } = uploads;
  const chunked = { 'transfer-encoding': 'chunked' };
  const object = newObject();
  const pieces = [...Buffer.from('abc')].map((byte) => `1\r\n${String.fromCharCode(byte)}\r\n`).join('');
  assert.deepEqual(
    answerOf(await send(headOf({ object }, { headers: chunked }), pieces, '0\r\n\r\n')),
    taken,
  );
  assert.deepEqual(uploads.open('default', object), Buffer.from('abc'));
  const slow = await send(headOf({}, { headers: chunked }), pieces);
  assert.deepEqual(answerOf(slow), { status: 400, code: 'RequestTimeout' });
  assert.match(slow.text, /connection: close/i);
  await new Promise<void>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(headOf({ object }, { headers: length(picture) }));
      socket.write(picture.subarray(0, 1_000), () => {
        socket.destroy();
        resolve();
      });
    });
  });
  assert.deepEqual(answerOf(await put(newObject(), Buffer.alloc(0))), taken);
  assert.equal(uploads.open('default', object), undefined);
  assert.ok(uploads.bytes <= bytes + 5_000);
});

test('a request sent again changes nothing: the same content is answered alike, another is refused', async () => {
  for (const version of [1, 4] as const) {
    const object = newObject();
    const head = headOf({ object, version }, { headers: length(picture) });
    const other = Buffer.from(picture).reverse();
    assert.deepEqual(answerOf(await send(head, picture)), taken);
    assert.deepEqual(answerOf(await send(head, picture)), taken);
    assert.deepEqual(answerOf(await send(head, other)), { status: 403, code: 'AccessDenied' });
    assert.deepEqual(uploads.open('default', object), picture);
    assert.deepEqual(answerOf(await send(head, picture)), { status: 403, code: 'AccessDenied' });
    assert.equal(uploads.open('default', object), undefined);
  }
});

test('an account that has taken all its memory hears so, until something is used', async () => {
  const large = Buffer.alloc(1_200_000);
  const object = newObject();
  assert.deepEqual(answerOf(await put(object, large)), taken);
  const refused = await put(newObject(), large);
  assert.deepEqual(answerOf(refused), { status: 403, code: 'QuotaExceeded' });
  uploads.open('default', object);
  const next = newObject();
  assert.deepEqual(answerOf(await put(next, large)), taken);
  uploads.open('default', next);
});

test('the log holds no name of an object, no token and no secret', () => {
  const text = JSON.stringify(logged);
  assert.ok(logged.length > 20);
  for (const word of ['upload/', lent.securityToken, lent.secret, lent.id]) assert.ok(!text.includes(word));
});
