// Templates of labelled photographs, made by the models that Lethe runs on; nothing of them is kept.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { modelsFolder } from '../src/biometrics/models.ts';
import { openFaceAnalyser } from '../src/biometrics/pool.ts';
import { openPicture } from '../src/images/decode.ts';

export interface PhotographedFace {
  readonly person: string;
  readonly template: Float32Array;
}

/** The largest face of each photograph; photographs without one are left out. */
export async function readPhotographs(folder: string): Promise<PhotographedFace[]> {
  const analyser = await openFaceAnalyser({ folder: modelsFolder('default') });
  const persons = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const files: { person: string; path: string }[] = [];
  for (const { name } of persons) {
    for (const file of (await readdir(join(folder, name))).sort())
      if (/\.(jpe?g|png)$/i.test(file)) files.push({ person: name, path: join(folder, name, file) });
  }
  const faces: PhotographedFace[] = [];
  const queue = files.values();
  const work = async () => {
    for (const { person, path } of queue) {
      const [largest] = await analyser.analyse(await openPicture(await readFile(path)));
      if (largest !== undefined) faces.push({ person, template: largest.template });
    }
  };
  await Promise.all([work(), work(), work(), work()]);
  await analyser.close();
  return faces.sort((a, b) => a.person.localeCompare(b.person));
}
