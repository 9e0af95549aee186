// Searches on labelled faces: who is listed though not enrolled, who is missed though enrolled, in galleries of any size.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countIdentificationErrors, type IdentificationRates } from '../../src/cli/identification-figures.ts';
import type { LabelledFace } from '../../src/cli/labelled-photographs.ts';
import { gridPlaceOf } from '../../src/cli/score-counts.ts';
import type { FalseMatchCurve } from '../../src/gallery/ports.ts';

/** A face of the plane, so that two faces score the cosine of the angle between them. */
const face = (person: string, degrees: number): LabelledFace => {
  const angle = (degrees * Math.PI) / 180;
  return { person, template: Float32Array.of(Math.cos(angle), Math.sin(angle)) };
};
const at = ({ fpir, fnir }: IdentificationRates, score: number): [fpir: number, fnir: number] => [
  fpir[gridPlaceOf(score)]!,
  fnir[gridPlaceOf(score)]!,
];
const near = (actual: readonly number[], expected: readonly number[]) =>
  assert.deepEqual(
    actual.map((one) => Number(one.toFixed(9))),
    expected.map((one) => Number(one.toFixed(9))),
  );

const curve: FalseMatchCurve = {
  points: [
    [0, 0.5],
    [0.5, 5e-7],
  ],
  comparisons: 1_000_000,
  measuredOn: 'made up',
};

// Three persons a right angle and more apart; the second photograph of the first lies 60 degrees off, nearer to the second's.
const faces = [face('a', 0), face('a', 60), face('b', 100), face('c', 200)];

test('a person who is not enrolled is listed by whoever is near enough', () => {
  const { rates, nonMated } = countIdentificationErrors(faces, undefined);
  assert.equal(nonMated, 4);
  assert.deepEqual(
    rates.map(({ gallery, origin }) => [gallery, origin]),
    [[2, 'counted']],
  );
  // cos 40 = 0.77: only the second photograph of a, whose own person is out, meets b.
  near([at(rates[0]!, 0.7)[0], at(rates[0]!, 0.8)[0]], [1 / 4, 0]);
});

test('an enrolled person who scores below the threshold, or behind another, is missed', () => {
  const { rates, mated } = countIdentificationErrors(faces, undefined);
  assert.equal(mated, 1);
  // Its mate scores cos 60 = 0.5, b scores 0.77; the mate and one other out of two are searched: b stands before it half the time.
  near([at(rates[0]!, 0.49)[1], at(rates[0]!, 0.51)[1]], [0.5, 1]);
});

test('the mean over drawn galleries is that of all that can be drawn', () => {
  // 41 persons: the first's second photograph resembles four of the forty others, which are far from each other.
  const axis = (i: number): Float32Array => Float32Array.from({ length: 41 }, (_value, j) => Number(i === j));
  const like = Float32Array.from({ length: 41 }, (_value, j) => (j >= 1 && j <= 4 ? 0.5 : 0));
  const many = Array.from({ length: 41 }, (_value, i) => ({ person: `p${i}`, template: axis(i) }));
  const { rates } = countIdentificationErrors([...many, { person: 'p0', template: like }], undefined);
  assert.deepEqual(
    rates.map(({ gallery, origin }) => [gallery, origin]),
    [
      [10, 'drawn'],
      [40, 'counted'],
    ],
  );
  // None of the four among ten of forty: (30 · 29 · 28 · 27) / (40 · 39 · 38 · 37); one search of 42 can err.
  const noneOfFour = (30 * 29 * 28 * 27) / (40 * 39 * 38 * 37);
  near([at(rates[0]!, 0.4)[0], at(rates[1]!, 0.4)[0]], [(1 - noneOfFour) / 42, 1 / 42]);
});

test('larger galleries are reckoned from the curve, and say so', () => {
  const { rates } = countIdentificationErrors(faces, curve);
  const million = rates.at(-1)!;
  assert.deepEqual(
    rates.map(({ gallery, origin }) => [gallery, origin]),
    [
      [2, 'counted'],
      [10, 'extrapolated'],
      [100, 'extrapolated'],
      [1_000, 'extrapolated'],
      [10_000, 'extrapolated'],
      [100_000, 'extrapolated'],
      [1_000_000, 'extrapolated'],
    ],
  );
  // 5e-7 at 0.5, a million times; the mate at 0.5 is first where none of the million reaches it.
  assert.ok(Math.abs(at(million, 0.5)[0] - (1 - Math.exp(-0.5))) < 1e-6);
  assert.ok(Math.abs(at(million, 0.4)[1] - (1 - Math.exp(-0.5))) < 1e-6);
});

test('a photograph without a face lists nobody and misses its mate', () => {
  const { rates, mated } = countIdentificationErrors(
    [face('a', 0), face('b', 90), { person: 'a', template: undefined }],
    undefined,
  );
  assert.equal(mated, 1);
  near(at(rates[0]!, -0.9), [2 / 3, 1]);
});

test('one person alone is no gallery to search', () => {
  assert.deepEqual(countIdentificationErrors([face('a', 0), face('a', 1)], curve), {
    nonMated: 0,
    mated: 0,
    rates: [],
  });
});
