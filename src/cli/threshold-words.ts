// Thresholds in words: which score and rate decide, how often that errs, and whether so much was measured.
import { rateOf } from '../gallery/decision.ts';
import type { Calibration, FalseMatchCurve } from '../gallery/ports.ts';
import { fmrAt, fpirAt, isBeyondMeasured, type Thresholds } from '../gallery/thresholds.ts';

/** One line for 1:1 and one for 1:N among so many faces. */
export function describeThresholds(
  calibration: Calibration,
  { verify, identify }: Thresholds,
  faces: number,
): string[] {
  const { falseMatches } = calibration;
  const scoreOf = (score: number): string =>
    score > 1
      ? 'no score: nobody is listed'
      : `score ${score.toFixed(3)}, rate ${rateOf(score, calibration)}`;
  const rateAt = (score: number, errorsAt: (curve: FalseMatchCurve) => string): string =>
    falseMatches === undefined ? '' : ` (${errorsAt(falseMatches)}, ${originOf(score, falseMatches)})`;
  const listing = identify(faces);
  const among = `${faces.toLocaleString('en-GB')} ${faces === 1 ? 'face' : 'faces'}`;
  return [
    `1:1 says "one person" from ${scoreOf(verify)}${rateAt(verify, (curve) => `FMR ${formatRate(fmrAt(verify, curve))}`)}`,
    `1:N among ${among} lists from ${scoreOf(listing)}${faces === 0 ? '' : rateAt(listing, (curve) => `FPIR ${formatRate(fpirAt(listing, faces, curve))}`)}`,
  ];
}

const originOf = (score: number, curve: FalseMatchCurve): string =>
  isBeyondMeasured(score, curve) ? 'extrapolated beyond what was measured' : 'as measured';

/** Two significant digits: percent down to a hundredth of one, else as a power of ten. */
function formatRate(rate: number): string {
  if (rate !== 0 && rate < 1e-4) return rate.toExponential(1);
  return `${Number((100 * rate).toPrecision(2))} %`;
}
