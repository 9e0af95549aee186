// Which score a stated error rate asks for: from the model's measured curve of false matches, at the size of the gallery.
import type { Calibration, FalseMatchCurve } from './ports.ts';

/** Error rates that the operator names, each 0 to 1; the model's own thresholds hold where one is left out. */
export interface StatedRates {
  /** FMR of a 1:1 comparison. */
  readonly verifyFmr?: number | undefined;
  /** FPIR of a 1:N search: share of the searches for somebody who is not enrolled that list anybody. */
  readonly identifyFpir?: number | undefined;
}

export interface Thresholds {
  /** Score from which two faces count as one person (1:1). */
  readonly verify: number;
  /** Lowest score that a search among so many faces lists (1:N); above 1 where the curve says that none is safe. */
  identify(faces: number): number;
}

/** @throws {Error} when a rate is stated and the model has no curve to read it from */
export function chooseThresholds(calibration: Calibration, stated: StatedRates): Thresholds {
  const { verifyFmr, identifyFpir } = stated;
  const { verify, identify, falseMatches } = calibration;
  if ((verifyFmr !== undefined || identifyFpir !== undefined) && falseMatches === undefined) {
    throw new Error(
      'the models state no false-match rates (calibration.falseMatches of the manifest), so that no threshold ' +
        'follows from --verify-fmr or --identify-fpir; lethe evaluate measures them on labelled photographs',
    );
  }
  return {
    verify: verifyFmr === undefined ? verify.threshold : scoreAtFmr(verifyFmr, falseMatches!),
    identify: (faces) =>
      identifyFpir === undefined ? identify.threshold : scoreAtFpir(identifyFpir, faces, falseMatches!),
  };
}

/**
 * FMR of a score: the logarithm is linear between the curve's points and goes on straight beyond its ends. A tail of
 * strangers falls ever faster, so that going on straight says rather too much than too little.
 */
export function fmrAt(score: number, curve: FalseMatchCurve): number {
  const [[lowScore, lowRate], [highScore, highRate]] = segmentOf(curve, ([at]) => at >= score);
  const slope = Math.log(highRate / lowRate) / (highScore - lowScore);
  return Math.min(1, lowRate * Math.exp(slope * (score - lowScore)));
}

/** The curve read backwards. Not bounded by 1: a rate that no score is known to reach gets one that none has. */
export function scoreAtFmr(fmr: number, curve: FalseMatchCurve): number {
  const [[lowScore, lowRate], [highScore, highRate]] = segmentOf(curve, ([, rate]) => rate <= fmr);
  const slope = Math.log(highRate / lowRate) / (highScore - lowScore);
  return Math.max(-1, lowScore + Math.log(fmr / lowRate) / slope);
}

/**
 * FPIR at a score among so many faces, were they all strangers to the probe and to each other: 1 - (1 - FMR)^N. Faces of
 * one person resemble each other, so that they raise it by less than as many strangers would.
 */
export const fpirAt = (score: number, faces: number, curve: FalseMatchCurve): number =>
  fpirOf(fmrAt(score, curve), faces);

/** 1 - (1 - fmr)^faces, exact also where fmr is tiny. */
export const fpirOf = (fmr: number, faces: number): number =>
  faces === 0 ? 0 : -Math.expm1(faces * Math.log1p(-fmr));

/** Score from which a search among so many faces (at least one is assumed) has this FPIR. */
export const scoreAtFpir = (fpir: number, faces: number, curve: FalseMatchCurve): number =>
  scoreAtFmr(-Math.expm1(Math.log1p(-fpir) / Math.max(1, faces)), curve);

/** Whether a score lies beyond the last one at which false matches were counted. */
export const isBeyondMeasured = (score: number, { points }: FalseMatchCurve): boolean =>
  score > points[points.length - 1]![0];

type Point = FalseMatchCurve['points'][number];

/** The two points between which the wanted one lies, or the outermost two on its side. */
function segmentOf({ points }: FalseMatchCurve, isReached: (point: Point) => boolean): [Point, Point] {
  const reached = points.findIndex(isReached);
  const high = reached === -1 ? points.length - 1 : Math.max(1, reached);
  return [points[high - 1]!, points[high]!];
}
