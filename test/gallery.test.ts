// Rates follow the model's curve, and never fall while the comparison score rises.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { rateOf, scoreOf } from '../src/gallery/decision.ts';
import type { Calibration } from '../src/gallery/ports.ts';

const calibration: Calibration = {
  rateCurve: [
    [-1, 0],
    [0.25, 40],
    [0.4, 70],
    [1, 100],
  ],
  verify: { threshold: 0.4, falseMatchRate: 1.8e-4 },
  identify: { threshold: 0.45 },
};

test('a rate is read off the curve, linear between its points and flat outside', () => {
  const rates = [-2, -1, 0.25, 0.325, 0.4, 0.7, 1, 1.0001].map((score) => rateOf(score, calibration));
  assert.deepEqual(rates, [0, 0, 40, 55, 70, 85, 100, 100]);
});

/** Any curve that a manifest may hold: rising scores, rates that do not fall. */
const anyCurve = fc
  .tuple(
    fc.uniqueArray(fc.integer({ min: -1000, max: 1000 }), { minLength: 2, maxLength: 12 }),
    fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 12, maxLength: 12 }),
  )
  .map(([scores, rates]): Calibration['rateCurve'] => {
    const rising = rates.toSorted((one, other) => one - other);
    return scores.toSorted((one, other) => one - other).map((score, i) => [score / 1000, rising[i]!]);
  });

test('a higher score never has a lower rate, whatever the curve, and every rate lies between 0 and 100', () => {
  const score = fc.double({ min: -1.01, max: 1.01, noNaN: true });
  fc.assert(
    fc.property(anyCurve, score, score, (rateCurve, a, b) => {
      const [low, high] = [Math.min(a, b), Math.max(a, b)].map((one) =>
        rateOf(one, { ...calibration, rateCurve }),
      );
      assert.ok(low! >= 0 && low! <= high! && high! <= 100, `${low} ${high}`);
    }),
    { numRuns: 1000 },
  );
});

test('a rate tells the score it was made from', () => {
  fc.assert(
    fc.property(fc.double({ min: -1, max: 1, noNaN: true }), (score) => {
      // Rates have two decimals: half of one of them is worth this much score where the curve is flattest.
      assert.ok(Math.abs(scoreOf(rateOf(score, calibration), calibration) - score) < 0.001);
    }),
  );
});
