// Faces found in a picture, and what comparing them means: what is asked of whoever runs the models. Types only.
import type { Box, EncodedPicture, Picture } from './pictures.ts';

/** Unit-length vector of one face, comparable only with templates of the same model. */
export type Template = Float32Array;

/** Degrees: yaw positive to the subject's left, pitch positive upwards, roll clockwise. */
export interface Pose {
  readonly yaw: number;
  readonly pitch: number;
  readonly roll: number;
}

export interface FaceQuality {
  /** 0 (featureless) to 1 (sharp), from the Laplacian's variance on the aligned face. */
  readonly sharpness: number;
  /** 0 (part of the face outside the picture) to 1 (whole). */
  readonly integrity: number;
  /** Mean luma of the aligned face, 0 to 1. */
  readonly brightness: number;
}

export interface FaceAttributes {
  readonly gender: { readonly value: 'male' | 'female'; readonly probability: number };
  /** Years, an estimate. */
  readonly age: number;
  /** Probability of a smile, 0 to 1. */
  readonly smile: number;
}

/** One face found in a picture. */
export interface FoundFace {
  readonly box: Box;
  /** Detector's confidence, 0 to 1. */
  readonly confidence: number;
  readonly pose: Pose;
  readonly quality: FaceQuality;
  readonly template: Template;
  /** Only where attributes were asked for. */
  readonly attributes?: FaceAttributes;
}

/** Finds faces and turns them into templates. */
export interface FaceAnalyser {
  /** Names the embedding model; stands beside every template, and templates of two models are never compared. */
  readonly modelId: string;
  readonly dimensions: number;
  /** Rate curve and thresholds of the model's comparison scores. */
  readonly calibration: Calibration;
  /**
   * Every face of the picture, largest first. Takes the picture over: its `pixels` or `jpeg` read zero afterwards.
   * @throws {Refusal} algorithmFailed, and what decoding it here throws
   */
  analyse(
    picture: Picture | EncodedPicture,
    wanted?: { attributes?: boolean; maxFaces?: number },
  ): Promise<FoundFace[]>;
  close(): Promise<void>;
}

/** What a comparison score (cosine, -1 to 1) of one model means. */
export interface Calibration {
  /** Rising [score, rate] points; rate is the cloud's 0 to 100. Linear between them, flat outside. */
  readonly rateCurve: readonly (readonly [score: number, rate: number])[];
  /** Score from which two faces count as one person (1:1), and its false-match rate. */
  readonly verify: { readonly threshold: number; readonly falseMatchRate: number };
  /** Lowest score a search lists (1:N). */
  readonly identify: { readonly threshold: number };
  /** Where they were measured. */
  readonly falseMatches?: FalseMatchCurve | undefined;
}

/** How often two persons reach a score, as measured. */
export interface FalseMatchCurve {
  /** Rising scores, each with the share of the comparisons that reach it, 0 to 1, falling. */
  readonly points: readonly (readonly [score: number, fmr: number])[];
  /** Comparisons of two persons that the last point was measured by. */
  readonly comparisons: number;
  /** Words of whoever measured: which photographs. */
  readonly measuredOn: string;
}
