// Cuts a turned and scaled square out of a picture, bilinear, black outside.
import { draw } from './pixel-kernel.ts';
import type { Pyramid } from './raster.ts';
import type { Drawing } from './resize.ts';
import { invert, type Similarity } from './similarity.ts';

/** Pixels that may become one before a halved copy is read. */
const mostShrinkage = 2;

/**
 * Draws the square of `side` pixels that `toSquare` maps the picture onto. Where more pixels become one, a halved copy
 * of the picture is read: bilinear reading alone would skip pixels, and the square of a large face would be noise.
 * @returns values that the next drawing overwrites
 */
export function warp(pyramid: Pyramid, toSquare: Similarity, side: number, drawing: Drawing): Float32Array {
  const fromSquare = invert(toSquare);
  const { level, index } = pyramid.levelFor(Math.hypot(fromSquare.a, fromSquare.b), mostShrinkage);
  const scale = 2 ** -index;
  const shift = scale / 2 - 0.5;
  const { a, b, dx, dy } = fromSquare;
  const { at, width, height } = level;
  return draw(pyramid.memory, { ...drawing, scratchBytes: 16 * side + 64 }, (kernel, scratch) =>
    kernel.warp(
      at,
      width,
      height,
      a * scale,
      b * scale,
      dx * scale + shift,
      dy * scale + shift,
      side,
      scratch,
    ),
  );
}
