// ACS3 signatures: three algorithms, every header that matters signed, and no key used for another's algorithm.
import assert from 'node:assert/strict';
import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import type { KeyMaterial } from '../../src/wire/key-material.ts';
import type { WireRequest } from '../../src/wire/request.ts';
import { type Acs3Call, encode, sendAcs3 } from './acs3-client.ts';
import { answerTo, refusalOf, secretKey, withHeaders } from './vectors.ts';

const pair = (modulusLength: number) =>
  generateKeyPairSync('rsa', {
    modulusLength,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
const rsa = pair(2048);
const rsaKey: KeyMaterial = { kind: 'rsa-public-key', pem: rsa.publicKey };
const sendRsa = (call: Acs3Call = {}) =>
  sendAcs3({ algorithm: 'ACS3-RSA-SHA256', privateKey: rsa.privateKey, ...call });

const authorizationOf = ({ rawHeaders }: WireRequest): string => rawHeaders.at(-1)!;
const withAuthorization = (request: WireRequest, change: (text: string) => string): WireRequest =>
  withHeaders(request, { authorization: change(authorizationOf(request)) });

test('each algorithm verifies with its own kind of key', () => {
  assert.equal(answerTo(sendAcs3()), 'accepted');
  assert.equal(answerTo(sendAcs3({ algorithm: 'ACS3-HMAC-SM3' })), 'accepted');
  assert.equal(answerTo(sendRsa(), rsaKey), 'accepted');
});

test('a secret verifies no RSA and a public key no HMAC, not even one made with the public key itself', () => {
  assert.equal(answerTo(sendRsa()), 'invalidSignatureMethod');
  for (const algorithm of ['ACS3-HMAC-SHA256', 'ACS3-HMAC-SM3']) {
    const der = createPublicKey(rsa.publicKey).export({ type: 'spki', format: 'der' });
    for (const secret of ['', rsa.publicKey, rsa.publicKey.trim(), der.toString('base64')]) {
      assert.equal(answerTo(sendAcs3({ algorithm, secret }), rsaKey), 'invalidSignatureMethod');
    }
  }
});

test('an RSA signature of another key, another padding or another length is refused', () => {
  const other = pair(2048);
  assert.equal(answerTo(sendRsa({ privateKey: other.privateKey }), rsaKey), 'signatureDoesNotMatch');
  const tooLong = pair(3072);
  assert.equal(answerTo(sendRsa({ privateKey: tooLong.privateKey }), rsaKey), 'signatureDoesNotMatch');
  for (const change of [
    (text: string) => text.slice(0, -2),
    (text: string) => text.slice(0, -1),
    (text: string) => `${text}0`,
    (text: string) => `${text}00`,
    (text: string) => text.replace(/Signature=.*/, 'Signature=00'),
    (text: string) => text.replace(/Signature=.*/, `Signature=${'0'.repeat(512)}`),
    (text: string) => text.replace(/Signature=.*/, `Signature=${'0'.repeat(511)}1`),
  ]) {
    assert.equal(answerTo(withAuthorization(sendRsa(), change), rsaKey), 'signatureDoesNotMatch');
  }
});

test('a key that is no RSA key verifies nothing, not even what it signed', () => {
  const elliptic = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const request = sendRsa({ privateKey: elliptic.privateKey });
  assert.equal(
    answerTo(request, { kind: 'rsa-public-key', pem: elliptic.publicKey }),
    'signatureDoesNotMatch',
  );
});

test('a query is signed in strict encoding, however the URL spells it', () => {
  const query = [['k', "a b+c~*!'()/中"]] as const;
  assert.equal(answerTo(sendAcs3({ query, rawQuery: "k=a+b%2Bc%7E*!'()/%E4%B8%AD" })), 'accepted');
  assert.equal(answerTo(sendAcs3({ query: [['k', '']], rawQuery: 'k' })), 'accepted');
  assert.equal(answerTo(sendAcs3({ query: [['k', '']], rawQuery: 'k=' })), 'accepted');
  const unsorted = [
    ['b', '1'],
    ['a', '2'],
  ] as const;
  assert.equal(answerTo(sendAcs3({ query: unsorted, rawQuery: 'b=1&a=2' })), 'accepted');
});

test('parts of Authorization may stand in any order, as Java writes them, and after a blank', () => {
  const ordered = (order: readonly number[], separator = ',') =>
    withAuthorization(sendAcs3(), (text) => {
      const [algorithm, rest] = text.split(' ') as [string, string];
      const parts = rest.split(',');
      return `${algorithm} ${order.map((at) => parts[at]).join(separator)}`;
    });
  assert.equal(answerTo(ordered([0, 2, 1])), 'accepted');
  assert.equal(answerTo(ordered([2, 1, 0])), 'accepted');
  assert.equal(answerTo(ordered([0, 1, 2], ', ')), 'accepted');
  for (const order of [
    [0, 1],
    [1, 2],
    [0, 2],
    [0, 1, 2, 2],
    [0, 1, 2, 0],
    [0, 1, 1],
  ]) {
    assert.equal(answerTo(ordered(order)), 'incompleteSignature', order.join());
  }
});

const mattering = [
  'x-acs-version',
  'x-acs-date',
  'x-acs-signature-nonce',
  'x-acs-content-sha256',
  'x-acs-action',
];
for (const name of mattering) {
  test(`${name} must be signed`, () => {
    const refusal = refusalOf(sendAcs3({ unsigned: [name] }));
    assert.equal(refusal?.code, 'IncompleteSignature');
    assert.match(refusal?.message ?? '', new RegExp(`header ${name} must be signed`));
  });
}

test('x-acs- headers put in afterwards are refused, security tokens and nonces among them', () => {
  const names = ['x-acs-security-token', 'x-acs-content-sm3', 'x-acs-accesskey-id', 'x-acs-anything'];
  for (const name of names) {
    assert.equal(answerTo(withHeaders(sendAcs3(), { [name]: 'x' })), 'incompleteSignature', name);
  }
  const bare = sendAcs3({ headers: { 'x-acs-signature-nonce': undefined } });
  assert.equal(answerTo(bare), 'accepted');
  assert.equal(answerTo(withHeaders(bare, { 'x-acs-signature-nonce': 'new' })), 'incompleteSignature');
});

test('a signed header taken away is refused', () => {
  for (const name of [...mattering, 'host', 'content-type']) {
    assert.equal(answerTo(withHeaders(sendAcs3(), { [name]: undefined })), 'incompleteSignature', name);
  }
});

test('host and content-type need not be signed: Java signs no host, and nothing hangs on either', () => {
  assert.equal(answerTo(sendAcs3({ unsigned: ['host', 'content-type'] })), 'accepted');
});

test('signed names must be in lower case, sorted and each once', () => {
  const renamed = (change: (names: string) => string) =>
    withAuthorization(sendAcs3(), (text) =>
      text.replace(/SignedHeaders=([^,]*)/, (_, names: string) => `SignedHeaders=${change(names)}`),
    );
  for (const change of [
    (names: string) => names.split(';').reverse().join(';'),
    (names: string) => `${names};x-acs-version`,
    (names: string) => `${names};`,
    (names: string) => `;${names}`,
    (names: string) => names.replace('host', 'Host'),
    (names: string) => names.replace('host', 'host;;'),
    (names: string) => names.replace('host', 'host;host'),
    (names: string) => names.replace('host', 'host;origin'),
    () => '',
    () => 'host',
  ]) {
    assert.equal(answerTo(renamed(change)), 'incompleteSignature');
  }
});

test('the date must be there, in its one form', () => {
  const dated = (date: string | undefined) => refusalOf(sendAcs3({ headers: { 'x-acs-date': date } }))?.code;
  assert.equal(dated('2026-11-24T10:56:56Z'), undefined);
  assert.equal(dated(undefined), 'MissingDate');
  for (const date of [
    '',
    '2026-11-24T10:56:56.000Z',
    '2026-11-24 10:56:56Z',
    '2026-11-24T10:56:56',
    '2026-11-24T10:56:56+00:00',
    '20261124T105656Z',
    '2026-02-30T10:56:56Z',
    '2026-13-01T00:00:00Z',
    '2026-11-24T24:00:00Z',
    '2026-11-24T10:56:60Z',
    '+002026-11-24T10:56:56Z',
    'Tue, 24 Nov 2026 10:56:56 GMT',
    'Invalid Date',
    '0',
    'NaN',
  ]) {
    assert.equal(dated(date), 'InvalidTimeStamp.Format', date);
  }
});

test("the body's digest must be declared, and is checked in either case of its letters", () => {
  const missing = refusalOf(sendAcs3({ headers: { 'x-acs-content-sha256': undefined } }));
  assert.equal(missing?.code, 'MissingContentSha256');
  const upper = createHash('sha256').update('{}').digest('hex').toUpperCase();
  assert.equal(answerTo(sendAcs3({ payloadHash: upper })), 'accepted');
  for (const payloadHash of ['', 'UNSIGNED-PAYLOAD', '0'.repeat(64), upper.slice(1)]) {
    assert.equal(answerTo(sendAcs3({ payloadHash }), secretKey, true), 'contentDigestDoesNotMatch');
  }
});

test('under HMAC-SM3 the digest is SM3, named x-acs-content-sm3 or x-acs-content-sha256', () => {
  const sm3 = createHash('sm3').update('{}').digest('hex');
  const sha256 = createHash('sha256').update('{}').digest('hex');
  const send = (headers: Record<string, string | undefined>, payloadHash = sm3) =>
    answerTo(sendAcs3({ algorithm: 'ACS3-HMAC-SM3', headers, payloadHash }));
  assert.equal(send({ 'x-acs-content-sm3': sm3, 'x-acs-content-sha256': undefined }), 'accepted');
  assert.equal(send({ 'x-acs-content-sha256': sm3 }), 'accepted');
  assert.equal(send({ 'x-acs-content-sha256': sha256 }, sha256), 'contentDigestDoesNotMatch');
  const wrong = { 'x-acs-content-sm3': sm3, 'x-acs-content-sha256': sha256 };
  assert.equal(send(wrong), 'contentDigestDoesNotMatch');
  assert.equal(
    answerTo(sendAcs3({ headers: { 'x-acs-content-sm3': sm3, 'x-acs-content-sha256': undefined } })),
    'missingHeader',
  );
});

test('a body that was declared empty is refused, unless such bodies are allowed', () => {
  for (const algorithm of ['ACS3-HMAC-SHA256', 'ACS3-HMAC-SM3']) {
    const hash = algorithm.endsWith('SM3') ? 'sm3' : 'sha256';
    const request = sendAcs3({ algorithm, payloadHash: createHash(hash).update('').digest('hex') });
    assert.equal(answerTo(request), 'bodyNotSigned');
    assert.equal(answerTo(request, secretKey, true), 'accepted');
    assert.equal(answerTo({ ...request, body: new Uint8Array() }), 'accepted');
    const md5 = createHash('md5').update('another').digest('base64');
    const tampered = withHeaders(request, { 'content-md5': md5 });
    assert.equal(answerTo(tampered, secretKey, true), 'contentDigestDoesNotMatch');
  }
});

test('a refusal quotes the text that Java compares: algorithm and digest', () => {
  const refusal = refusalOf(sendAcs3({ secret: 'another' }));
  assert.match(refusal?.message ?? '', /server string to sign is:ACS3-HMAC-SHA256\n[0-9a-f]{64}$/);
});

const word = fc.string({ unit: 'binary', maxLength: 12 });
const call = fc.record({
  algorithm: fc.constantFrom('ACS3-HMAC-SHA256', 'ACS3-HMAC-SM3'),
  query: fc.uniqueArray(fc.tuple(word, word), { maxLength: 5, selector: ([key]) => key }),
  body: fc.uint8Array({ minLength: 1, maxLength: 60 }),
});

test('whatever is signed under ACS3 is accepted, and with one character changed anywhere it is refused', () => {
  fc.assert(
    fc.property(
      call,
      fc.nat(),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (signed, which, at, difference) => {
        const request = sendAcs3(signed);
        assert.equal(answerTo(request), 'accepted');
        const body = Uint8Array.from(request.body);
        body[at % body.length]! ^= difference;
        assert.equal(answerTo({ ...request, body }), 'contentDigestDoesNotMatch');
        const headers = [...request.rawHeaders];
        const index = (which % (headers.length / 2)) * 2 + 1;
        const value = headers[index]!;
        headers[index] = `${value.slice(0, at % value.length)}~${value.slice((at % value.length) + 1)}`;
        assert.notEqual(answerTo({ ...request, rawHeaders: headers }), 'accepted', headers[index - 1]);
        const query = [...signed.query, ['added', 'x'] as const];
        const target = `/green/sface/face/delete?${query.map(([key, text]) => `${encode(key)}=${encode(text)}`).join('&')}`;
        assert.equal(answerTo({ ...request, target }), 'signatureDoesNotMatch');
        assert.equal(answerTo({ ...request, method: 'PUT' }), 'signatureDoesNotMatch');
      },
    ),
  );
});
