// Requests made to slip through: each is refused by name, none crashes, and none takes long to refuse.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { maxAuthorizationLength, maxNonceLength } from '../../src/wire/limits.ts';
import type { WireRequest } from '../../src/wire/request.ts';
import { signRoa } from '../../src/wire/roa-signature.ts';
import { readCredential } from '../../src/wire/signature.ts';
import { sendAcs3 } from './acs3-client.ts';
import { accessKeyId, accessKeySecret, answerTo, refusalOf, secretKey, withHeaders } from './vectors.ts';

const body = Buffer.from('{"personId":"p","faceIds":["1244453323565"]}');
const target = '/green/sface/face/delete?clientInfo=%7B%7D';
const headers = signRoa({
  method: 'POST',
  target,
  body,
  accessKeyId,
  accessKeySecret,
  date: new Date(Date.UTC(2026, 10, 24, 10, 56, 56)),
  nonce: '00000000-0000-4000-8000-000000000001',
});
const honest: WireRequest = { method: 'POST', target, rawHeaders: Object.entries(headers).flat(), body };
const signature = headers.authorization!.split(':')[1]!;
const authorized = (authorization: string) => withHeaders(honest, { authorization });

test('the honest request is accepted', () => assert.equal(answerTo(honest), 'accepted'));

const authorizations = [
  ['nothing', '', 'incompleteSignature'],
  ['a scheme alone', 'acs', 'incompleteSignature'],
  ['a scheme and a blank', 'acs ', 'incompleteSignature'],
  ['no id', `acs :${signature}`, 'incompleteSignature'],
  ['no signature', `acs ${accessKeyId}:`, 'incompleteSignature'],
  ['no colon', `acs ${accessKeyId}${signature}`, 'incompleteSignature'],
  ['two colons', `acs ${accessKeyId}::${signature}`, 'incompleteSignature'],
  ['two blanks', `acs  ${accessKeyId}:${signature}`, 'incompleteSignature'],
  [
    'two credentials',
    `acs ${accessKeyId}:${signature}, acs ${accessKeyId}:${signature}`,
    'incompleteSignature',
  ],
  ['an id with a slash', `acs a/b:${signature}`, 'incompleteSignature'],
  ['an id of 65 characters', `acs ${'a'.repeat(65)}:${signature}`, 'incompleteSignature'],
  ['a quote', `acs ${accessKeyId}:'${signature}'`, 'incompleteSignature'],
  ['base64url', `acs ${accessKeyId}:${signature.slice(0, -2)}_-`, 'incompleteSignature'],
  [
    'a blank in the signature',
    `acs ${accessKeyId}:${signature.slice(0, 9)} ${signature.slice(9)}`,
    'incompleteSignature',
  ],
  ['a cut signature', `acs ${accessKeyId}:${signature.slice(0, 24)}`, 'signatureDoesNotMatch'],
  ['one character of it', `acs ${accessKeyId}:${signature.slice(0, 1)}`, 'signatureDoesNotMatch'],
  ['a signature with a tail', `acs ${accessKeyId}:${signature}AAAA`, 'signatureDoesNotMatch'],
  ['a signature twice', `acs ${accessKeyId}:${signature}${signature}`, 'signatureDoesNotMatch'],
  ['padding left out', `acs ${accessKeyId}:${signature.replace('=', '')}`, 'signatureDoesNotMatch'],
  ['padding doubled', `acs ${accessKeyId}:${signature}=`, 'signatureDoesNotMatch'],
  ['padding alone', `acs ${accessKeyId}:=`, 'signatureDoesNotMatch'],
  [
    'hex for base64',
    `acs ${accessKeyId}:${Buffer.from(signature, 'base64').toString('hex')}`,
    'signatureDoesNotMatch',
  ],
  ['another scheme', 'Bearer abc', 'invalidSignatureMethod'],
  ['Basic', 'Basic dGVzdDp0ZXN0', 'invalidSignatureMethod'],
  ['another case', `ACS ${accessKeyId}:${signature}`, 'invalidSignatureMethod'],
  ['an ACS3 that is not', 'ACS3-HMAC-MD5 Credential=a,SignedHeaders=b,Signature=c', 'invalidSignatureMethod'],
  ['a name all objects have', 'constructor a', 'invalidSignatureMethod'],
  ['another such', 'toString Credential=a,SignedHeaders=b,Signature=c', 'invalidSignatureMethod'],
  ['an ACS3 with nothing', 'ACS3-HMAC-SHA256 ', 'incompleteSignature'],
  ['an ACS3 of commas', 'ACS3-HMAC-SHA256 ,,', 'incompleteSignature'],
  [
    'an ACS3 without id',
    'ACS3-HMAC-SHA256 Credential=,SignedHeaders=host,Signature=00',
    'incompleteSignature',
  ],
] as const;
for (const [what, authorization, answer] of authorizations) {
  test(`Authorization holds ${what}: ${answer}`, () =>
    assert.equal(answerTo(authorized(authorization)), answer));
}

test('a spelling of the signature that decodes to the same bytes is refused', () => {
  // The last character before one `=` carries two bits that a decoder drops.
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const twin = alphabet[alphabet.indexOf(signature.at(-2)!) ^ 1]!;
  const spelt = `${signature.slice(0, -2)}${twin}=`;
  assert.deepEqual(Buffer.from(spelt, 'base64'), Buffer.from(signature, 'base64'));
  assert.equal(answerTo(authorized(`acs ${accessKeyId}:${spelt}`)), 'signatureDoesNotMatch');
});

test('headers that decide are refused when given twice, even with equal values', () => {
  const names = ['Authorization', 'DATE', 'content-md5', 'Content-Type', 'Accept', 'x-acs-version'];
  for (const name of [...names, 'X-Acs-Signature-Nonce', 'x-acs-signature-method']) {
    const value = headers[name.toLowerCase()]!;
    for (const second of [value, 'another', '']) {
      const rawHeaders = [...honest.rawHeaders, name, second];
      assert.equal(answerTo({ ...honest, rawHeaders }), 'malformedRequest', name);
    }
  }
  const acs3 = sendAcs3();
  for (let at = 0; at < acs3.rawHeaders.length; at += 2) {
    const rawHeaders = [...acs3.rawHeaders, ...acs3.rawHeaders.slice(at, at + 2)];
    assert.equal(answerTo({ ...acs3, rawHeaders }), 'malformedRequest', acs3.rawHeaders[at]);
  }
});

test('header values that could pose as more lines are refused', () => {
  for (const value of ['HMAC-SHA1\nx-acs-z:1', 'a\r\nb', 'a\0', 'é', '\u2028']) {
    for (const name of [
      'x-acs-signature-method',
      'x-acs-signature-nonce',
      'accept',
      'date',
      'authorization',
    ]) {
      assert.equal(answerTo(withHeaders(honest, { [name]: value })), 'malformedRequest', name);
    }
  }
});

test('a nonce is bounded, not empty, and not changed by its blanks', () => {
  const nonceOf = (nonce: string) =>
    readCredential(withHeaders(honest, { 'x-acs-signature-nonce': nonce })).nonce;
  assert.equal(nonceOf('n'.repeat(maxNonceLength))?.length, maxNonceLength);
  assert.equal(nonceOf('a\tb '), nonceOf(' a b'));
  for (const nonce of ['', ' ', 'n'.repeat(maxNonceLength + 1), 'n'.repeat(15_000)]) {
    assert.equal(answerTo(withHeaders(honest, { 'x-acs-signature-nonce': nonce })), 'incompleteSignature');
  }
});

test('an Authorization is bounded', () => {
  const long = `acs ${accessKeyId}:${'A'.repeat(maxAuthorizationLength)}`;
  assert.equal(answerTo(authorized(long)), 'incompleteSignature');
  assert.ok((refusalOf(authorized(long))?.message.length ?? 0) < 200);
});

test('an unknown algorithm is refused, none and the hash of another scheme among them', () => {
  for (const method of [
    '',
    'none',
    'HMAC-MD5',
    'hmac-sha1',
    'SHA256withRSA',
    'ACS3-HMAC-SHA256',
    '__proto__',
  ]) {
    const request = withHeaders(honest, { 'x-acs-signature-method': method });
    assert.equal(answerTo(request), 'invalidSignatureMethod', method);
  }
});

test('a signature of one algorithm is none of another', () => {
  const swapped = withHeaders(honest, { 'x-acs-signature-method': 'HMAC-SM3' });
  assert.equal(answerTo(swapped), 'signatureDoesNotMatch');
  const silent = withHeaders(honest, { 'x-acs-signature-method': undefined });
  assert.equal(answerTo(silent), 'signatureDoesNotMatch');
});

test('a public key never verifies an ROA signature', () => {
  const pem = '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n';
  assert.equal(answerTo(honest, { kind: 'rsa-public-key', pem }), 'invalidSignatureMethod');
});

test('an empty secret verifies nothing, not even what was signed with it', () => {
  const emptySecret = { kind: 'secret', secret: '' } as const;
  const roa = withHeaders(honest, {
    authorization: signRoa({
      method: 'POST',
      target,
      body,
      accessKeyId,
      accessKeySecret: '',
      date: new Date(headers.date!),
      nonce: headers['x-acs-signature-nonce']!,
    }).authorization,
  });
  assert.equal(answerTo(roa, emptySecret), 'signatureDoesNotMatch');
  assert.equal(answerTo(sendAcs3({ secret: '' }), emptySecret), 'signatureDoesNotMatch');
});

test('a date in any but its one form is refused', () => {
  for (const date of [
    '',
    'Invalid Date',
    'NaN',
    '0',
    '1795517816',
    '2026-11-24T10:56:56Z',
    'Mon, 24 Nov 2026 10:56:56 GMT',
    'Tue, 24 Nov 2026 10:56:56',
    'Tue, 24 Nov 2026 10:56:56 UTC',
    'Tue, 24 Nov 2026 10:56:56 +0000',
    'Tue, 24 Nov 2026 11:56:56 GMT+0100',
    'Tuesday, 24-Nov-26 10:56:56 GMT',
    'Tue Nov 24 10:56:56 2026',
    'tue, 24 nov 2026 10:56:56 gmt',
    'Tue, 24 Nov 2026 10:56:60 GMT',
    'Tue, 31 Nov 2026 10:56:56 GMT',
    'Tue, 24 Nov 2026 10:56:56 GMT (x)',
    'Tue, 4 Nov 2026 10:56:56 GMT',
    'Tue,  24 Nov 2026 10:56:56 GMT',
  ]) {
    assert.equal(answerTo(withHeaders(honest, { date })), 'timestampFormat', date);
  }
});

test('body digests are held to their letter', () => {
  const signedWith = (name: string, value: string) => {
    const request = withHeaders(honest, { 'content-md5': undefined, [name]: value });
    const acs = name.startsWith('x-acs-') ? `${name}:${value}\n` : '';
    const text = `POST\napplication/json\n${acs === '' ? value : ''}\napplication/json\n${headers.date}\n${acs}x-acs-signature-method:HMAC-SHA1\nx-acs-signature-nonce:${headers['x-acs-signature-nonce']}\nx-acs-signature-version:1.0\nx-acs-version:2018-05-09\n/green/sface/face/delete?clientInfo={}`;
    const mac = createHmac('sha1', accessKeySecret).update(text).digest('base64');
    return answerTo(withHeaders(request, { authorization: `acs ${accessKeyId}:${mac}` }), secretKey, true);
  };
  const md5 = headers['content-md5']!;
  assert.equal(signedWith('content-md5', md5), 'accepted');
  for (const value of [
    '',
    md5.replace(/=+$/, ''),
    md5.toLowerCase(),
    Buffer.from(md5, 'base64').toString('hex'),
  ]) {
    assert.equal(signedWith('content-md5', value), 'contentDigestDoesNotMatch');
  }
  const emptySm3 = '1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b';
  assert.equal(signedWith('x-acs-content-sm3', emptySm3), 'contentDigestDoesNotMatch');
  assert.equal(signedWith('x-acs-content-sha256', 'x'), 'contentDigestDoesNotMatch');
});

test('whatever comes, it is refused by name or accepted, and never crashes', () => {
  const name = fc.constantFrom(
    ...Object.keys(headers),
    'x-acs-date',
    'x-acs-content-sha256',
    'host',
    'x-acs-z',
  );
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string(),
    fc.constantFrom(
      ...Object.values(headers),
      'ACS3-HMAC-SHA256 Credential=a,SignedHeaders=host,Signature=00',
    ),
  );
  const request = fc.record({
    method: fc.string(),
    target: fc.oneof(
      fc.string(),
      fc.constant(target),
      fc.string().map((text) => `/${text}`),
    ),
    rawHeaders: fc.array(fc.tuple(name, value), { maxLength: 12 }).map((pairs) => pairs.flat()),
    body: fc.uint8Array({ maxLength: 20 }),
  });
  fc.assert(
    fc.property(request, (any) => assert.notEqual(answerTo(any), 'accepted')),
    { numRuns: 500 },
  );
});

test('a header block full of headers, signed names, blanks or pairs is refused like any other', () => {
  // As much as Node's own limit of 16 KiB lets through; reading it in quadratic time would stall a server.
  const many = Array.from({ length: 1_500 }, (_, at) => [`x-acs-${at.toString(36)}`, '']).flat();
  const names = Array.from({ length: 1_000 }, (_, at) => `a${at.toString(36).padStart(2, '0')}`).sort();
  const authorization = `ACS3-HMAC-SHA256 Credential=a,SignedHeaders=${names.join(';').slice(0, 3_999)},Signature=00`;
  const crowded = { ...honest, rawHeaders: [...many, 'authorization', authorization] };
  assert.equal(answerTo(crowded), 'incompleteSignature');
  const blanks = withHeaders(honest, { accept: `a${' '.repeat(15_000)}b` });
  assert.equal(answerTo(blanks), 'signatureDoesNotMatch');
  const pairs = { ...honest, target: `/p?${'k&'.repeat(7_000)}` };
  assert.equal(answerTo(pairs), 'signatureDoesNotMatch');
});
