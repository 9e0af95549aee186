// Measures how well the models tell people apart on labelled photographs: one folder a person.
import type {
  Calibration,
  EncodedPicture,
  FaceAnalyser,
  FalseMatchCurve,
  Picture,
} from '../gallery/ports.ts';
import { chooseThresholds, type StatedRates, type Thresholds } from '../gallery/thresholds.ts';
import {
  type Accuracy,
  type Comparison,
  countErrors,
  crossValidate,
  type ErrorRates,
} from './evaluation-figures.ts';
import { countIdentificationErrors, type Identification } from './identification-figures.ts';
import {
  compare,
  type Gathered,
  gatherTemplates,
  type LabelledFace,
  listPhotographs,
  personOf,
  readPairs,
} from './labelled-photographs.ts';
import { measureFalseMatches, ScoreCounts } from './score-counts.ts';

export interface Evaluation extends Omit<Gathered, 'templates'> {
  readonly modelId: string;
  readonly calibration: Calibration;
  readonly thresholds: Thresholds;
  readonly photographs: number;
  readonly persons: number;
  /** Only where pairs were given. */
  readonly pairs: { readonly accuracy: Accuracy; readonly errors: readonly ErrorRates[] } | undefined;
  /** Every photograph against every other. */
  readonly allAgainstAll: readonly ErrorRates[];
  readonly genuines: ScoreCounts;
  readonly impostors: ScoreCounts;
  /** As these photographs measure it; undefined where they are too few. */
  readonly falseMatches: FalseMatchCurve | undefined;
  readonly identification: Identification & {
    /** What larger galleries were reckoned by: of the models' own curve and this one, the one that reaches further. */
    readonly curve: FalseMatchCurve | undefined;
  };
}

/**
 * Takes the largest face of each photograph and compares, 1:1 and 1:N. With `pairs`, the path of a CSV file of the form
 * `file_a,file_b,same` with paths below the folder, the photographs are those it names, and its pairs are judged by
 * LFW's protocol in ten folds.
 * @param stated error rates to judge by; the models' own thresholds where left out
 * @throws {Error} naming the folder or the line that cannot be used
 */
export async function evaluate({
  folder,
  pairs: pairsFile,
  stated = {},
  analyser,
  openPicture,
}: {
  folder: string;
  pairs?: string | undefined;
  stated?: StatedRates;
  analyser: FaceAnalyser;
  openPicture: (bytes: Uint8Array) => Promise<Picture | EncodedPicture>;
}): Promise<Evaluation> {
  const { modelId, calibration } = analyser;
  const thresholds = chooseThresholds(calibration, stated);
  const pairs = pairsFile === undefined ? undefined : await readPairs(pairsFile);
  const photographs = pairs
    ? [...new Set(pairs.flatMap((pair) => pair.photographs))]
    : await listPhotographs(folder);
  if (photographs.length < 2) throw new Error(`${folder} holds no photographs in folders, one a person.`);
  const { templates, missed, withSeveralFaces } = await gatherTemplates(
    folder,
    photographs,
    analyser,
    openPicture,
  );
  const faces = photographs.map((photograph) => ({
    person: personOf(photograph),
    template: templates.get(photograph),
  }));
  const persons = new Set(faces.map(({ person }) => person)).size;
  const asked = askedScores(calibration, thresholds, persons - 1);
  const [genuines, impostors] = [new ScoreCounts(), new ScoreCounts()];
  const allAgainstAll = countErrors(compareAll(faces, genuines, impostors), asked);
  const falseMatches = measureFalseMatches(impostors, `${photographs.length} photographs, every two persons`);
  const curve = furtherReaching(calibration.falseMatches, falseMatches);
  const comparisons = pairs?.map(({ photographs: [one, other], isGenuine }) => ({
    score: compare(templates.get(one), templates.get(other)),
    isGenuine,
  }));
  return {
    modelId,
    calibration,
    thresholds,
    photographs: photographs.length,
    persons,
    missed,
    withSeveralFaces,
    pairs: comparisons && {
      accuracy: crossValidate(comparisons),
      errors: countErrors(comparisons, asked),
    },
    allAgainstAll,
    genuines,
    impostors,
    falseMatches,
    identification: { ...countIdentificationErrors(faces, curve), curve },
  };
}

/** What decides, and the points of the rate curve. */
function askedScores({ rateCurve }: Calibration, { verify, identify }: Thresholds, faces: number): number[] {
  const scores = rateCurve.map(([score]) => score).filter((score) => score > 0 && score < 1);
  return [...new Set([verify, identify(faces), ...scores])].sort((one, other) => one - other);
}

function furtherReaching(...curves: (FalseMatchCurve | undefined)[]): FalseMatchCurve | undefined {
  const lowestRate = ({ points }: FalseMatchCurve): number => points.at(-1)![1];
  return curves
    .filter((curve) => curve !== undefined)
    .sort((one, other) => lowestRate(one) - lowestRate(other))[0];
}

/** Every two photographs once; their scores are counted on the way. */
function* compareAll(
  faces: readonly LabelledFace[],
  genuines: ScoreCounts,
  impostors: ScoreCounts,
): Generator<Comparison> {
  for (const [i, { person, template }] of faces.entries()) {
    for (let j = 0; j < i; j++) {
      const other = faces[j]!;
      const comparison = {
        score: compare(template, other.template),
        isGenuine: person === other.person,
      };
      (comparison.isGenuine ? genuines : impostors).add(comparison.score);
      yield comparison;
    }
  }
}
