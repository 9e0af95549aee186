// A folder of face models: the schema of its manifest, and the loader that trusts no file before its hash is checked.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Calibration } from '../gallery/ports.ts';

const score = z.number().min(-1).max(1);
const dimension = z.union([z.int().positive(), z.literal('dynamic')]);
const tensorName = z.string().min(1);

const rises = (curve: readonly (readonly [number, number])[]): boolean =>
  curve.every(([x, y], i) => {
    const before = curve[i - 1];
    return before === undefined || (x > before[0] && y >= before[1]);
  });

const falls = (points: readonly (readonly [number, number])[]): boolean =>
  points.every(([x, y], i) => {
    const before = points[i - 1];
    return before === undefined || (x > before[0] && y < before[1]);
  });

const falseMatches = z.strictObject({
  points: z
    .array(z.tuple([score, z.number().gt(0).max(1)]))
    .min(2)
    .refine(falls, 'scores must rise and rates fall'),
  comparisons: z.int().positive(),
  measuredOn: z.string().min(1),
});

const calibration: z.ZodType<Calibration> = z.strictObject({
  rateCurve: z
    .array(z.tuple([score, z.number().min(0).max(100)]))
    .min(2)
    .refine(rises, 'points must rise, each score once'),
  verify: z.strictObject({ threshold: score, falseMatchRate: z.number().min(0).max(1) }),
  identify: z.strictObject({ threshold: score }),
  falseMatches: falseMatches.optional(),
});

const input = z.strictObject({
  name: tensorName,
  layout: z.enum(['NCHW', 'NHWC']),
  width: dimension,
  height: dimension,
  /** A dynamic width or height must be a multiple of it. */
  multipleOf: z.int().positive().optional(),
  channelOrder: z.enum(['RGB', 'BGR', 'grey']),
  /** One value a channel, in `channelOrder`: the tensor holds (value - mean) / std of 0 to 255 values. */
  mean: z.array(z.number()).min(1).max(3),
  std: z.array(z.number().positive()).min(1).max(3),
});

const common = {
  id: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'small letters, digits, dot, dash and underscore'),
  file: z.string().regex(/^[A-Za-z0-9_][\w.-]*\.onnx$/, 'the bare name of an .onnx file in the same folder'),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, '64 hexadecimal digits'),
  /** Where the weights come from: package@version and the file inside it, or words of the folder's owner. */
  source: z.string().min(1),
  licence: z.string().min(1),
  caveat: z.string(),
  input: input.refine(
    ({ mean, std, channelOrder }) =>
      mean.length === std.length && mean.length === (channelOrder === 'grey' ? 1 : 3),
    'mean and std need one value a channel',
  ),
};

// The decoder says how boxes are read out of a detector's raw outputs, which go by these names whatever the tensors
// are called.
const ultraface = {
  decoder: z.literal('ultraface'),
  outputs: z.strictObject({ scores: tensorName, locations: tensorName }),
};
const blazeface = {
  decoder: z.literal('blazeface'),
  outputs: z.strictObject({
    scores16: tensorName,
    scores8: tensorName,
    boxes16: tensorName,
    boxes8: tensorName,
  }),
};
const detector = <Role extends string>(role: Role) =>
  z.discriminatedUnion('decoder', [
    z.strictObject({ role: z.literal(role), ...common, ...ultraface }),
    z.strictObject({ role: z.literal(role), ...common, ...blazeface }),
  ]);

const model = z.discriminatedUnion('role', [
  detector('detector'),
  detector('fallbackDetector'),
  z.strictObject({
    role: z.literal('landmarks'),
    ...common,
    outputs: z.strictObject({ points: tensorName }),
  }),
  z.strictObject({
    role: z.literal('mesh'),
    ...common,
    outputs: z.strictObject({ points: tensorName, presence: tensorName }),
  }),
  z.strictObject({
    role: z.literal('embedder'),
    ...common,
    outputs: z.strictObject({ embedding: tensorName }),
    dimensions: z.int().min(16).max(4096),
    alignment: z.enum(['arcface-112', 'dlib-150']),
    calibration,
  }),
  z.strictObject({
    role: z.literal('genderAge'),
    ...common,
    outputs: z.strictObject({ male: tensorName, age: tensorName }),
  }),
  z.strictObject({
    role: z.literal('emotion'),
    ...common,
    outputs: z.strictObject({ emotions: tensorName }),
  }),
]);

type Role = z.infer<typeof model>['role'];
const requiredRoles = ['detector', 'mesh', 'embedder'] as const satisfies Role[];

const manifestSchema = z
  .strictObject({ models: z.array(model).min(1) })
  .superRefine(({ models }, context) => {
    for (const key of ['role', 'id', 'file'] as const) {
      const twice = models.find((one, i) => models.findIndex((other) => other[key] === one[key]) !== i);
      if (twice) context.addIssue({ code: 'custom', message: `two models have the ${key} ${twice[key]}` });
    }
    for (const role of requiredRoles) {
      if (!models.some((one) => one.role === role))
        context.addIssue({ code: 'custom', message: `no model has the role ${role}` });
    }
  });

/** One model as its manifest describes it. */
export type ManifestModel = z.infer<typeof model>;

/** One model whose file was found with the right hash at `path`. */
export type Model = ManifestModel & { readonly path: string };
export type ModelOf<R extends Role> = Extract<Model, { role: R }>;

/** The models of one folder by what they do; `all` keeps the manifest's order. */
export interface ModelSet {
  readonly folder: string;
  readonly all: readonly Model[];
  readonly detector: ModelOf<'detector'>;
  readonly fallbackDetector: ModelOf<'fallbackDetector'> | undefined;
  readonly landmarks: ModelOf<'landmarks'> | undefined;
  readonly mesh: ModelOf<'mesh'>;
  readonly embedder: ModelOf<'embedder'>;
  readonly genderAge: ModelOf<'genderAge'> | undefined;
  readonly emotion: ModelOf<'emotion'> | undefined;
}

/** Folder of the setting `--models`: `default` and `strict` are built in, anything else is a path. */
export function modelsFolder(setting: string): string {
  if (setting === 'default' || setting === 'strict')
    return fileURLToPath(new URL(`../../models/${setting}`, import.meta.url));
  if (setting === '') throw new Error('The models setting is empty: give default, strict or a folder.');
  return resolve(setting);
}

/**
 * Reads `manifest.json` of a folder and checks every model file against its hash (27 MB in well under 100 ms).
 * @throws {Error} a sentence that names the file at fault and the remedy
 */
export async function loadModels(folder: string): Promise<ModelSet> {
  const { models } = await readManifest(folder);
  const all = await Promise.all(models.map((one) => checkFile(folder, one)));
  const find = <R extends Role>(role: R): ModelOf<R> | undefined =>
    all.find((one): one is ModelOf<R> => one.role === role);
  const need = <R extends (typeof requiredRoles)[number]>(role: R): ModelOf<R> => {
    const found = find(role);
    if (!found) throw new Error(`${folder} has no ${role}: ${remedy}`);
    return found;
  };
  return {
    folder,
    all,
    detector: need('detector'),
    fallbackDetector: find('fallbackDetector'),
    landmarks: find('landmarks'),
    mesh: need('mesh'),
    embedder: need('embedder'),
    genderAge: find('genderAge'),
    emotion: find('emotion'),
  };
}

const remedy = 'run `npm run models` for the built-in sets, or mend the folder given with --models.';

async function readManifest(folder: string): Promise<z.infer<typeof manifestSchema>> {
  const path = join(folder, 'manifest.json');
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Error(`The manifest ${path} cannot be read (${error.code ?? error.message}): ${remedy}`);
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`The manifest ${path} is not JSON: ${remedy}`);
  }
  const parsed = manifestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path: at, message }) =>
    at.length === 0 ? message : `${at.join('.')}: ${message}`,
  );
  throw new Error(`The manifest ${path} is not valid (${faults.join('; ')}): ${remedy}`);
}

async function checkFile(folder: string, described: ManifestModel): Promise<Model> {
  const path = join(folder, described.file);
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`The model file ${path} cannot be read (${error.code ?? error.message}): ${remedy}`);
  });
  if (hash.digest('hex') !== described.sha256)
    throw new Error(`The model file ${path} is not the one its manifest describes (other sha256): ${remedy}`);
  return { ...described, path };
}
