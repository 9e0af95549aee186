// Measures how well the models tell people apart on labelled photographs: one folder a person.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rateOf } from '../gallery/decision.ts';
import type { Calibration, FaceAnalyser, Picture, Template } from '../gallery/ports.ts';
import {
  type Accuracy,
  type Comparison,
  countErrors,
  crossValidate,
  type ErrorRates,
} from './evaluation-figures.ts';

export interface Evaluation {
  readonly modelId: string;
  readonly calibration: Calibration;
  readonly photographs: number;
  readonly persons: number;
  /** Photographs without a template, with the reason. */
  readonly missed: readonly { readonly photograph: string; readonly reason: string }[];
  /** Photographs that show several faces: the largest is taken. */
  readonly withSeveralFaces: number;
  /** Only where pairs were given. */
  readonly pairs: { readonly accuracy: Accuracy; readonly errors: readonly ErrorRates[] } | undefined;
  /** Every photograph against every other. */
  readonly allAgainstAll: readonly ErrorRates[];
}

interface Pair {
  readonly photographs: readonly [string, string];
  readonly isGenuine: boolean;
}

/** Pictures decoded and waiting for the analyser at a time. */
const picturesAtATime = 8;

const pictureFile = /\.(jpe?g|png|webp|gif|bmp)$/i;

/**
 * Takes the largest face of each photograph and compares. With `pairs`, the path of a CSV file of the form
 * `file_a,file_b,same` with paths below the folder, the photographs are those it names, and its pairs are judged by
 * LFW's protocol in ten folds.
 * @throws {Error} naming the folder or the line that cannot be used
 */
export async function evaluate({
  folder,
  pairs: pairsFile,
  analyser,
  openPicture,
}: {
  folder: string;
  pairs?: string | undefined;
  analyser: FaceAnalyser;
  openPicture: (bytes: Uint8Array) => Promise<Picture>;
}): Promise<Evaluation> {
  const pairs = pairsFile === undefined ? undefined : readPairs(await readFile(pairsFile, 'utf8'), pairsFile);
  const photographs = pairs
    ? [...new Set(pairs.flatMap((pair) => pair.photographs))]
    : await listPhotographs(folder);
  if (photographs.length < 2) throw new Error(`${folder} holds no photographs in folders, one a person.`);
  const templates = new Map<string, Template>();
  const missed: { photograph: string; reason: string }[] = [];
  let withSeveralFaces = 0;
  const queue = photographs.values();
  const work = async () => {
    for (const photograph of queue) {
      try {
        const picture = await openPicture(await readFile(join(folder, photograph)));
        const [largest, ...others] = await analyser.analyse(picture);
        if (others.length > 0) withSeveralFaces++;
        if (largest) templates.set(photograph, largest.template);
        else missed.push({ photograph, reason: 'no face found' });
      } catch (error) {
        missed.push({ photograph, reason: (error as Error).message });
      }
    }
  };
  await Promise.all(Array.from({ length: picturesAtATime }, work));
  const { modelId, calibration } = analyser;
  const thresholds = thresholdsOf(calibration);
  const comparisons = pairs?.map(({ photographs: [one, other], isGenuine }) => ({
    score: compare(templates.get(one), templates.get(other)),
    isGenuine,
  }));
  return {
    modelId,
    calibration,
    photographs: photographs.length,
    persons: new Set(photographs.map(personOf)).size,
    missed,
    withSeveralFaces,
    pairs: comparisons && {
      accuracy: crossValidate(comparisons),
      errors: countErrors(comparisons, thresholds),
    },
    allAgainstAll: countErrors(compareAll(photographs, templates), thresholds),
  };
}

/** What the calibration decides by, and the points of its rate curve. */
function thresholdsOf({ verify, identify, rateCurve }: Calibration): number[] {
  const scores = rateCurve.map(([score]) => score).filter((score) => score > 0 && score < 1);
  return [...new Set([verify.threshold, identify.threshold, ...scores])].sort((one, other) => one - other);
}

function readPairs(text: string, file: string): Pair[] {
  const [header, ...lines] = text.trim().split(/\r?\n/);
  if (header !== 'file_a,file_b,same') throw new Error(`${file} does not begin with file_a,file_b,same.`);
  return lines.map((line, i) => {
    const [one, other, same, ...rest] = line.split(',');
    const isBelow = (path: string | undefined): path is string =>
      path !== undefined && pictureFile.test(path) && !path.split(/[/\\]/).includes('..') && path[0] !== '/';
    if (!isBelow(one) || !isBelow(other) || (same !== '0' && same !== '1') || rest.length > 0)
      throw new Error(`${file}, line ${i + 2} is not two pictures below the folder and 0 or 1.`);
    return { photographs: [one, other], isGenuine: same === '1' };
  });
}

async function listPhotographs(folder: string): Promise<string[]> {
  const persons = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const files = await Promise.all(
    persons.map(async ({ name }) => (await readdir(join(folder, name))).map((file) => `${name}/${file}`)),
  );
  return files
    .flat()
    .filter((file) => pictureFile.test(file))
    .sort();
}

const personOf = (photograph: string): string => photograph.slice(0, photograph.lastIndexOf('/'));

function* compareAll(
  photographs: readonly string[],
  templates: ReadonlyMap<string, Template>,
): Generator<Comparison> {
  const faces = photographs.map((photograph) => ({
    person: personOf(photograph),
    template: templates.get(photograph),
  }));
  for (const [i, { person, template }] of faces.entries()) {
    for (let j = 0; j < i; j++) {
      const other = faces[j]!;
      yield { score: compare(template, other.template), isGenuine: person === other.person };
    }
  }
}

/** Cosine of two unit vectors, -1 where there is no face to compare. */
function compare(one: Template | undefined, other: Template | undefined): number {
  if (!one || !other) return -1;
  let sum = 0;
  for (let i = 0; i < one.length; i++) sum += one[i]! * other[i]!;
  return sum;
}

/** The figures as Markdown; photographs are not named. */
export function renderEvaluation(evaluation: Evaluation): string {
  const { modelId, calibration, photographs, persons, missed, withSeveralFaces, pairs } = evaluation;
  const percent = (part: number, whole: number): string =>
    whole === 0 ? '–' : `${Number(((100 * part) / whole).toPrecision(3))} %`;
  const count = (value: number): string => value.toLocaleString('en-GB');
  const meaning = (threshold: number): string =>
    [
      threshold === calibration.verify.threshold ? '1:1 says one person' : '',
      threshold === calibration.identify.threshold ? '1:N lists the person' : '',
    ]
      .filter((part) => part !== '')
      .join(', ');
  const columns = ({ falseMatches, impostors, falseNonMatches, genuines }: ErrorRates): string =>
    `${percent(falseMatches, impostors)} | ${percent(falseNonMatches, genuines)}`;
  const facts = [
    `Model \`${modelId}\`, ${count(photographs)} photographs of ${count(persons)} persons; no face found in ${missed.length}, several in ${withSeveralFaces} (the largest is taken).`,
  ];
  const { genuines, impostors } = evaluation.allAgainstAll[0]!;
  if (pairs) {
    const { accuracy, errors } = pairs;
    facts.push(
      `**Accuracy on the ${count(errors[0]!.genuines + errors[0]!.impostors)} pairs, ten folds: ${(100 * accuracy.mean).toFixed(2)} % ± ${(100 * accuracy.standardDeviation).toFixed(2)}** (threshold ${accuracy.threshold.toFixed(3)} on average).`,
    );
  }
  const rows = evaluation.allAgainstAll.map((all, i) => {
    const ofPairs = pairs ? ` ${columns(pairs.errors[i]!)} |` : '';
    return `| ${all.threshold} | ${rateOf(all.threshold, calibration)} |${ofPairs} ${columns(all)} | ${meaning(all.threshold)} |`;
  });
  return [
    ...facts.flatMap((fact) => [fact, '']),
    `All against all: ${count(genuines)} comparisons of one person, ${count(impostors)} of two.`,
    '',
    `| score | rate |${pairs ? ' FMR, pairs | FNMR, pairs |' : ''} FMR, all | FNMR, all | what happens from here |`,
    `|---:|---:|${pairs ? '---:|---:|' : ''}---:|---:|---|`,
    ...rows,
  ].join('\n');
}

const markers = ['<!-- evaluate:begin -->', '<!-- evaluate:end -->'] as const;

/**
 * Puts the text between the two markers of a file.
 * @throws {Error} where the file lacks them
 */
export async function writeBetweenMarkers(file: string, text: string): Promise<void> {
  const whole = await readFile(file, 'utf8');
  const [begin, end] = markers;
  const start = whole.indexOf(begin);
  const stop = whole.indexOf(end);
  if (start === -1 || stop < start) throw new Error(`${file} has no ${begin} followed by ${end}.`);
  await writeFile(file, `${whole.slice(0, start + begin.length)}\n${text}\n${whole.slice(stop)}`);
}
