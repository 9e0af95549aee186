// ROA signatures: what each SDK signs is accepted, what lethe itself signs is, and nothing else.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeQuery, splitTarget, type WireRequest } from '../../src/wire/request.ts';
import { type RoaAlgorithm, roaStringsToSign, signRoa } from '../../src/wire/roa-signature.ts';
import { accessKeyId, accessKeySecret, answerTo, refusalOf } from './vectors.ts';

const date = 'Tue, 24 Nov 2026 10:56:56 GMT';

/** Sends a target, having signed a resource text as some SDK would; written apart from the code it tests. */
function sendSigning(target: string, signedResource: string): WireRequest {
  const text = `POST\napplication/json\n\napplication/json\n${date}\nx-acs-version:2018-05-09\n${signedResource}`;
  const signature = createHmac('sha1', accessKeySecret).update(text).digest('base64');
  const headers = {
    Accept: 'application/json',
    'Content-Type': 'application/json',
    Date: date,
    'x-acs-version': '2018-05-09',
    Authorization: `acs ${accessKeyId}:${signature}`,
  };
  return { method: 'POST', target, rawHeaders: Object.entries(headers).flat(), body: Buffer.from('{}') };
}

const queryHabits = [
  ['Java, Go: an empty value loses its =', '/p?ClientInfo=', '/p?ClientInfo'],
  ['PHP: likewise, beside its Version', '/p?ClientInfo=&Version=1', '/p?ClientInfo&Version=1'],
  ['pop-core, Tea v2: an empty value keeps its =', '/p?ClientInfo=', '/p?ClientInfo='],
  ['Python, .NET: likewise, beside RegionId', '/p?ClientInfo=&RegionId=r', '/p?ClientInfo=&RegionId=r'],
  ['a key without = counts as empty', '/p?ClientInfo', '/p?ClientInfo='],
  ['Java, PHP, Node: a space travels as %20', '/p?k=a%20b', '/p?k=a b'],
  ['Go, Python, .NET: a space travels as +', '/p?k=a+b', '/p?k=a b'],
  ['a plus travels as %2B', '/p?k=a%2Bb', '/p?k=a+b'],
  ['Java: * bare, ~ encoded', '/p?k=*%7E', '/p?k=*~'],
  ['Go, PHP, Python: * encoded, ~ bare', '/p?k=%2A~', '/p?k=*~'],
  ["pop-core: !'()*~ bare", "/p?k=!'()*~", "/p?k=!'()*~"],
  ['pop-core: a list is signed joined and sent repeated', '/p?k=a&k=b', '/p?k=a,b'],
  ['pop-core: a list with an empty item', '/p?k=&k=b&z=', '/p?k=,b&z='],
  ['a repeated key signed as repeated', '/p?k=a&k=b', '/p?k=a&k=b'],
  ['a repeated key keeps the order of its values', '/p?k=b&k=a', '/p?k=b,a'],
  ['keys are sorted', '/p?b=2&a=1&B=3', '/p?B=3&a=1&b=2'],
  ['no query: the path alone', '/p', '/p'],
  ['a bare question mark: the path alone', '/p?', '/p'],
  ['values are signed decoded', '/p?k=%E4%B8%AD%26%3D%25', '/p?k=中&=%'],
] as const;
for (const [habit, target, signed] of queryHabits) {
  test(`accepted: ${habit}`, () => assert.equal(answerTo(sendSigning(target, signed)), 'accepted'));
}

const nobodysHabits = [
  ['values signed encoded', '/p?k=a%20b', '/p?k=a%20b'],
  ['an unsorted query', '/p?b=2&a=1', '/p?b=2&a=1'],
  ['a query left out', '/p?a=1', '/p'],
  ['a query put in', '/p', '/p?a=1'],
  ['the last of a repeated key alone', '/p?k=a&k=b', '/p?k=b'],
  ['a question mark with nothing behind', '/p', '/p?'],
  ['a line before the path', '/p', '\n/p'],
  ['another path', '/p', '/q'],
  ['a decoded path', '/%70', '/p'],
  ['a normalised path', '/a/../p', '/p'],
] as const;
for (const [habit, target, signed] of nobodysHabits) {
  test(`refused: ${habit}`, () =>
    assert.equal(answerTo(sendSigning(target, signed)), 'signatureDoesNotMatch'));
}

test('at most three texts are tried, nine with HMAC-SM3', () => {
  const candidates = (target: string, algorithm: RoaAlgorithm) =>
    roaStringsToSign(sendSigning(target, ''), algorithm).length;
  assert.equal(candidates('/p', 'HMAC-SHA1'), 1);
  assert.equal(candidates('/p?a=1', 'HMAC-SHA1'), 1);
  assert.equal(candidates('/p?a=', 'HMAC-SHA1'), 2);
  assert.equal(candidates('/p?a=&b=1&b=2&c=', 'HMAC-SHA1'), 3);
  assert.equal(candidates('/p', 'HMAC-SM3'), 3);
  assert.equal(candidates('/p?a=&b=1&b=2&c=', 'HMAC-SM3'), 9);
});

test('a refusal quotes what Java and Go sign: an empty value without its =', () => {
  const refusal = refusalOf(sendSigning('/p?ClientInfo=', 'other'));
  assert.equal(
    refusal?.detail,
    `POST\napplication/json\n\napplication/json\n${date}\nx-acs-version:2018-05-09\n/p?ClientInfo`,
  );
});

test('a refusal quotes a text of dollar signs and braces as it is', () => {
  const refusal = refusalOf(sendSigning("/p?k=$%26$'{}$$", 'other'));
  assert.ok(refusal?.message.endsWith("\n/p?k=$&$'{}$$"), refusal?.message);
});

const word = fc.string({ unit: 'binary', maxLength: 12 });
const query = fc.array(fc.tuple(word, word), { maxLength: 5 });
const encode = (pairs: readonly (readonly [string, string])[]): string =>
  pairs.map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`).join('&');

const call = fc
  .record({
    query,
    body: fc.uint8Array({ minLength: 1, maxLength: 60 }),
    algorithm: fc.constantFrom('HMAC-SHA1', 'HMAC-SM3'),
    nonce: fc.stringMatching(/^[A-Za-z0-9-]{1,128}$/),
    seconds: fc.integer({ min: 0, max: 4_102_444_800 }),
  })
  .map(({ query, seconds, ...rest }) => ({
    ...rest,
    method: 'POST',
    target: query.length === 0 ? '/green/sface/face/delete' : `/green/sface/face/delete?${encode(query)}`,
    date: new Date(seconds * 1000),
    accessKeyId,
    accessKeySecret,
  }));
type Call = Parameters<typeof signRoa>[0];

const send = (signed: Call, order = Object.entries(signRoa(signed))): WireRequest => ({
  method: signed.method,
  target: signed.target,
  rawHeaders: order.flat(),
  body: signed.body,
});

test('whatever lethe signs is accepted, its headers in any order and case', () => {
  fc.assert(
    fc.property(call, fc.infiniteStream(fc.nat(20)), (signed, places) => {
      const entries = Object.entries(signRoa(signed)).map(([name, value]) => [name.toUpperCase(), value]);
      for (let at = 0; at < entries.length; at++) {
        entries.splice(places.next().value % entries.length, 0, ...entries.splice(at, 1));
      }
      assert.equal(answerTo(send(signed, entries as [string, string][])), 'accepted');
    }),
  );
});

/** The text with one character changed to another letter or digit. */
const changed = (text: string, at: number, letter: string): string =>
  `${text.slice(0, at % text.length)}${letter}${text.slice((at % text.length) + 1)}`;
const letter = fc.constantFrom(...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz');

test('a changed character of method, path or query is refused, unless it spells the same', () => {
  fc.assert(
    fc.property(call, fc.nat(), letter, (signed, at, character) => {
      const request = send(signed);
      const target = changed(request.target.slice(1), at, character);
      const tampered = { ...request, target: `/${target}` };
      fc.pre(!isSameTarget(tampered.target, request.target));
      assert.notEqual(answerTo(tampered), 'accepted');
      const method = changed(request.method, at, character);
      fc.pre(method !== request.method);
      assert.equal(answerTo({ ...request, method }), 'signatureDoesNotMatch');
    }),
  );
});

function isSameTarget(one: string, other: string): boolean {
  const [left, right] = [splitTarget(one), splitTarget(other)];
  try {
    return left.path === right.path && encode(decodeQuery(left.query)) === encode(decodeQuery(right.query));
  } catch {
    return false;
  }
}

test('a changed, removed or added signed header is refused', () => {
  fc.assert(
    fc.property(call, fc.nat(), fc.nat(), letter, (signed, which, at, character) => {
      const entries = Object.entries(signRoa(signed));
      const index = which % entries.length;
      const [name, value] = entries[index]!;
      fc.pre(changed(value, at, character) !== value);
      const change = entries.with(index, [name, changed(value, at, character)]);
      assert.notEqual(answerTo(send(signed, change)), 'accepted', name);
      assert.notEqual(answerTo(send(signed, entries.toSpliced(index, 1))), 'accepted', name);
      const addition: [string, string] = [`x-acs-${character.toLowerCase()}`, 'x'];
      assert.equal(answerTo(send(signed, [...entries, addition])), 'signatureDoesNotMatch');
    }),
  );
});

test('a changed byte of the body is refused, and so is a body cut or extended', () => {
  fc.assert(
    fc.property(call, fc.nat(), fc.integer({ min: 1, max: 255 }), (signed, at, difference) => {
      const request = send(signed);
      const body = Uint8Array.from(request.body);
      body[at % body.length]! ^= difference;
      assert.equal(answerTo({ ...request, body }), 'contentDigestDoesNotMatch');
      const shorter = request.body.subarray(1);
      assert.equal(answerTo({ ...request, body: shorter }), 'contentDigestDoesNotMatch');
      const longer = Buffer.concat([request.body, Buffer.from(' ')]);
      assert.equal(answerTo({ ...request, body: longer }), 'contentDigestDoesNotMatch');
    }),
  );
});

test('a request signed with another secret is refused', () => {
  fc.assert(
    fc.property(call, word, (signed, secret) => {
      assert.equal(answerTo(send(signed), { kind: 'secret', secret }), 'signatureDoesNotMatch');
    }),
  );
});
