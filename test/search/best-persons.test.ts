// Which persons rank, and in what order.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { BestPersons } from '../../src/search/best-persons.ts';

type Offer = [person: number, row: number, score: number];

function rank(limit: number, minScore: number, offers: readonly Offer[]): Offer[] {
  const best = new BestPersons(limit, minScore);
  for (const offer of offers) best.offer(...offer);
  return best.ranked.map(({ person, row, score }) => [person, row, score]);
}

test('the best come first, as many as asked for', () => {
  const offers: Offer[] = [
    [1, 10, 0.2],
    [2, 20, 0.9],
    [3, 30, 0.5],
    [4, 40, 0.7],
  ];
  assert.deepEqual(rank(2, -1, offers), [
    [2, 20, 0.9],
    [4, 40, 0.7],
  ]);
});

test('a person stands once, with the best of its rows', () => {
  const offers: Offer[] = [
    [1, 10, 0.5],
    [2, 20, 0.6],
    [1, 11, 0.7],
    [1, 12, 0.1],
    [2, 21, 0.6],
  ];
  assert.deepEqual(rank(5, -1, offers), [
    [1, 11, 0.7],
    [2, 20, 0.6],
  ]);
});

test('a better row of a person who ranks pushes nobody out', () => {
  const offers: Offer[] = [
    [1, 10, 0.9],
    [2, 20, 0.8],
    [1, 11, 0.95],
  ];
  assert.deepEqual(rank(2, -1, offers), [
    [1, 11, 0.95],
    [2, 20, 0.8],
  ]);
});

test('of equal scores the one offered first is ahead, and stays when there is no room', () => {
  const offers: Offer[] = [
    [1, 10, 0.5],
    [2, 20, 0.5],
    [3, 30, 0.5],
  ];
  assert.deepEqual(rank(2, -1, offers), offers.slice(0, 2));
});

test('a score at the least asked for ranks, one below does not, and no number never does', () => {
  assert.deepEqual(rank(5, 0.5, [[1, 10, 0.5]]), [[1, 10, 0.5]]);
  assert.deepEqual(rank(5, 0.5, [[1, 10, 0.4999]]), []);
  assert.deepEqual(rank(5, -1, [[1, 10, Number.NaN]]), []);
});

test('none are ranked where none are asked for', () => {
  assert.deepEqual(rank(0, -1, [[1, 10, 0.5]]), []);
});

test('the ranking is that of sorting everything', () => {
  const offer = fc.tuple(
    fc.nat(8),
    fc.nat(1000),
    fc.integer({ min: -4, max: 4 }).map((step) => step / 4),
  );
  fc.assert(
    fc.property(fc.array(offer), fc.nat(6), fc.constantFrom(-1, 0, 0.5), (offers, limit, minScore) => {
      const bestOf = new Map<number, Offer>();
      for (const given of offers) {
        const present = bestOf.get(given[0]);
        if (present !== undefined && given[2] <= present[2]) continue;
        // Taken out first: a better row counts from when it was offered.
        bestOf.delete(given[0]);
        bestOf.set(given[0], given);
      }
      const sorted = [...bestOf.values()]
        .filter(([, , score]) => score >= minScore)
        .sort((a, b) => b[2] - a[2]);
      assert.deepEqual(
        rank(limit, minScore, offers).map(([, , score]) => score),
        sorted.slice(0, limit).map(([, , score]) => score),
      );
      if (limit > 8) assert.deepEqual(rank(limit, minScore, offers), sorted);
    }),
  );
});
