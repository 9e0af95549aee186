// Where things lie in the shared memories: first what each thread needs for itself, then the rows of all.
import { maxRun } from './extents.ts';

/** Rows scored in one call of the kernel. */
export const batchRows = 4096;
/** Most rows that one part of a search re-scores; a search that needs more compares with every template. */
export const maxDepth = 16_384;
const maxDimensions = 4096;
/**
 * Of the dimensions, those whose signs a scan reads: it waits for memory most of the time, and what fewer signs miss, the
 * number of rows re-scored makes up for sooner.
 */
const codedShare = 3 / 4;
/** Templates in one memory take at most this, so that a library of small growth reserves little. */
const maxShardBytes = 2 ** 30;

/** In the memory of templates, from the thread's own place: a probe, the rows chosen and their scores. */
export const scoring = {
  probe: 0,
  chosen: maxDimensions * 4,
  scores: maxDimensions * 4 + batchRows * 4,
  bytes: maxDimensions * 4 + batchRows * 8,
};

/** What the kernel keeps before the rows in `kept`; see there. */
const keptHeadBytes = 32 + 4096 * 4;

const templateAt = 512;
const weightsAt = templateAt + maxDimensions * 4;
const listAt = weightsAt + maxDimensions;
const keptAt = listAt + maxRun * 4;

/** In the memory of sign codes likewise: the probe's code, and what it and the rows are told apart by. */
export const selecting = {
  probe: 0,
  template: templateAt,
  weights: weightsAt,
  list: listAt,
  kept: keptAt,
  keptRows: keptAt + keptHeadBytes,
  bytes: keptAt + keptHeadBytes + maxDepth * 3 * 8,
};

/** What follows from the dimensions and the number of threads; thread 0 is the main one. */
export interface Layout {
  readonly dimensions: number;
  readonly threads: number;
  /** Of the template, those whose signs are kept. */
  readonly codedDimensions: number;
  /** A bit for each, filled up to a whole vector of the machine. */
  readonly codeBytes: number;
  readonly codesAt: number;
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
  const codeBytes = Math.ceil((dimensions * codedShare) / 128) * 16;
  const shardRows = Math.max(maxRun, maxShardBytes / (dimensions * 4));
  return {
    dimensions,
    threads,
    codedDimensions: Math.min(dimensions, codeBytes * 8),
    codeBytes,
    codesAt: threads * selecting.bytes,
    templatesAt: threads * scoring.bytes,
    shardOrder: Math.floor(Math.log2(shardRows)),
  };
}
