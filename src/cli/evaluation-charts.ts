// The charts of an evaluation: how scores lie, how each threshold errs, and what a larger gallery costs.
import { fmrAt } from '../gallery/thresholds.ts';
import type { Evaluation } from './evaluate.ts';
import type { IdentificationRates } from './identification-figures.ts';
import { type Axis, type Chart, drawChart, type Line } from './line-chart.ts';
import { gridScores, leastErrors, type ScoreCounts } from './score-counts.ts';

/** SVG documents by their file's name without the ending. */
export function drawEvaluation(evaluation: Evaluation): Record<string, string> {
  const charts: Record<string, Chart> = {
    scores: chartScores(evaluation),
    thresholds: chartThresholds(evaluation),
    verification: chartVerification(evaluation),
    ...(evaluation.identification.mated > 0 ? { identification: chartIdentification(evaluation) } : {}),
  };
  return Object.fromEntries(Object.entries(charts).map(([name, chart]) => [name, drawChart(chart)]));
}

function marksOf({ thresholds, persons }: Evaluation): NonNullable<Chart['marks']> {
  const listing = thresholds.identify(persons - 1);
  return [
    { at: thresholds.verify, label: `1:1 from ${thresholds.verify.toFixed(3)}` },
    { at: Math.min(1, listing), label: `1:N from ${listing.toFixed(3)}` },
  ].sort((one, other) => one.at - other.at);
}

/** Scores of the grid joined in one point of the histogram. */
const scoresPerPoint = 40;

function chartScores(evaluation: Evaluation): Chart {
  const { genuines, impostors } = evaluation;
  const shares = (counts: ScoreCounts): [number, number][] =>
    Array.from({ length: Math.floor(gridScores.length / scoresPerPoint) }, (_value, i) => {
      const within = counts.counts.slice(i * scoresPerPoint, (i + 1) * scoresPerPoint);
      const sum = within.reduce((total, one) => total + one, 0);
      return [gridScores[i * scoresPerPoint + scoresPerPoint / 2]!, (100 * sum) / Math.max(1, counts.total)];
    });
  const lines: Line[] = [
    { name: `two persons (${count(impostors.total)})`, points: shares(impostors), colour: 1 },
    { name: `one person (${count(genuines.total)})`, points: shares(genuines), colour: 0 },
  ];
  const used = lines.flatMap(({ points }) => points.filter(([, share]) => share > 0));
  const most = Math.max(...used.map(([, share]) => share));
  return {
    title: 'Comparison scores',
    x: scoreAxis(
      used.map(([score]) => score),
      evaluation,
    ),
    y: {
      label: 'comparisons per 0.02 of score, %',
      kind: 'linear',
      from: 0,
      to: Math.ceil(most / 5) * 5,
    },
    lines,
    marks: marksOf(evaluation),
  };
}

function chartThresholds(evaluation: Evaluation): Chart {
  const { genuines, impostors, falseMatches, calibration } = evaluation;
  const fmr = shareReaching(impostors);
  const fnmr = shareReaching(genuines).map(([score, share]): [number, number] => [score, 1 - share]);
  const lines: Line[] = [{ name: 'FMR, counted', points: fmr, colour: 1 }];
  if (falseMatches) {
    const end = falseMatches.points.at(-1)![0];
    const going = gridScores
      .filter((score) => score >= end)
      .map((score) => [score, fmrAt(score, falseMatches)] as const);
    lines.push({ name: 'FMR, extrapolated', points: going, colour: 1, isDashed: true });
  }
  if (calibration.falseMatches)
    lines.push({ name: "FMR, the models' curve", points: calibration.falseMatches.points, colour: 6 });
  if (genuines.total > 0) lines.push({ name: 'FNMR', points: fnmr, colour: 0 });
  const used = lines.flatMap(({ points }) => points.filter(([, rate]) => rate > 0 && rate < 1));
  return {
    title: 'Error rates of 1:1 by threshold',
    x: scoreAxis(
      used.filter(([, rate]) => rate > 1e-8).map(([score]) => score),
      evaluation,
    ),
    y: { label: 'error rate, logarithmic', kind: 'log', from: 1e-8, to: 1 },
    lines,
    marks: marksOf(evaluation),
  };
}

function chartVerification({ genuines, impostors }: Evaluation): Chart {
  const fmr = shareReaching(impostors);
  const fnmr = shareReaching(genuines);
  const points = fmr.map(([, rate], i): [number, number] => [rate, 1 - (fnmr[i]?.[1] ?? 0)]);
  const leastRate = leastErrors / Math.max(leastErrors, impostors.total);
  return {
    title: 'Error trade-off of 1:1',
    x: rateAxis('FMR, logarithmic', [1 / Math.max(10, impostors.total)]),
    y: rateAxis('FNMR, logarithmic', [1 / Math.max(10, genuines.total)]),
    lines: [
      { name: 'at least 30 false matches', points: points.filter(([rate]) => rate >= leastRate), colour: 0 },
      {
        name: 'fewer: little is known',
        points: points.filter(([rate]) => rate > 0 && rate <= leastRate),
        colour: 0,
        isDashed: true,
      },
    ],
  };
}

function chartIdentification({ identification }: Evaluation): Chart {
  const { rates, mated, nonMated } = identification;
  const line = ({ gallery, origin, fpir, fnir }: IdentificationRates, colour: number): Line => ({
    name: `${count(gallery)}, ${origin}`,
    points: Array.from(fpir, (rate, place): [number, number] => [rate, fnir[place]!]).filter(
      ([rate]) => rate > 0,
    ),
    colour,
    isDashed: origin === 'extrapolated',
  });
  return {
    title: 'Error trade-off of 1:N by faces in the gallery',
    x: rateAxis('FPIR, logarithmic', [1 / Math.max(100, nonMated)]),
    y: rateAxis('FNIR at rank 1, logarithmic', [1 / Math.max(10, mated)]),
    lines: rates.map(line),
  };
}

/** The share of the comparisons that reach a score: by every fourth score of the grid, which is finer than a pixel. */
function shareReaching(counts: ScoreCounts): [number, number][] {
  const shares = Array.from(counts.reaching(), (reaching, place): [number, number] => [
    gridScores[place]!,
    reaching / Math.max(1, counts.total),
  ]);
  return shares.filter((_share, place) => place % 4 === 0);
}

function scoreAxis(used: readonly number[], { thresholds, persons }: Evaluation): Axis {
  const shown = [...used, thresholds.verify, Math.min(1, thresholds.identify(persons - 1))];
  const from = Math.max(-1, Math.floor(Math.min(...shown) * 20) / 20);
  const to = Math.min(1, Math.ceil(Math.max(...shown) * 20) / 20);
  return { label: 'comparison score (cosine)', kind: 'linear', from, to };
}

const rateAxis = (label: string, least: readonly number[]): Axis => ({
  label,
  kind: 'log',
  from: 10 ** Math.floor(Math.log10(Math.min(...least))),
  to: 1,
});

const count = (value: number): string => value.toLocaleString('en-GB');
