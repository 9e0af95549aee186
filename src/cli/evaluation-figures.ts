// Error rates out of labelled comparison scores, in the terms of ISO/IEC 19795-1.

/** One comparison: its score, and whether both photographs show one person. */
export interface Comparison {
  readonly score: number;
  readonly isGenuine: boolean;
}

/** How often a threshold errs. A comparison with a face that was not found has the score -1, so that it counts as no match. */
export interface ErrorRates {
  readonly threshold: number;
  readonly falseMatches: number;
  readonly impostors: number;
  readonly falseNonMatches: number;
  readonly genuines: number;
}

export function countErrors(comparisons: Iterable<Comparison>, thresholds: readonly number[]): ErrorRates[] {
  const falseMatches = thresholds.map(() => 0);
  const falseNonMatches = thresholds.map(() => 0);
  let [genuines, impostors] = [0, 0];
  for (const { score, isGenuine } of comparisons) {
    if (isGenuine) genuines++;
    else impostors++;
    for (let i = 0; i < thresholds.length; i++) {
      const isMatch = score >= thresholds[i]!;
      if (isGenuine && !isMatch) falseNonMatches[i]!++;
      if (!isGenuine && isMatch) falseMatches[i]!++;
    }
  }
  return thresholds.map((threshold, i) => ({
    threshold,
    falseMatches: falseMatches[i]!,
    impostors,
    falseNonMatches: falseNonMatches[i]!,
    genuines,
  }));
}

/** Share of right answers, 0 to 1, when each fold is judged by the threshold that serves the others best. */
export interface Accuracy {
  readonly mean: number;
  readonly standardDeviation: number;
  /** Mean of the folds' thresholds. */
  readonly threshold: number;
}

/**
 * LFW's protocol (Huang et al. 2007, "image-restricted"): the comparisons in their order are cut into equal folds.
 * @throws {RangeError} for fewer comparisons than folds
 */
export function crossValidate(comparisons: readonly Comparison[], folds = 10): Accuracy {
  if (comparisons.length < folds)
    throw new RangeError(`${folds} folds need at least as many pairs, there are ${comparisons.length}`);
  const foldOf = (i: number): number => Math.floor((i * folds) / comparisons.length);
  const results = Array.from({ length: folds }, (_, fold) => {
    const threshold = bestThreshold(comparisons.filter((_one, i) => foldOf(i) !== fold));
    const judged = comparisons.filter((_one, i) => foldOf(i) === fold);
    const right = judged.filter(({ score, isGenuine }) => score >= threshold === isGenuine);
    return { threshold, accuracy: right.length / judged.length };
  });
  const mean = meanOf(results.map(({ accuracy }) => accuracy));
  return {
    mean,
    standardDeviation: Math.sqrt(meanOf(results.map(({ accuracy }) => (accuracy - mean) ** 2))),
    threshold: meanOf(results.map(({ threshold }) => threshold)),
  };
}

/** The threshold with most right answers; where a range of them has, the middle of the widest gap between two scores. */
export function bestThreshold(comparisons: readonly Comparison[]): number {
  const rising = comparisons.toSorted((one, other) => one.score - other.score);
  let right = rising.filter(({ isGenuine }) => isGenuine).length;
  let best = { right: -1, gap: 0, threshold: 0 };
  let below = -1;
  for (const { score, isGenuine } of [...rising, { score: 1, isGenuine: true }]) {
    const gap = score - below;
    // Equal scores cannot be parted: no gap, no threshold.
    if (gap > 0 && (right > best.right || (right === best.right && gap > best.gap)))
      best = { right, gap, threshold: (below + score) / 2 };
    right += isGenuine ? -1 : 1;
    below = score;
  }
  return best.threshold;
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
