// Where things lie in the shared memories: first what each thread needs for itself, then the rows of all.
import { maxRun } from './extents.ts';

/** Rows scored in one call of the kernel. */
export const batchRows = 4096;
/** Most rows that one part of a search re-scores; a search that needs more compares with every template. */
export const maxDepth = 16_384;
const maxDimensions = 4096;
/** log2 of the rows in a block: of so many the signs lie plane by plane, so that a plane of it is read ahead of. */
const blockOrder = 15;
/** Rows of a block: whole runs of them. */
export const blockRows = 2 ** blockOrder;
/** Of a plane, without what lies between it and the next. */
export const planeBytes = blockRows / 8;
/** From plane to plane: not a power of two, or all planes of a row would meet in a few lines of the cache. */
export const planeStride = planeBytes + 64;
/** Templates in one memory take at most this, so that a library of small growth reserves little. */
const maxShardBytes = 2 ** 30;

/** In the memory of templates, from the thread's own place: a probe, the rows chosen and their scores. */
export const scoring = {
  probe: 0,
  chosen: maxDimensions * 4,
  scores: maxDimensions * 4 + batchRows * 4,
  bytes: maxDimensions * 4 + batchRows * 8,
};

/** Of the kernel's numbers, in `kernel/nearest.ts`: a batch of planes, and a count of 128 rows. */
export const batchWords = 17;
const countBytes = 9 * 16;
/** What the kernel keeps before the rows in `kept`; see there. */
const keptHeadBytes = 32 + 512 * 4;

/** Templates whose signs are written in one call. */
export const templatesAtATime = 8;

const batchesAt = templatesAtATime * maxDimensions * 4;
/** More than a scan's batches take, and whole lines of the cache. */
const batchesBytes = 4096;
const askedAt = batchesAt + batchesBytes;
const countsAt = askedAt + planeBytes;
const keptAt = countsAt + (planeBytes / 16) * countBytes;

/** In the memory of signs likewise: templates to be written, or the planes that tell rows apart and what comes of it. */
export const selecting = {
  templates: 0,
  batches: batchesAt,
  asked: askedAt,
  counts: countsAt,
  kept: keptAt,
  keptRows: keptAt + keptHeadBytes,
  bytes: keptAt + keptHeadBytes + maxDepth * 3 * 8,
};

/** What follows from the dimensions and the number of threads; thread 0 is the main one. */
export interface Layout {
  readonly dimensions: number;
  readonly threads: number;
  /** Of a block of signs: its planes, and one more that reads zero. */
  readonly blockBytes: number;
  readonly signsAt: number;
  readonly templatesAt: number;
  /** Rows whose templates lie in one memory, as a power of two. */
  readonly shardOrder: number;
}

/** @throws {Error} where templates cannot have so many dimensions */
export function layOut(dimensions: number, threads: number): Layout {
  if (!(dimensions > 0 && dimensions <= maxDimensions && dimensions % 16 === 0)) {
    throw new Error(
      `templates must have a multiple of 16 dimensions, at most ${maxDimensions}: ${dimensions}`,
    );
  }
  const shardRows = Math.max(maxRun, maxShardBytes / (dimensions * 4));
  return {
    dimensions,
    threads,
    blockBytes: (dimensions + 1) * planeStride,
    signsAt: threads * selecting.bytes,
    templatesAt: threads * scoring.bytes,
    shardOrder: Math.floor(Math.log2(shardRows)),
  };
}
