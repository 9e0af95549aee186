// A request is read as it stood on the wire, or refused: nothing is normalised, guessed or picked.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Refusal } from '../../src/wire/errors.ts';
import { acsHeaders, decodeQuery, headerOf, requireHeader, splitTarget } from '../../src/wire/request.ts';

const malformed = { name: 'Refusal', refusal: 'malformedRequest' };
const requestWith = (...rawHeaders: string[]) => ({
  method: 'POST',
  target: '/',
  rawHeaders,
  body: new Uint8Array(),
});

test('a target is split at its first question mark and left as it is', () => {
  assert.deepEqual(splitTarget('/green/sface/groups'), { path: '/green/sface/groups', query: '' });
  assert.deepEqual(splitTarget('/a?'), { path: '/a', query: '' });
  assert.deepEqual(splitTarget('/a?b=c?d'), { path: '/a', query: 'b=c?d' });
  assert.deepEqual(splitTarget('/a/../b//%2e%2E/'), { path: '/a/../b//%2e%2E/', query: '' });
  assert.deepEqual(splitTarget('//host/a'), { path: '//host/a', query: '' });
});

const badTargets = [
  ['empty', ''],
  ['absolute', 'http://127.0.0.1/green/sface/groups'],
  ['authority', '127.0.0.1:80'],
  ['asterisk', '*'],
  ['relative', 'green/sface/groups'],
  ['fragment', '/green/sface/groups#x'],
  ['fragment in the query', '/a?b=c#d'],
  ['space', '/a b'],
  ['line end', '/a\nb'],
  ['line end at the end', '/a\n'],
  ['NUL', '/a\0'],
  ['bytes beyond ASCII', '/a\u00e9'],
  ['bytes beyond ASCII in the query', '/a?b=\u00e9'],
] as const;
for (const [what, target] of badTargets) {
  test(`a target is refused: ${what}`, () => assert.throws(() => splitTarget(target), malformed));
}

test('a query is decoded pair by pair, in order, repeats and empties kept', () => {
  assert.deepEqual(decodeQuery(''), []);
  assert.deepEqual(decodeQuery('a=1&b&c=&a=2&=&=x'), [
    ['a', '1'],
    ['b', ''],
    ['c', ''],
    ['a', '2'],
    ['', ''],
    ['', 'x'],
  ]);
  assert.deepEqual(decodeQuery('&&a=1&'), [['a', '1']]);
  assert.deepEqual(decodeQuery('a=b=c'), [['a', 'b=c']]);
  assert.deepEqual(decodeQuery('a+b=c%20d%2B%26'), [['a b', 'c d+&']]);
  assert.deepEqual(decodeQuery('__proto__=1&k=%E4%B8%AD%F0%9F%98%80'), [
    ['__proto__', '1'],
    ['k', '中😀'],
  ]);
});

const brokenQueries = {
  'a lone percent sign': 'a=%',
  'half an escape': 'a=%4',
  'no hex digits': 'a=%zz',
  'a byte that no UTF-8 begins with': 'a=%FF',
  'a cut character': 'a=%E4%B8',
  'an overlong slash': 'a=%C0%AF',
  'a surrogate': 'a=%ED%A0%80',
  'a broken key': '%=1',
};
for (const [what, query] of Object.entries(brokenQueries)) {
  test(`a query is refused: ${what}`, () => assert.throws(() => decodeQuery(query), malformed));
}

test('whatever is encoded decodes to itself', () => {
  const text = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(fc.array(fc.tuple(text, text)), (pairs) => {
      const query = pairs.map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`);
      assert.deepEqual(decodeQuery(query.join('&')), pairs);
    }),
  );
});

test('a header is found whatever its case, without outer blanks, a tab read as a space', () => {
  const request = requestWith('X-Acs-Version', ' \t2018-05-09\t ', 'Accept', '', 'X-ACS-a', 'b\tc  d');
  assert.equal(headerOf(request, 'x-acs-version'), '2018-05-09');
  assert.equal(headerOf(request, 'accept'), '');
  assert.equal(headerOf(request, 'x-acs-a'), 'b c  d');
  assert.equal(headerOf(request, 'date'), undefined);
});

test('a header given twice is refused where it is read, and only there', () => {
  const request = requestWith('Date', 'a', 'DATE', 'a', 'Via', '1', 'Via', '2', 'X-Acs-Version', 'x');
  assert.throws(() => headerOf(request, 'date'), malformed);
  assert.equal(headerOf(request, 'x-acs-version'), 'x');
  assert.deepEqual(acsHeaders(request), [['x-acs-version', 'x']]);
  assert.throws(() => acsHeaders(requestWith('x-acs-a', '1', 'X-Acs-A', '1')), malformed);
});

test('x-acs- headers are listed by name', () => {
  const request = requestWith('x-acs-b', '2', 'x-acsa', 'no', 'X-Acs-A', '1', 'x-acs-a-b', '3', 'host', 'h');
  assert.deepEqual(acsHeaders(request), [
    ['x-acs-a', '1'],
    ['x-acs-a-b', '3'],
    ['x-acs-b', '2'],
  ]);
});

for (const value of [
  'a\nx-acs-b:c',
  'a\r',
  'a\0',
  'caf\u00e9',
  '\u4e2d',
  'a\n',
  '\u00a0a',
  '\x7f',
  'a\x0bb',
]) {
  test(`a header is refused: ${JSON.stringify(value)}`, () => {
    assert.throws(() => headerOf(requestWith('x-acs-a', value), 'x-acs-a'), malformed);
    assert.throws(() => acsHeaders(requestWith('x-acs-a', value)), malformed);
  });
}

for (const name of ['', 'x-acs-a:b', 'x-acs-a\nx-acs-b', 'x acs', 'x-acs-\u00e9']) {
  test(`a header's name is refused: ${JSON.stringify(name)}`, () => {
    assert.throws(() => headerOf(requestWith(name, '1'), 'date'), malformed);
  });
}

test('a missing header is named after its parameter', () => {
  const codeOf = (name: string): unknown => {
    try {
      return requireHeader(requestWith(), name);
    } catch (error) {
      return error instanceof Refusal ? [error.status, error.code, error.message] : error;
    }
  };
  assert.deepEqual(codeOf('x-acs-version'), [400, 'MissingVersion', 'Version is mandatory for this action.']);
  assert.deepEqual(codeOf('date'), [400, 'MissingDate', 'Date is mandatory for this action.']);
  assert.deepEqual(codeOf('x-acs-date'), [400, 'MissingDate', 'Date is mandatory for this action.']);
  assert.deepEqual(codeOf('x-acs-content-sha256'), [
    400,
    'MissingContentSha256',
    'ContentSha256 is mandatory for this action.',
  ]);
});
