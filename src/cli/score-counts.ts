// Counts comparison scores on a fine grid, so that millions of them need no more room than a few.
import type { FalseMatchCurve } from '../gallery/ports.ts';

/** Distance of two scores of the grid: a hundredth of what thresholds are usually told apart by. */
const step = 0.0005;

/** Scores of the grid, from -1 to 1. */
export const gridScores: readonly number[] = Array.from({ length: 4001 }, (_value, i) =>
  Number((i * step - 1).toFixed(4)),
);

/** Place of the last score of the grid that a score reaches. */
export const gridPlaceOf = (score: number): number =>
  // A score that stands on the grid must not fall below it by a rounding error of the division.
  Math.max(0, Math.min(gridScores.length - 1, Math.floor((score + 1) / step + 1e-6)));

/**
 * False matches that a rate must rest on to count as measured: with 30 errors the true rate lies within 30 % of the counted
 * one at 90 % confidence (Doddington's rule of 30, ISO/IEC 19795-1).
 */
export const leastErrors = 30;

export class ScoreCounts {
  readonly #counts = new Float64Array(gridScores.length);
  #total = 0;

  /** @param weight how much of a comparison it is, 0 to 1 */
  add(score: number, weight = 1): void {
    this.#counts[gridPlaceOf(score)]! += weight;
    this.#total += weight;
  }

  get total(): number {
    return this.#total;
  }

  /** By score of the grid: how much of what was added is there, up to the next. */
  get counts(): Readonly<Float64Array> {
    return this.#counts;
  }

  /** By score of the grid: how much of what was added reaches it. */
  reaching(): Float64Array {
    const reaching = this.#counts.slice();
    for (let i = reaching.length - 2; i >= 0; i--) reaching[i]! += reaching[i + 1]!;
    return reaching;
  }
}

/**
 * The curve of false matches in the manifest's form, two points a decade, as far as the rule of 30 reaches.
 * @returns undefined where the impostors are too few for two points
 */
export function measureFalseMatches(impostors: ScoreCounts, measuredOn: string): FalseMatchCurve | undefined {
  const reaching = impostors.reaching();
  const { total } = impostors;
  const last = reaching.findLastIndex((count) => count >= leastErrors);
  const points: [number, number][] = [];
  for (let rate = 0.5; rate * total >= leastErrors; rate /= Math.sqrt(10)) {
    const place = reaching.findIndex((count) => count <= rate * total);
    if (place !== -1 && place < last) addPoint(place);
  }
  if (last !== -1) addPoint(last);
  return points.length < 2 ? undefined : { points, comparisons: total, measuredOn };

  function addPoint(place: number): void {
    const rate = Number((reaching[place]! / total).toPrecision(3));
    const before = points.at(-1);
    if (before === undefined || (gridScores[place]! > before[0] && rate < before[1]))
      points.push([gridScores[place]!, rate]);
  }
}
