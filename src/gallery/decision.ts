// Comparison scores: that of two templates, and the rate of 0 to 100 that the wire makes of one, and back.
import type { Calibration, Template } from './ports.ts';

/** Comparison score of two templates of one model: their cosine, -1 to 1. */
export function compareTemplates(one: Template, other: Template): number {
  let sum = 0;
  for (let i = 0; i < one.length; i++) sum += one[i]! * other[i]!;
  return sum;
}

/** The cloud's rate for a comparison score, with two decimals: linear between the points of the model's curve, flat outside. */
export const rateOf = (score: number, { rateCurve }: Calibration): number =>
  // Rounded outside of the curve as well: a rate that is not would pass one that is.
  Math.round(readCurve(score, rateCurve) * 100) / 100;

function readCurve(score: number, rateCurve: Calibration['rateCurve']): number {
  const above = rateCurve.findIndex(([at]) => at >= score);
  if (above === 0) return rateCurve[0]![1];
  if (above === -1) return rateCurve[rateCurve.length - 1]![1];
  const [lowScore, lowRate] = rateCurve[above - 1]!;
  const [highScore, highRate] = rateCurve[above]!;
  return lowRate + ((score - lowScore) / (highScore - lowScore)) * (highRate - lowRate);
}

/** The comparison score behind a rate: the curve read backwards, exact to about 0.001 since rates have two decimals. */
export function scoreOf(rate: number, { rateCurve }: Calibration): number {
  const above = rateCurve.findIndex(([, at]) => at >= rate);
  if (above <= 0) return rateCurve[above === 0 ? 0 : rateCurve.length - 1]![0];
  const [lowScore, lowRate] = rateCurve[above - 1]!;
  const [highScore, highRate] = rateCurve[above]!;
  return lowScore + ((rate - lowRate) / (highRate - lowRate)) * (highScore - lowScore);
}
