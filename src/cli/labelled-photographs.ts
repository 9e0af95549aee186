// Photographs whose persons are known, one folder a person, and the template of the largest face of each.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compareTemplates } from '../gallery/decision.ts';
import type { EncodedPicture, FaceAnalyser, Picture, Template } from '../gallery/ports.ts';

/** One photograph; without a template where no face was found. */
export interface LabelledFace {
  readonly person: string;
  readonly template: Template | undefined;
}

export interface Pair {
  readonly photographs: readonly [string, string];
  readonly isGenuine: boolean;
}

/** What was made of the photographs, by their path below the folder. */
export interface Gathered {
  readonly templates: ReadonlyMap<string, Template>;
  /** Photographs without a template, with the reason. */
  readonly missed: readonly { readonly photograph: string; readonly reason: string }[];
  /** Photographs that show several faces: the largest is taken. */
  readonly withSeveralFaces: number;
}

/** Pictures decoded and waiting for the analyser at a time. */
const picturesAtATime = 8;

const pictureFile = /\.(jpe?g|png|webp|gif|bmp)$/i;

export const personOf = (photograph: string): string => photograph.slice(0, photograph.lastIndexOf('/'));

/** Paths below the folder, sorted. */
export async function listPhotographs(folder: string): Promise<string[]> {
  const persons = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const files = await Promise.all(
    persons.map(async ({ name }) => (await readdir(join(folder, name))).map((file) => `${name}/${file}`)),
  );
  return files
    .flat()
    .filter((file) => pictureFile.test(file))
    .sort();
}

/**
 * Pairs of a CSV file of the form `file_a,file_b,same`, with paths below the folder of photographs.
 * @throws {Error} naming the line that cannot be used
 */
export async function readPairs(file: string): Promise<Pair[]> {
  const [header, ...lines] = (await readFile(file, 'utf8')).trim().split(/\r?\n/);
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

/** Analyses the photographs; one that cannot be read is told with the reason, and the others go on. */
export async function gatherTemplates(
  folder: string,
  photographs: readonly string[],
  analyser: FaceAnalyser,
  openPicture: (bytes: Uint8Array) => Promise<Picture | EncodedPicture>,
): Promise<Gathered> {
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
  return { templates, missed, withSeveralFaces };
}

/** Comparison score, -1 where there is no face to compare. */
export const compare = (one: Template | undefined, other: Template | undefined): number =>
  one && other ? compareTemplates(one, other) : -1;
