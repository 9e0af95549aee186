// Resizes a picture, bilinear from the nearest of its halved copies: no pixel is skipped, and few are read twice.
import { draw, type Layout, type Tuning } from './pixel-kernel.ts';
import type { Pyramid } from './raster.ts';

/**
 * A picture is halved until less than this many pixels become one; the rest is bilinear, as in the training of the
 * detectors (OpenCV's resize). An anti-aliased triangle filter of the whole width took twice the time, and both find
 * the same faces.
 */
const mostShrinkage = 1.5;

/** What is to be drawn where. */
export interface Drawing {
  /** Values in all. */
  readonly length: number;
  readonly layout: Layout;
  readonly tuning: Tuning;
}

/**
 * Stretches the whole picture to the given size; pixels beyond the edge are those of the edge.
 * @param prepare fills what the picture will not cover
 * @returns values that the next drawing overwrites
 */
export function resize(
  pyramid: Pyramid,
  { width, height }: { readonly width: number; readonly height: number },
  drawing: Drawing,
  prepare?: (values: Float32Array) => void,
): Float32Array {
  const { level } = pyramid.levelFor(pyramid.base.width / width, mostShrinkage);
  return draw(
    pyramid.memory,
    // As the kernel asks: its tables of columns and rows.
    { ...drawing, scratchBytes: 4 * (width + height) + 32 },
    (kernel, scratch) => kernel.resize(level.at, level.width, level.height, width, height, scratch),
    prepare,
  );
}
