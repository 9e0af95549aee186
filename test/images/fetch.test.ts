// What happens when a picture is fetched: from real servers on loopback, which the source is told to allow.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer as createTcpServer } from 'node:net';
import { test } from 'node:test';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { openPictureSource } from '../../src/images/pictures.ts';
import type { RefusalName } from '../../src/wire/errors.ts';
import { makeCertificate } from '../support/certificate.ts';
import { openDecoded } from './encoded.ts';
import { refused } from './refused.ts';
import { serve } from './web.ts';

const jpeg = await sharp({ create: { width: 40, height: 30, channels: 3, background: '#336699' } })
  .jpeg()
  .toBuffer();

const loopback = openPictureSource({ allowFetchFrom: ['127.0.0.0/8'] });
const hasty = openPictureSource({ allowFetchFrom: ['127.0.0.0/8'], timeoutMs: 300 });
const publicOnly = openPictureSource();

test('a picture is fetched over http, asking for nothing but the picture', async (t) => {
  let asked = {};
  const url = await serve(t, (request, response) => {
    asked = { ...request.headers, host: undefined, url: request.url, method: request.method };
    response.end(jpeg);
  });
  const { width, height, scale } = await openDecoded(loopback, `${url}/photo?size=l#top`);
  assert.deepEqual({ width, height, scale }, { width: 40, height: 30, scale: 1 });
  assert.deepEqual(asked, {
    'user-agent': 'Lethe',
    accept: 'image/*',
    'accept-encoding': 'identity',
    connection: 'close',
    host: undefined,
    method: 'GET',
    url: '/photo?size=l',
  });
});

const answers: [status: number, name: RefusalName][] = [
  [204, 'downloadFailed'],
  [206, 'downloadFailed'],
  [304, 'downloadFailed'],
  [400, 'downloadFailed'],
  [401, 'addressForbidden'],
  [403, 'addressForbidden'],
  [404, 'pictureNotFound'],
  [410, 'pictureNotFound'],
  [429, 'downloadFailed'],
  [500, 'downloadFailed'],
  [503, 'downloadFailed'],
];

for (const [status, name] of answers) {
  test(`HTTP ${status} is ${name}`, async (t) => {
    const url = await serve(t, (_, response) => response.writeHead(status).end());
    assert.match(await refused(loopback.open(url, 'default'), name), new RegExp(`answered HTTP ${status}$`));
  });
}

test('up to three redirects are followed, relative ones too', async (t) => {
  const url = await serve(t, (request, response) => {
    const step = Number(request.url?.slice(1));
    if (step === 0) return response.end(jpeg);
    response.writeHead(302, { location: step === 3 ? `${url}/2` : String(step - 1) }).end('moved');
  });
  assert.equal((await openDecoded(loopback, `${url}/3`)).width, 40);
  await refused(loopback.open(`${url}/4`, 'default'), 'downloadFailed');
});

const badRedirects: [location: string, name: RefusalName][] = [
  ['http://169.254.169.254/latest/meta-data/', 'unsafeAddress'],
  ['http://[::1]:1/', 'unsafeAddress'],
  ['//10.0.0.1/', 'unsafeAddress'],
  ['http://localhost.localdomain/', 'unsafeAddress'],
  ['file:///etc/passwd', 'unsafeAddress'],
  ['gopher://127.0.0.1:70/', 'unsafeAddress'],
  ['data:image/gif;base64,R0lGODlh', 'unsafeAddress'],
  ['http://user:secret@127.0.0.1/', 'unsafeAddress'],
  ['http://%zz/', 'downloadFailed'],
];

for (const [location, name] of badRedirects) {
  test(`a redirect to ${location} is ${name}`, async (t) => {
    const url = await serve(t, (_, response) => response.writeHead(302, { location }).end());
    const source = openPictureSource({
      allowFetchFrom: ['127.0.0.0/8'],
      resolve: (_name, _options, answer) => answer(null, [{ address: '192.168.0.1', family: 4 }]),
    });
    await refused(source.open(url, 'default'), name);
  });
}

test('a redirect without a place to go to is refused', async (t) => {
  const url = await serve(t, (_, response) => response.writeHead(301).end());
  await refused(loopback.open(url, 'default'), 'downloadFailed');
});

test('a name that points elsewhere when it is asked again is connected to where it was checked', async (t) => {
  let asked = 0;
  const url = new URL(await serve(t, (_, response) => response.end(jpeg)));
  url.hostname = 'rebinding.example';
  const rebinding = openPictureSource({
    allowFetchFrom: ['127.0.0.1'],
    resolve: (_name, _options, answer) => {
      asked += 1;
      answer(null, [{ address: asked === 1 ? '127.0.0.1' : '127.0.0.2', family: 4 }]);
    },
  });
  assert.equal((await openDecoded(rebinding, url.href)).width, 40);
  assert.equal(asked, 1);
  await refused(rebinding.open(url.href, 'default'), 'unsafeAddress');
});

test('a blocked name and a blocked address read the same, and nothing is connected to', async (t) => {
  let connections = 0;
  const url = await serve(t, (_, response) => {
    connections += 1;
    response.end(jpeg);
  });
  const byAddress = await refused(publicOnly.open(url, 'default'), 'unsafeAddress');
  const byName = await refused(
    publicOnly.open(url.replace('127.0.0.1', 'localhost'), 'default'),
    'unsafeAddress',
  );
  const closed = await refused(publicOnly.open('http://127.0.0.1:1/', 'default'), 'unsafeAddress');
  assert.equal(byAddress, 'NOT_ALLOWED: the address of the picture is not allowed');
  assert.equal(byName, byAddress);
  assert.equal(closed, byAddress);
  assert.equal(connections, 0);
});

test('a name that is not known is refused', async () => {
  const unknown = openPictureSource({
    resolve: (_name, _options, answer) =>
      answer(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }), []),
  });
  const words = await refused(unknown.open('http://secret.example/?token=1', 'default'), 'downloadFailed');
  assert.equal(words, 'DOWNLOAD_FAILED: the host name of the address is not known');
});

test('a name server that never answers times out', async () => {
  const source = openPictureSource({ timeoutMs: 200, resolve: () => {} });
  await refused(source.open('http://photos.example/', 'default'), 'downloadTimeout');
});

test('a server that does not answer times out', async (t) => {
  const url = await serve(t, () => {});
  await refused(hasty.open(url, 'default'), 'downloadTimeout');
});

test('a body that drips times out, however steadily it drips', async (t) => {
  const url = await serve(t, (_, response) => {
    response.writeHead(200, { 'content-length': 1_000_000 });
    const drip = setInterval(() => response.write('.'), 20);
    response.on('close', () => clearInterval(drip));
  });
  const words = await refused(hasty.open(url, 'default'), 'downloadTimeout');
  assert.equal(words, 'DOWNLOAD_TIMEOUT: the picture did not arrive within 300 ms');
});

test('redirects share one time', async (t) => {
  const url = await serve(t, (_, response) => {
    setTimeout(() => response.writeHead(302, { location: '/' }).end(), 150);
  });
  await refused(hasty.open(url, 'default'), 'downloadTimeout');
});

const limitBytes = 20 * 1024 * 1024;

test('a picture of 20 MB and one byte is too large, its length declared or not', async (t) => {
  const body = Buffer.alloc(limitBytes + 1);
  let declares = true;
  const url = await serve(t, (_, response) => {
    if (declares) response.setHeader('content-length', body.length);
    response.write(body.subarray(0, 100));
    response.end(body.subarray(100));
  });
  await refused(loopback.open(url, 'default'), 'pictureTooLarge');
  declares = false;
  await refused(loopback.open(url, 'default'), 'pictureTooLarge');
});

test('a picture of exactly 20 MB is taken', async (t) => {
  const padded = Buffer.alloc(limitBytes);
  jpeg.copy(padded);
  const url = await serve(t, (_, response) => response.end(padded));
  assert.equal((await openDecoded(loopback, url)).width, 40);
});

test('a declared length beyond the limit is refused before the body comes', async (t) => {
  const url = await serve(t, (_, response) => {
    response.writeHead(200, { 'content-length': limitBytes + 1 });
    response.flushHeaders();
  });
  await refused(loopback.open(url, 'default'), 'pictureTooLarge');
});

test('a body shorter than declared is refused', async (t) => {
  const url = await serve(t, (_, response) => {
    response.writeHead(200, { 'content-length': jpeg.length + 10 });
    response.write(jpeg, () => response.destroy());
  });
  await refused(loopback.open(url, 'default'), 'downloadFailed');
});

test('a compressed answer is refused, since nobody asked for one', async (t) => {
  for (const encoding of ['gzip', 'br', 'deflate', 'gzip, identity']) {
    const url = await serve(t, (_, response) =>
      response.writeHead(200, { 'content-encoding': encoding }).end(jpeg),
    );
    await refused(loopback.open(url, 'default'), 'downloadFailed');
  }
});

test('the media type that a server claims does not matter', async (t) => {
  const url = await serve(t, (_, response) => {
    response.writeHead(200, { 'content-type': 'text/html', 'content-encoding': 'identity' }).end(jpeg);
  });
  assert.equal((await openDecoded(loopback, url)).width, 40);
});

for (const words of [
  'hello\r\n\r\n',
  '',
  `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`,
  'HTTP/1.1 999999 X\r\n\r\n',
]) {
  test(`a server that answers "${words.slice(0, 20).trim()}" is refused`, async (t) => {
    const server = createTcpServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end(words));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.close());
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    await refused(loopback.open(`http://127.0.0.1:${port}/`, 'default'), 'downloadFailed');
  });
}

test('a refused connection says no more than that it failed', async () => {
  const words = await refused(
    loopback.open('http://127.0.0.1:1/photo?token=secret', 'default'),
    'downloadFailed',
  );
  assert.equal(words, "DOWNLOAD_FAILED: the connection to the picture's server failed");
});

test('a proxy of the environment is passed by', async (t) => {
  const url = await serve(t, (_, response) => response.end(jpeg));
  for (const variable of ['http_proxy', 'HTTP_PROXY', 'ALL_PROXY']) {
    const before = process.env[variable];
    process.env[variable] = 'http://127.0.0.1:1/';
    t.after(() => {
      if (before === undefined) delete process.env[variable];
      else process.env[variable] = before;
    });
  }
  assert.equal((await openDecoded(loopback, url)).width, 40);
});

test('over https a certificate that nobody trusts is refused', async (t) => {
  const url = await serve(t, (_, response) => response.end(jpeg), makeCertificate());
  const words = await refused(loopback.open(url, 'default'), 'downloadFailed');
  assert.equal(words, "DOWNLOAD_FAILED: the certificate of the picture's server is not trusted");
});

test('over https a picture comes from a server whose certificate the operator trusts', async (t) => {
  const certificate = makeCertificate();
  const url = await serve(t, (_, response) => response.end(jpeg), certificate);
  const { mkdtemp, rm, writeFile } = await import('node:fs/promises');
  const { tmpdir } = await import('node:os');
  const folder = await mkdtemp(`${tmpdir()}/lethe-images-`);
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(`${folder}/ca.pem`, certificate.cert);
  // Node reads the trusted certificates when a process starts, hence another process.
  const program = `
    import { openPictureSource } from './src/images/pictures.ts';
    const picture = await openPictureSource({ allowFetchFrom: ['127.0.0.1'] }).open('${url}', 'default');
    console.log((await picture.decode()).width);
  `;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '-e', program],
    { env: { ...process.env, NODE_EXTRA_CA_CERTS: `${folder}/ca.pem` } },
  );
  assert.equal(stdout, '40\n');
});
