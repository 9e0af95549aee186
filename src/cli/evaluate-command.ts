// `lethe evaluate`: measures the chosen models on a folder of labelled photographs, and prints or files figures and charts.
import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { modelsFolder } from '../biometrics/models.ts';
import { openFaceAnalyser } from '../biometrics/pool.ts';
import type { Settings } from '../config/settings.ts';
import { openPicture } from '../images/decode.ts';
import { rasteriseSvg } from '../images/rasterise.ts';
import { type Evaluation, evaluate } from './evaluate.ts';
import { drawEvaluation } from './evaluation-charts.ts';
import { renderEvaluation, writeBetweenMarkers } from './evaluation-tables.ts';

export const evaluateSettings = ['models', 'workers', 'verifyFmr', 'identifyFpir'] as const;

export interface EvaluateOptions {
  readonly pairs?: string;
  readonly markdown?: string;
  readonly report?: string;
}

export async function evaluateFolder(
  settings: Pick<Settings, (typeof evaluateSettings)[number]>,
  folder: string,
  { pairs, markdown, report }: EvaluateOptions,
): Promise<void> {
  if (report !== undefined) checkReportFolder(report, folder);
  const { models, workers } = settings;
  const analyser = await openFaceAnalyser({ folder: modelsFolder(models), workers });
  try {
    const evaluation = await evaluate({
      folder,
      pairs,
      stated: settings,
      analyser,
      openPicture,
    });
    const figures = renderEvaluation(evaluation);
    console.log(figures);
    // Names of photographs are for the operator's eyes, not for a document.
    for (const { photograph, reason } of evaluation.missed) console.error(`missed: ${photograph}: ${reason}`);
    if (markdown !== undefined) await writeBetweenMarkers(markdown, figures);
    if (report !== undefined) await writeReport(report, evaluation);
  } finally {
    await analyser.close();
  }
}

/** The next run would take charts among the photographs for photographs. */
function checkReportFolder(report: string, folder: string): void {
  const path = relative(resolve(folder), resolve(report));
  if (path !== '..' && !path.startsWith('../'))
    throw new Error(`--report ${report} lies within the photographs: name a folder outside ${folder}.`);
}

/** Pixels of a PNG for a unit of its SVG: sharp on a dense screen. */
const pixelsPerUnit = 2;

/**
 * Writes evaluation.md, each chart as SVG and PNG, and the measured curve in the manifest's form, over what an earlier run
 * left of these. No photograph is named in any.
 */
async function writeReport(folder: string, evaluation: Evaluation): Promise<void> {
  await mkdir(folder, { recursive: true });
  const charts = Object.entries(drawEvaluation(evaluation));
  for (const [name, svg] of charts) {
    await writeFile(join(folder, `${name}.svg`), svg);
    await writeFile(join(folder, `${name}.png`), await rasteriseSvg(svg, pixelsPerUnit));
  }
  const pictures = charts.map(([name]) => `![${name}](${name}.svg)`);
  const text = ['# Evaluation', renderEvaluation(evaluation), ...pictures, ''].join('\n\n');
  await writeFile(join(folder, 'evaluation.md'), text);
  const { falseMatches } = evaluation;
  if (falseMatches)
    await writeFile(join(folder, 'false-matches.json'), `${JSON.stringify(falseMatches, null, 2)}\n`);
}
