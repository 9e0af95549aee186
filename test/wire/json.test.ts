// JSON is read as JSON.parse reads it, with every digit kept, long strings quickly, and no more than is bearable.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Refusal } from '../../src/wire/errors.ts';
import { parseJson } from '../../src/wire/json.ts';
import { maxJsonCharacters } from '../../src/wire/limits.ts';

const long = 'x'.repeat(1_500);

test('whatever JSON holds is read as JSON.parse reads it, long strings and odd ones among the rest', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('~', '~0', '~1', '\\', '"', '\\"', '', long, `${long}"\\`, `~${long}`, '\u2028'),
  );
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      text,
      fc.integer(),
      // Past 2^53 an integer keeps its digits, which JSON.parse does not: see below.
      fc
        .double({ noNaN: true, noDefaultInfinity: true })
        .filter((number) => !Number.isInteger(number) || Number.isSafeInteger(number)),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(
        text.filter((key) => key !== '__proto__'),
        tie('value'),
        { maxKeys: 4, noNullPrototype: true },
      ),
    ),
  })).value;
  fc.assert(
    fc.property(value, fc.constantFrom(undefined, 1, '\t'), (any, space) => {
      const json = JSON.stringify(any, null, space);
      // Through JSON.parse, since -0 is written as 0.
      assert.deepEqual(parseJson(json), JSON.parse(json));
    }),
    { numRuns: Number(process.env.FUZZ_RUNS ?? 100) },
  );
});

test('what JSON.parse refuses is refused', () => {
  const good = JSON.stringify({ a: ['~', long, '\\"'], b: { c: '"', [long]: 1 } });
  fc.assert(
    fc.property(fc.nat(good.length), fc.constantFrom('"', '\\', '~', ',', '{', '\n', ''), (at, put) => {
      const changed = good.slice(0, at) + put + good.slice(at + 1);
      let expected: unknown;
      try {
        expected = JSON.parse(changed);
      } catch {
        assert.throws(() => parseJson(changed), SyntaxError, changed.slice(0, 40));
        return;
      }
      assert.deepEqual(parseJson(changed), expected);
    }),
    { numRuns: 500 },
  );
});

test('integers keep every digit as far as an id goes', () => {
  const text =
    '[31820666292926465,1,-1,1.5,1e3,99999999999999999999999999999999,999999999999999999999999999999999]';
  assert.deepEqual(parseJson(text), [31820666292926465n, 1, -1, 1.5, 1000, BigInt('9'.repeat(32)), 1e33]);
});

test('a key given twice with two values is refused, also with long ones', () => {
  for (const [one, other] of [
    ['a', 'b'],
    [long, `${long}y`],
  ]) {
    assert.throws(() => parseJson(JSON.stringify({ a: one }).replace('}', `,"a":"${other}"}`)), SyntaxError);
  }
});

test('besides long strings there may be so much and no more', () => {
  const isTooMuch = (error: unknown) => error instanceof Refusal && error.refusal === 'badRequest';
  const picture = 'x'.repeat(8 * maxJsonCharacters);
  assert.deepEqual(parseJson(JSON.stringify({ a: picture, b: [picture] })), { a: picture, b: [picture] });
  assert.throws(() => parseJson(' '.repeat(maxJsonCharacters + 1)), isTooMuch);
  assert.throws(() => parseJson(`[${'"~",'.repeat(maxJsonCharacters)}1]`), isTooMuch);
  assert.throws(() => parseJson(`{"${picture}":1}`), isTooMuch);
});
