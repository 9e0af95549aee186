// An evaluation as Markdown: what was measured, the table of 1:1 and that of 1:N.
import { readFile, writeFile } from 'node:fs/promises';
import { rateOf } from '../gallery/decision.ts';
import type { FalseMatchCurve } from '../gallery/ports.ts';
import type { Evaluation } from './evaluate.ts';
import type { ErrorRates } from './evaluation-figures.ts';
import type { IdentificationRates } from './identification-figures.ts';
import { gridPlaceOf, gridScores, leastErrors } from './score-counts.ts';

/** FPIRs that the table of 1:N tells the score and the FNIR of. */
const statedFpirs = [0.1, 0.01] as const;

const percent = (part: number, whole = 1): string =>
  whole === 0 ? '–' : `${Number(((100 * part) / whole).toPrecision(3))} %`;
const count = (value: number): string => value.toLocaleString('en-GB');

/** The figures as Markdown; photographs are not named. */
export function renderEvaluation(evaluation: Evaluation): string {
  const { modelId, photographs, persons, missed, withSeveralFaces, pairs } = evaluation;
  const facts = [
    `Model \`${modelId}\`, ${count(photographs)} photographs of ${count(persons)} persons; no face found in ${missed.length}, several in ${withSeveralFaces} (the largest is taken).`,
  ];
  if (pairs) {
    const { accuracy, errors } = pairs;
    facts.push(
      `**Accuracy on the ${count(errors[0]!.genuines + errors[0]!.impostors)} pairs, ten folds: ${(100 * accuracy.mean).toFixed(2)} % ± ${(100 * accuracy.standardDeviation).toFixed(2)}** (threshold ${accuracy.threshold.toFixed(3)} on average).`,
    );
  }
  return [...facts, renderVerification(evaluation), renderIdentification(evaluation)].join('\n\n');
}

function renderVerification(evaluation: Evaluation): string {
  const { calibration, thresholds, persons, pairs, allAgainstAll } = evaluation;
  const { genuines, impostors } = allAgainstAll[0]!;
  const meaning = (score: number): string =>
    [
      score === thresholds.verify ? '1:1 says one person' : '',
      score === thresholds.identify(persons - 1) ? '1:N lists the person' : '',
    ]
      .filter((part) => part !== '')
      .join(', ');
  const columns = ({ falseMatches, falseNonMatches, ...errors }: ErrorRates): string =>
    `${percent(falseMatches, errors.impostors)} | ${percent(falseNonMatches, errors.genuines)}`;
  const rows = allAgainstAll.map((all, i) => {
    const ofPairs = pairs ? ` ${columns(pairs.errors[i]!)} |` : '';
    return `| ${Number(all.threshold.toFixed(4))} | ${rateOf(all.threshold, calibration)} |${ofPairs} ${columns(all)} | ${meaning(all.threshold)} |`;
  });
  return [
    `All against all: ${count(genuines)} comparisons of one person, ${count(impostors)} of two.`,
    '',
    `| score | rate |${pairs ? ' FMR, pairs | FNMR, pairs |' : ''} FMR, all | FNMR, all | what happens from here |`,
    `|---:|---:|${pairs ? '---:|---:|' : ''}---:|---:|---|`,
    ...rows,
  ].join('\n');
}

function renderIdentification({ identification, thresholds, falseMatches }: Evaluation): string {
  const { rates, mated, nonMated, curve } = identification;
  if (rates.length === 0) return 'Searches (1:N) need faces of at least two persons.';
  const counted = rates.find(({ origin }) => origin === 'counted')!;
  const row = (one: IdentificationRates): string => {
    const threshold = thresholds.identify(one.gallery);
    const cells = [
      count(one.gallery),
      one.origin,
      threshold.toFixed(3),
      percent(rateAt(one.fpir, threshold, 0)),
      percent(rateAt(one.fnir, threshold, 1)),
      ...statedFpirs.flatMap((fpir) => {
        const place = one.fpir.findIndex((rate) => rate <= fpir);
        return place === -1 ? ['none', '–'] : [gridScores[place]!.toFixed(3), percent(one.fnir[place]!)];
      }),
    ];
    return `| ${cells.join(' | ')} |`;
  };
  const heads = statedFpirs.map((fpir) => ` score for FPIR ${percent(fpir)} | FNIR there |`).join('');
  return [
    `Searches: one face of each person enrolled; ${count(nonMated)} searches for somebody who is not (each photograph, its own person taken out), ${count(mated)} for somebody who is. FNIR: the person is not listed first.`,
    '',
    `| gallery | how | threshold | FPIR | FNIR |${heads}`,
    `|---:|---|---:|---:|---:|${statedFpirs.map(() => '---:|---:|').join('')}`,
    ...rates.map(row),
    '',
    `*counted*: the folder's own gallery of ${count(counted.gallery)}. *drawn*: the mean over all galleries of that size out of it. A counted FPIR under ${percent(leastErrors, nonMated)} rests on fewer than ${leastErrors} searches. ${wordsOfExtrapolation(curve, falseMatches)}`,
  ].join('\n');
}

function wordsOfExtrapolation(
  curve: FalseMatchCurve | undefined,
  ownCurve: FalseMatchCurve | undefined,
): string {
  if (curve === undefined) return 'Nothing larger: too few strangers to extrapolate from.';
  const [score, rate] = curve.points.at(-1)!;
  const whose = curve === ownCurve ? 'of these photographs' : `of the models (${curve.measuredOn})`;
  return `*extrapolated*: from the false-match curve ${whose}, counted down to ${rate.toPrecision(2)} at a score of ${score} and going on straight in the logarithm, were the further faces all of unrelated strangers.`;
}

const rateAt = (rates: Float64Array, score: number, beyond: number): number =>
  score > 1 ? beyond : rates[gridPlaceOf(score)]!;

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
