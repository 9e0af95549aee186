// A stated error rate asks for a score: read off the measured curve, rising with the gallery, honest beyond its end.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Calibration, FalseMatchCurve } from '../../src/gallery/ports.ts';
import {
  chooseThresholds,
  fmrAt,
  fpirAt,
  isBeyondMeasured,
  scoreAtFmr,
  scoreAtFpir,
} from '../../src/gallery/thresholds.ts';

const curve: FalseMatchCurve = {
  points: [
    [0.2, 1e-2],
    [0.4, 1e-4],
    [0.5, 1e-6],
  ],
  comparisons: 1_000_000_000,
  measuredOn: 'made up: two decades in 0.2, two in 0.1',
};
const calibration: Calibration = {
  rateCurve: [
    [-1, 0],
    [1, 100],
  ],
  verify: { threshold: 0.4, falseMatchRate: 1e-4 },
  identify: { threshold: 0.45 },
  falseMatches: curve,
};

const near = (actual: number, expected: number) =>
  assert.ok(
    Math.abs(actual - expected) <= 1e-9 * Math.max(1, Math.abs(expected)),
    `${actual}, not ${expected}`,
  );

test('between the points of the curve the logarithm of the rate is linear', () => {
  near(scoreAtFmr(1e-3, curve), 0.3);
  near(scoreAtFmr(1e-5, curve), 0.45);
  near(fmrAt(0.45, curve), 1e-5);
});

test('beyond its ends the curve goes on straight, and says so', () => {
  near(scoreAtFmr(1e-8, curve), 0.6);
  near(scoreAtFmr(0.1, curve), 0.1);
  assert.deepEqual([isBeyondMeasured(0.5, curve), isBeyondMeasured(0.51, curve)], [false, true]);
  assert.equal(fmrAt(-1, curve), 1);
});

test('a rate that no score is known to reach gets a score that no two faces have', () => {
  assert.ok(scoreAtFmr(1e-20, curve) > 1);
});

const score = fc.double({ min: -1, max: 1, noNaN: true });
const rate = fc.double({ min: 1e-9, max: 0.1, noNaN: true });
const faces = fc.integer({ min: 1, max: 10_000_000 });

test('a higher score is never reached by more strangers', () => {
  fc.assert(
    fc.property(score, score, (one, other) => {
      const [low, high] = [Math.min(one, other), Math.max(one, other)];
      assert.ok(fmrAt(low, curve) >= fmrAt(high, curve));
    }),
  );
});

test('the score of a rate has that rate', () => {
  fc.assert(
    fc.property(rate, (stated) => {
      assert.ok(Math.abs(fmrAt(scoreAtFmr(stated, curve), curve) / stated - 1) < 1e-9);
    }),
  );
});

test('a search keeps its stated rate whatever the size of the gallery', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 0.5, noNaN: true }), faces, (stated, count) => {
      const found = fpirAt(scoreAtFpir(stated, count, curve), count, curve);
      assert.ok(found <= stated * 1.000001, `${found}, not ${stated}`);
    }),
  );
});

test('more faces ask for a higher score, and so does a lower rate', () => {
  const fpir = fc.double({ min: 1e-6, max: 0.5, noNaN: true });
  fc.assert(
    fc.property(fpir, fpir, faces, faces, (one, other, size, otherSize) => {
      const strict = scoreAtFpir(Math.min(one, other), Math.max(size, otherSize), curve);
      assert.ok(scoreAtFpir(Math.max(one, other), Math.min(size, otherSize), curve) <= strict);
    }),
  );
});

test('an empty gallery lists nobody, so it cannot err', () => {
  assert.equal(fpirAt(0, 0, curve), 0);
  assert.ok(Number.isFinite(scoreAtFpir(0.01, 0, curve)));
});

test("the models' own thresholds hold where no rate is stated, at any size", () => {
  const { verify, identify } = chooseThresholds(calibration, {});
  assert.deepEqual([verify, identify(1), identify(1_000_000)], [0.4, 0.45, 0.45]);
});

test('each stated rate moves its own threshold', () => {
  const { verify, identify } = chooseThresholds(calibration, { verifyFmr: 1e-5 });
  near(verify, 0.45);
  assert.equal(identify(1_000_000), 0.45);
  near(chooseThresholds(calibration, { identifyFpir: 1e-4 }).identify(1), 0.4);
});

test('a model without a curve has its own thresholds, and cannot be asked for others', () => {
  const plain = { ...calibration, falseMatches: undefined };
  assert.equal(chooseThresholds(plain, {}).verify, 0.4);
  for (const stated of [{ verifyFmr: 1e-4 }, { identifyFpir: 0.01 }]) {
    assert.throws(() => chooseThresholds(plain, stated), /state no false-match rates/);
  }
});
