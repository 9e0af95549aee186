// Callers who send slowly, or nothing: each is answered in the gateway's shape when patience ends, and let go.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { test } from 'node:test';
import { signRoa } from '../../src/wire/roa-signature.ts';
import { startBareServer } from '../support/bare-server.ts';
import { accessKey } from '../support/server.ts';

const logged: (string | undefined)[] = [];
const { url, port } = await startBareServer(1, ({ refusal }) => logged.push(refusal), {
  headersTimeout: 200,
  requestTimeout: 400,
  keepAliveTimeout: 200,
  connectionsCheckingInterval: 50,
});

/** Sends a first part, then `drip` again and again until the server closes; answers all that came back. */
async function sendSlowly(first: string, drip = ''): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const dripping = setInterval(() => socket.writable && socket.write(drip), 20);
  socket.write(first);
  let received = '';
  socket.setEncoding('utf8').on('data', (chunk) => {
    received += chunk;
  });
  // A write may meet a connection that was closed meanwhile.
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('close', resolve));
  clearInterval(dripping);
  return received;
}

function signedHead(keyId = accessKey.id): string {
  const headers = signRoa({
    method: 'POST',
    target: '/green/sface/groups',
    body: Buffer.from('{}'),
    accessKeyId: keyId,
    accessKeySecret: accessKey.secret,
    date: new Date(),
    nonce: randomUUID(),
  });
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST /green/sface/groups HTTP/1.1\r\nhost: x\r\n${lines.join('')}`;
}

const tooSlow =
  /^HTTP\/1\.1 400 [\s\S]*\r\n\r\n\{"Code":"InvalidRequest","Message":"[^"]*it took too long\."[\s\S]*\}$/;
const slow: [what: string, first: string, drip: string][] = [
  ['nothing at all', '', ''],
  ['half a request line', 'POST /gre', ''],
  ['a header byte by byte', 'POST / HTTP/1.1\r\nhost: x\r\nx-acs-a: ', 'a'],
  ['headers one by one', 'POST / HTTP/1.1\r\nhost: x\r\n', 'a: b\r\n'],
  ['a body that does not come', `${signedHead()}content-length: 2\r\n\r\n`, ''],
  ['a body byte by byte', `${signedHead()}content-length: 1000000\r\n\r\n`, ' '],
  ['a body in small chunks', `${signedHead()}transfer-encoding: chunked\r\n\r\n`, '1\r\n \r\n'],
];
for (const [what, first, drip] of slow) {
  test(`${what} is refused once, because it took too long`, async () => {
    const received = await sendSlowly(first, drip);
    assert.match(received, tooSlow);
    assert.equal(received.match(/HTTP\/1\.1/g)?.length, 1);
  });
}

test('a stranger is not waited for: the refusal comes before the body', async () => {
  const received = await sendSlowly(`${signedHead('nobodysKey0001')}content-length: 1000000\r\n\r\n`, ' ');
  assert.match(received, /^HTTP\/1\.1 404 [\s\S]*"InvalidAccessKeyId\.NotFound"/);
});

test('a connection kept alive and left alone is closed without a word', async () => {
  const received = await sendSlowly(`${signedHead()}content-length: 2\r\n\r\n{}`);
  assert.match(received, /^HTTP\/1\.1 503 [\s\S]*"ServiceUnavailable"[\s\S]*\}$/);
  assert.equal(received.match(/HTTP\/1\.1/g)?.length, 1);
});

test('the server lives, and nothing unforeseen was logged', async () => {
  const response = await fetch(`${url}/healthz`);
  assert.equal(response.status, 200);
  assert.ok(!logged.includes('internalError'));
});
