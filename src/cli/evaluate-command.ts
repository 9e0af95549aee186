// `lethe evaluate`: measures the chosen models on a folder of labelled photographs, and prints or files the figures.
import { modelsFolder } from '../biometrics/models.ts';
import { openFaceAnalyser } from '../biometrics/pool.ts';
import type { Settings } from '../config.ts';
import { decodePicture } from '../images/decode.ts';
import { evaluate, renderEvaluation, writeBetweenMarkers } from './evaluate.ts';

export async function evaluateFolder(
  { models, workers }: Pick<Settings, 'models' | 'workers'>,
  folder: string,
  { pairs, markdown }: { pairs?: string; markdown?: string },
): Promise<void> {
  const analyser = await openFaceAnalyser({ folder: modelsFolder(models), workers });
  try {
    const evaluation = await evaluate({ folder, pairs, analyser, openPicture: decodePicture });
    const figures = renderEvaluation(evaluation);
    console.log(figures);
    // Names of photographs are for the operator's eyes, not for a document.
    for (const { photograph, reason } of evaluation.missed) console.error(`missed: ${photograph}: ${reason}`);
    if (markdown !== undefined) await writeBetweenMarkers(markdown, figures);
  } finally {
    await analyser.close();
  }
}
