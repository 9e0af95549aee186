// Faces are aligned by the similarity that fits their points best.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fitSimilarity, invert, type Similarity, squareToChip } from '../../src/biometrics/similarity.ts';

const map = ({ a, b, dx, dy }: Similarity, points: readonly number[]): number[] =>
  points.map((value, i) =>
    i % 2 === 0 ? a * value - b * points[i + 1]! + dx : b * points[i - 1]! + a * value + dy,
  );

const assertClose = (actual: readonly number[], expected: readonly number[], tolerance = 1e-6): void => {
  assert.equal(actual.length, expected.length);
  for (const [i, value] of actual.entries())
    assert.ok(Math.abs(value - expected[i]!) <= tolerance, `${actual} is not ${expected}`);
};

const coordinate = fc.double({ min: -2000, max: 2000, noNaN: true });
const similarity = fc
  .record({
    scale: fc.double({ min: 0.05, max: 20, noNaN: true }),
    angle: fc.double({ min: -Math.PI, max: Math.PI, noNaN: true }),
    dx: coordinate,
    dy: coordinate,
  })
  .map(({ scale, angle, dx, dy }) => ({
    a: scale * Math.cos(angle),
    b: scale * Math.sin(angle),
    dx,
    dy,
  }));
/** At least two pixels apart, as the points of any face that is found are. */
const points = fc
  .array(fc.tuple(coordinate, coordinate), { minLength: 2, maxLength: 40 })
  .map((list) => list.flat())
  .filter(([x = 0, y = 0, u = 0, v = 0]) => Math.hypot(x - u, y - v) > 2);

test('points that were turned, scaled and shifted tell how', () => {
  fc.assert(
    fc.property(similarity, points, (truth, from) => {
      const found = fitSimilarity(from, map(truth, from));
      assertClose([found.a, found.b], [truth.a, truth.b], 1e-6);
      assertClose(map(found, from), map(truth, from), 1e-3);
    }),
  );
});

test('a similarity and its inverse bring every point back', () => {
  fc.assert(
    fc.property(similarity, points, (there, from) => {
      assertClose(map(invert(there), map(there, from)), from, 1e-6);
    }),
  );
});

test('of points that fit no similarity, the squared distances are least', () => {
  fc.assert(
    fc.property(similarity, points, fc.double({ min: -0.3, max: 0.3, noNaN: true }), (truth, from, step) => {
      const to = map(truth, from).map((value, i) => value + ((i * 7919) % 13) - 6);
      const distance = (one: Similarity): number =>
        map(one, from).reduce((sum, value, i) => sum + (value - to[i]!) ** 2, 0);
      const best = fitSimilarity(from, to);
      const least = distance(best) * (1 + 1e-9) + 1e-6;
      for (const part of ['a', 'b', 'dx', 'dy'] as const)
        assert.ok(distance({ ...best, [part]: best[part] + step }) >= least - 2e-6);
    }),
  );
});

test('a mirrored face is not mirrored back', () => {
  const { a, b } = fitSimilarity([0, 0, 10, 0, 5, 5], [10, 0, 0, 0, 5, 5]);
  assert.ok(a * a + b * b > 0);
  assert.ok(a * a + b * b < 1, 'a reflection would fit without loss');
});

test('points that coincide are refused', () => {
  assert.throws(() => fitSimilarity([3, 3, 3, 3], [0, 0, 1, 1]), RangeError);
});

test('a square goes to the whole chip, turned upright', () => {
  const square = { centreX: 100, centreY: 50, side: 40, angle: Math.PI / 2 };
  // Turned by a quarter clockwise, the right of the chip is below in the picture.
  assertClose(map(squareToChip(square, 80), [100, 50, 100, 70, 80, 50]), [40, 40, 80, 40, 40, 80]);
});
