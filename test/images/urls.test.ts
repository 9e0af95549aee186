// Which URLs of pictures are refused before anything is asked of a network.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { openPictureSource } from '../../src/images/pictures.ts';
import type { RefusalName } from '../../src/wire/errors.ts';
import { openDecoded } from './encoded.ts';
import { refused } from './refused.ts';

const source = openPictureSource({
  // Every name leads inside, as a hostile name server would have it.
  resolve: (_name, _options, answer) => answer(null, [{ address: '10.0.0.1', family: 4 }]),
});

const hostile: Partial<Record<RefusalName, readonly string[]>> = {
  unsafeAddress: [
    'http://127.0.0.1/',
    'http://127.0.0.1:22/',
    'http://127.1/',
    'http://127.0.0.1./',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0x7f.0.0.1/',
    'http://0177.0.0.1/',
    'http://017700000001/',
    'http://127.000.000.001/',
    'http://0/',
    'http://0.0.0.0:8080/',
    'http://169.254.169.254/latest/meta-data/',
    'http://0xa9fea9fe/',
    'http://2852039166/',
    'http://100.100.100.200/latest/meta-data/',
    'http://168.63.129.16/',
    'http://10.0.0.1/',
    'http://172.20.0.1/',
    'http://192.168.0.1/',
    'http://100.64.0.1/',
    'http://192.0.2.1/',
    'http://224.0.0.1/',
    'http://255.255.255.255/',
    'http://１２７．０．０．１/',
    'http://①②⑦.⓪.⓪.①/',
    'http://127。0。0。1/',
    'http:127.0.0.1/',
    'http:\\\\127.0.0.1\\',
    'http:///127.0.0.1/',
    'HTTP://127.0.0.1/',
    ' http://127.0.0.1/',
    'ht\ntp://127.0.0.1/',
    'https://127.0.0.1:443/',
    'http://[::1]/',
    'http://[::]/',
    'http://[0:0:0:0:0:0:0:1]:80/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[::127.0.0.1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[2002:7f00:1::]/',
    'http://[2001:0:7f00:1::]/',
    'http://[fe80::1]/',
    'http://[fd00:ec2::254]/',
    'http://[ff02::1]/',
    'http://[2001:db8::1]/',
    'http://localhost/',
    'http://LOCALHOST./',
    'http://localtest.example/',
    'http://127.0.0.1.nip.example/',
    'http://metadata.google.internal/',
    'http://%31%32%37.0.0.1/',
    'http://127.0.0.1/#@8.8.8.8/',
    'http://127.0.0.1\\@8.8.8.8/',
    'http://xn--bcher-kva.example/',
  ],
  badRequest: [
    '',
    ' ',
    'photo.jpg',
    '//8.8.8.8/photo.jpg',
    '/etc/passwd',
    'C:\\photo.jpg',
    'http://',
    'http://:80/',
    'http://8.8.8.8:99999/',
    'http://256.256.256.256/',
    'http://127.0.0.1.1/',
    'http://[::1/',
    'http://[fe80::1%25eth0]/',
    'http://a b/',
    'http://user@8.8.8.8/',
    'http://user:password@8.8.8.8/',
    'http://:password@8.8.8.8/',
    'http://8.8.8.8@127.0.0.1/',
    'file:///etc/passwd',
    'ftp://8.8.8.8/photo.jpg',
    'gopher://8.8.8.8/',
    'javascript:alert(1)',
    'blob:http://8.8.8.8/1',
    'ws://8.8.8.8/',
    'jar:http://8.8.8.8!/',
    `http://8.8.8.8/${'a'.repeat(2048)}`,
    'data:image/png',
    'data:image/png;base64,$$$$',
    'data:image/png;base64,aGVsb',
    'data:image/png;base64,aG=VsbG8',
  ],
  badFormat: ['data:,', 'data:,hello', 'data:image/png;base64,', 'data:image/png;base64,aGVsbG8='],
  permissionDenied: ['oss://bucket/photo.jpg', 'OSS://bucket/photo.jpg'],
};

for (const [name, urls] of Object.entries(hostile)) {
  for (const url of urls) {
    test(`${JSON.stringify(url.slice(0, 60))} is ${name}`, async () => {
      await refused(source.open(url, 'default'), name as RefusalName);
    });
  }
}

test('words of a refusal hold nothing of the URL', async () => {
  for (const url of ['http://user:secret@8.8.8.8/', 'http://10.0.0.1/?key=secret', 'secret://secret']) {
    const error = await source.open(url, 'default').catch((reason: unknown) => reason);
    assert.doesNotMatch(String(error), /secret|10\.0\.0\.1/);
  }
});

const png = await sharp({ create: { width: 3, height: 2, channels: 3, background: '#ff0000' } })
  .png()
  .toBuffer();

const escaped = [...png].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
const dataUrls: [what: string, url: string][] = [
  ['base64', `data:image/png;base64,${png.toString('base64')}`],
  ['base64 without its padding', `data:image/png;base64,${png.toString('base64').replace(/=+$/, '')}`],
  ['base64 in lines', `data:image/png;base64,${png.toString('base64').replace(/.{40}/g, '$&\r\n')}`],
  ['base64 escaped', `data:image/png;base64,${encodeURIComponent(png.toString('base64'))}`],
  ['base64 of no media type', `DATA:;BASE64,${png.toString('base64')}`],
  ['base64 of a wrong media type', `data:text/plain;charset=utf-8;base64,${png.toString('base64')}`],
  ['base64 with a fragment', `data:image/png;base64,${png.toString('base64')}#part`],
  ['percent-encoded', `data:image/png,${escaped}`],
];

for (const [what, url] of dataUrls) {
  test(`a data: URL is opened: ${what}`, async () => {
    const { width, height, pixels } = await openDecoded(source, url);
    assert.deepEqual([width, height, ...pixels.subarray(0, 3)], [3, 2, 255, 0, 0]);
  });
}

test('a data: URL of more than 20 MB is too large, encoded either way', async () => {
  const bytes = Buffer.alloc(20 * 1024 * 1024 + 1, 0x61);
  await refused(source.open(`data:;base64,${bytes.toString('base64')}`, 'default'), 'pictureTooLarge');
  await refused(source.open(`data:,${bytes.toString('latin1')}`, 'default'), 'pictureTooLarge');
  await refused(source.open(`data:,${'%61'.repeat(bytes.length)}`, 'default'), 'pictureTooLarge');
});
