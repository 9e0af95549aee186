// Scores counted on a grid give the shares that sorting them would, and a curve that ends where too few errors are left.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { gridPlaceOf, gridScores, measureFalseMatches, ScoreCounts } from '../../src/cli/score-counts.ts';

const countsOf = (scores: readonly number[]): ScoreCounts => {
  const counts = new ScoreCounts();
  for (const score of scores) counts.add(score);
  return counts;
};

test('how many reach a score of the grid is how many are not below it', () => {
  const scores = fc.array(
    fc.integer({ min: -1000, max: 1000 }).map((value) => value / 1000),
    { maxLength: 50 },
  );
  fc.assert(
    fc.property(scores, fc.integer({ min: -100, max: 100 }), (all, hundredths) => {
      const asked = hundredths / 100;
      const reaching = countsOf(all).reaching()[gridPlaceOf(asked)];
      assert.equal(reaching, all.filter((score) => score >= asked).length);
    }),
  );
});

test('every score of the grid has its own place, and scores beyond it the outermost', () => {
  assert.ok(gridScores.every((score, place) => gridPlaceOf(score) === place));
  assert.deepEqual([gridPlaceOf(-1.1), gridPlaceOf(1.1)], [0, gridScores.length - 1]);
});

test('the curve of false matches is as the manifest wants it, and ends at the last score with thirty', () => {
  const scores = Array.from({ length: 10_000 }, (_value, i) => i / 20_000);
  const { points, comparisons } = measureFalseMatches(countsOf(scores), 'made up')!;
  assert.equal(comparisons, 10_000);
  assert.deepEqual(points[0], [0.25, 0.5]);
  assert.deepEqual(points.at(-1), [0.4985, 0.003]);
  for (const [i, [score, rate]] of points.entries())
    assert.ok(i === 0 || (score > points[i - 1]![0] && rate < points[i - 1]![1]));
});

test('too few impostors make no curve', () => {
  for (const count of [0, 1, 29, 59]) {
    assert.equal(
      measureFalseMatches(countsOf(Array.from({ length: count }, () => 0.1)), 'made up'),
      undefined,
    );
  }
});
