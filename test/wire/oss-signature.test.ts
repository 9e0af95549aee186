// What a client signs for the object storage is accepted, and nothing else: no changed name, header, date or secret.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Refusal } from '../../src/wire/errors.ts';
import { readObjectAddress, readOssUrl } from '../../src/wire/oss-address.ts';
import { isOssSigned, readOssClaim } from '../../src/wire/oss-signature.ts';
import type { WireRequest } from '../../src/wire/request.ts';
import { type OssPut, signOssPut } from './oss-client.ts';

const secret = 'testSecret0001';
const date = new Date('2026-11-24T10:56:56Z');
const usual: OssPut = {
  version: 1,
  accessKeyId: 'STS.testKey',
  secret,
  object: 'upload/default/images/a.jpg',
  date,
  headers: {
    'content-type': 'image/jpeg',
    'content-md5': '1B2M2Y8AsgTpgAmY7PhCfg==',
    'x-oss-security-token': 'token+/=',
  },
};
const versions: OssPut[] = [
  usual,
  { ...usual, version: 4 },
  { ...usual, version: 4, additionalHeaders: ['host'] },
];

const accepts = (request: WireRequest, given = secret): boolean =>
  isOssSigned(request, readObjectAddress(request), readOssClaim(request), given);
const codeOf = (work: () => unknown): unknown => {
  try {
    work();
    return 'accepted';
  } catch (error) {
    assert.ok(error instanceof Refusal);
    return error.refusal;
  }
};
const withHeader = (request: WireRequest, name: string, change: (value: string) => string): WireRequest => ({
  ...request,
  rawHeaders: request.rawHeaders.map((text, i, all) =>
    i % 2 === 1 && all[i - 1] === name ? change(text) : text,
  ),
});

test('the example of the documentation is signed as it says', () => {
  const request: WireRequest = {
    method: 'PUT',
    target: '/nelson',
    rawHeaders: [
      ...['Content-Md5', 'ODBGOERFMDMzQTczRUY3NUE3NzA5QzdFNUYzMDQxNEM=', 'Content-Type', 'text/html'],
      ...['Date', 'Thu, 17 Nov 2005 18:49:58 GMT', 'Host', 'oss-example.oss-cn-hangzhou.aliyuncs.com'],
      ...['X-OSS-Meta-Author', 'foo@bar.com', 'X-OSS-Magic', 'abracadabra'],
      ...['Authorization', 'OSS 44CF9590006BF252F707:26NBxoKdsyly4EDv6inkoDft/yA='],
    ],
    body: new Uint8Array(),
  };
  const address = { bucket: 'oss-example', object: 'nelson' };
  const documented = 'OtxrzxIsfpFjA7SwPzILwy8Bw21TLhquhboDYROV';
  assert.ok(isOssSigned(request, address, readOssClaim(request), documented));
});

test('any name, type and note that a client signs is accepted under both versions', () => {
  const part = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    .filter((text) => !/[\p{Cc}\\/]/u.test(text) && text !== '.' && text !== '..');
  const text = fc.string({ minLength: 1, maxLength: 30 }).map((value) => value.trim());
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), text, text, (parts, type, note) => {
      const headers = { ...usual.headers, 'content-type': type, 'x-oss-meta-note': note };
      for (const version of versions) {
        assert.ok(accepts(signOssPut({ ...version, object: parts.join('/'), headers })));
      }
    }),
    { numRuns: 60 },
  );
});

test('the bucket may stand in the host, in the path, or in both', () => {
  for (const version of versions.slice(0, 2)) {
    const signed = signOssPut(version);
    const host = 'lethe-uploads.oss-cn-hangzhou.aliyuncs.com';
    assert.ok(accepts(withHeader(signed, 'host', () => host)));
    const bare = { ...signed, target: signed.target.slice('/lethe-uploads'.length) };
    assert.ok(accepts(withHeader(bare, 'host', () => host)));
    assert.equal(
      codeOf(() => accepts(bare)),
      'noSuchBucket',
    );
  }
});

test('another secret, method, name, or signed header is refused', () => {
  for (const version of versions) {
    const signed = signOssPut(version);
    assert.ok(accepts(signed));
    assert.equal(accepts(signed, 'another secret'), false);
    assert.equal(accepts({ ...signed, method: 'POST' }), false);
    assert.equal(accepts({ ...signed, target: signed.target.replace('a.jpg', 'b.jpg') }), false);
    for (const name of ['content-type', 'content-md5', 'x-oss-security-token']) {
      assert.equal(accepts(withHeader(signed, name, (value) => `${value}A`)), false, name);
    }
    assert.equal(accepts({ ...signed, rawHeaders: [...signed.rawHeaders, 'x-oss-meta-more', '1'] }), false);
    const without = signed.rawHeaders.filter((_, i, all) => all[i - (i % 2)] !== 'content-md5');
    assert.equal(accepts({ ...signed, rawHeaders: without }), false);
    assert.equal(accepts(signOssPut({ ...version, secret: '' }), ''), false);
  }
  const host = withHeader(signOssPut(versions[2]!), 'host', () => '127.0.0.2');
  assert.equal(accepts(host), false);
});

test('any one changed character of the signature is refused', () => {
  for (const version of versions) {
    const signed = signOssPut(version);
    const signature = readOssClaim(signed).signature;
    for (let i = 0; i < signature.length; i++) {
      const other = signature[i] === 'a' ? 'b' : 'a';
      const changed = `${signature.slice(0, i)}${other}${signature.slice(i + 1)}`;
      const request = withHeader(signed, 'authorization', (value) => value.replace(signature, changed));
      assert.ok(codeOf(() => accepts(request)) !== 'accepted' || !accepts(request));
    }
  }
});

test('what is no authorization, no date, or given twice has its refusal', () => {
  const [v1, v4] = versions.map(signOssPut);
  const refusalOf = (request: WireRequest) => codeOf(() => readOssClaim(request));
  const authorized = (request: WireRequest, text: string) => withHeader(request, 'authorization', () => text);
  for (const text of [
    'OSS ',
    'OSS a:b',
    'OSS a b',
    'OSS4-HMAC-SHA256 Credential=a',
    `OSS ${'a'.repeat(5000)}`,
    'acs a:b',
  ]) {
    assert.equal(refusalOf(authorized(v1!, text)), 'storageArgument', text);
  }
  const swap = (from: string | RegExp, to: string) =>
    withHeader(v4!, 'authorization', (text) => text.replace(from, to));
  assert.equal(refusalOf(swap('cn-shanghai/oss', 'cn-shanghai/ecs')), 'storageArgument');
  assert.equal(refusalOf(swap('Signature', 'AdditionalHeaders=host;accept,Signature')), 'storageArgument');
  assert.equal(refusalOf(swap('/20261124/', '/20261125/')), 'timestampFormat');
  assert.equal(refusalOf(withHeader(v4!, 'x-oss-date', () => '20261124T106056Z')), 'timestampFormat');
  assert.equal(refusalOf(withHeader(v4!, 'x-oss-content-sha256', () => 'a'.repeat(64))), 'storageArgument');
  assert.equal(refusalOf(withHeader(v1!, 'date', () => 'yesterday')), 'timestampFormat');
  assert.equal(refusalOf({ ...v1!, rawHeaders: [] }), 'storageDenied');
  const twice = { ...v1!, rawHeaders: [...v1!.rawHeaders, 'x-oss-security-token', 'other'] };
  assert.equal(refusalOf(twice), 'malformedRequest');
});

test('a name that leads elsewhere, is empty, too long or no text is refused', () => {
  const long = 'a'.repeat(1024);
  for (const path of [
    '',
    '/',
    '/a//b',
    '/../a',
    '/a/..',
    '/a/./b',
    '/a%2f..%2fb',
    '/a%5cb',
    '/a%00',
    '/a%0a',
    '/%ff',
    `/${long}`,
  ]) {
    const request = { ...signOssPut(usual), target: `/lethe-uploads${path}` };
    assert.equal(
      codeOf(() => readObjectAddress(request)),
      'storageObjectName',
      path,
    );
  }
});

test('an oss:// URL names an object of the bucket, or nothing', () => {
  assert.equal(readOssUrl('oss://lethe-uploads/upload/a/b.jpg'), 'upload/a/b.jpg');
  assert.equal(readOssUrl('OSS://lethe-uploads.oss-cn-shanghai.aliyuncs.com/a?b#c%20d é'), 'a?b#c%20d é');
  for (const text of [
    ...[
      'oss://other/a',
      'oss://lethe-uploads',
      'oss://lethe-uploads/',
      'oss:lethe-uploads/a',
      'oss://lethe-uploads//a',
    ],
    ...[
      'oss://lethe-uploads/a/../b',
      'oss://lethe-uploadsx/a',
      'oss://user@lethe-uploads/a',
      'oss://lethe-uploads:80/a',
    ],
  ]) {
    assert.equal(readOssUrl(text), undefined, text);
  }
});
