// Error rates and cross-validated accuracy are what the standards say they are.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  bestThreshold,
  type Comparison,
  countErrors,
  crossValidate,
} from '../../src/cli/evaluation-figures.ts';

const genuine = (score: number): Comparison => ({ score, isGenuine: true });
const impostor = (score: number): Comparison => ({ score, isGenuine: false });

const rightAnswers = (threshold: number, all: readonly Comparison[]): number =>
  all.filter(({ score, isGenuine }) => score >= threshold === isGenuine).length;

test('a score at the threshold is a match', () => {
  assert.deepEqual(countErrors([genuine(0.4), genuine(0.39), impostor(0.4), impostor(0.1)], [0.4]), [
    { threshold: 0.4, falseMatches: 1, impostors: 2, falseNonMatches: 1, genuines: 2 },
  ]);
});

test('a face that was not found is no match, and so a false one for nobody', () => {
  const [rates] = countErrors([genuine(-1), impostor(-1)], [0.1]);
  assert.deepEqual([rates!.falseMatches, rates!.falseNonMatches], [0, 1]);
});

test('between two kinds that part, the threshold lies in the middle', () => {
  assert.equal(bestThreshold([impostor(0.1), impostor(0.2), genuine(0.6), genuine(0.9)]), 0.4);
});

test('no other threshold has more right answers', () => {
  const comparisons = fc.array(
    fc.record({
      score: fc.integer({ min: -20, max: 20 }).map((value) => value / 20),
      isGenuine: fc.boolean(),
    }),
    { minLength: 1, maxLength: 60 },
  );
  fc.assert(
    fc.property(comparisons, fc.double({ min: -1, max: 1, noNaN: true }), (all, other) => {
      // Nothing lies beyond the last score but refusing everyone, which a score of 1 can have no threshold for.
      fc.pre(all.every(({ score }) => score < 1));
      assert.ok(rightAnswers(bestThreshold(all), all) >= rightAnswers(other, all));
    }),
  );
});

test('pairs that part wholly are all told right', () => {
  const pairs = Array.from({ length: 40 }, (_value, i) => (i % 2 ? genuine(0.75) : impostor(0.25)));
  assert.deepEqual(crossValidate(pairs), { mean: 1, standardDeviation: 0, threshold: 0.5 });
});

test('a fold is judged by the threshold of the others', () => {
  // Ten folds of two; the last one's scores would ask for a threshold of their own.
  const pairs = Array.from({ length: 9 }, () => [genuine(0.6), impostor(0.2)]).flat();
  const { mean } = crossValidate([...pairs, genuine(0.3), impostor(0.1)]);
  assert.equal(mean, 0.95);
});

test('fewer pairs than folds are refused', () => {
  assert.throws(() => crossValidate([genuine(1)]), RangeError);
});
