// Every recorded request is answered as it should be.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCredential } from '../../src/wire/signature.ts';
import {
  accessKeyId,
  answerTo,
  keyOf,
  refusalOf,
  requestOf,
  vectorNamed,
  vectors,
  withHeaders,
} from './vectors.ts';

test('the vectors are all there', () => {
  assert.equal(vectors.length, 103);
  assert.equal(new Set(vectors.map(({ id }) => id)).size, vectors.length);
});

for (const vector of vectors) {
  test(`${vector.id} (${vector.sdk}) is ${vector.answer}`, () => {
    assert.equal(answerTo(requestOf(vector), keyOf(vector)), vector.answer);
  });

  const whenAllowed = vector.answerWhenUnprotectedBodiesAreAllowed ?? vector.answer;
  test(`${vector.id} is ${whenAllowed} when unprotected bodies are allowed`, () => {
    assert.equal(answerTo(requestOf(vector), keyOf(vector), true), whenAllowed);
  });

  if (vector.answer === 'accepted') {
    test(`${vector.id} is refused for another key`, () => {
      const refusal = refusalOf(requestOf(vector), { kind: 'secret', secret: 'another' });
      const isRsa = vector.publicKey !== undefined;
      assert.equal(refusal?.refusal, isRsa ? 'invalidSignatureMethod' : 'signatureDoesNotMatch');
    });
  }
}

test('a credential tells who, when, how and with which nonce', () => {
  const { signature: _, ...credential } = readCredential(requestOf(vectorNamed('popcore-deletefaces-sts')));
  assert.deepEqual(credential, {
    scheme: 'roa',
    accessKeyId,
    algorithm: 'HMAC-SHA1',
    timestampMs: Date.UTC(2026, 10, 24, 10, 56, 56),
    nonce: '7baccb929533ec8523e8874efd269604',
    securityToken: 'CAISfakeSecurityToken/with+chars==',
  });
});

test('security tokens are told as sent', () => {
  for (const vector of vectors) {
    if (vector.answer !== 'accepted') continue;
    assert.equal(readCredential(requestOf(vector)).securityToken, vector.securityToken, vector.id);
  }
});

test("PHP's nonce keeps its space, and Python's, Go's and the like have none", () => {
  const nonceIn = (id: string) => readCredential(requestOf(vectorNamed(id))).nonce;
  assert.equal(nonceIn('php-deletefaces'), '4f4a8bfe868872b6f372e84ea4f5da580.17801800 1795518271');
  assert.equal(nonceIn('python-deletefaces'), undefined);
  assert.equal(nonceIn('go-deletefaces'), undefined);
});

test('a missing header is named as the gateway names parameters', () => {
  const refused = (id: string) => refusalOf(requestOf(vectorNamed(id)));
  assert.equal(refused('neg-roa-no-authorization')?.code, 'MissingAuthorization');
  assert.equal(refused('neg-roa-no-date')?.code, 'MissingDate');
  assert.equal(refused('neg-roa-no-date')?.message, 'Date is mandatory for this action.');
});

test('the refusal quotes the very text that the client signed', () => {
  for (const id of ['sha1-doc-example-layout', 'sm3-roa-layout-empty-md5', 'sm3-roa-layout-with-md5']) {
    const vector = vectorNamed(id);
    const refusal = refusalOf(requestOf(vector), { kind: 'secret', secret: 'wrong' });
    assert.equal(refusal?.code, 'SignatureDoesNotMatch');
    assert.equal(
      refusal?.message,
      `Specified signature is not matched with our calculation. server string to sign is:${vector.stringToSign}`,
    );
  }
});

test('the key of an RSA vector verifies no request but its own', () => {
  const rsa = vectorNamed('openapicore-v3-rsa');
  for (const vector of vectors.filter(({ answer }) => answer === 'accepted')) {
    const answer = answerTo(requestOf(vector), keyOf(rsa));
    assert.equal(answer, vector === rsa ? 'accepted' : 'invalidSignatureMethod', vector.id);
  }
  const forged = withHeaders(requestOf(rsa), { 'x-acs-signature-nonce': 'another' });
  assert.equal(answerTo(forged, keyOf(rsa)), 'signatureDoesNotMatch');
});
