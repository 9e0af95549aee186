// Cuts a turned and scaled square out of a picture, bilinear, black outside.
import type { Pyramid, Raster } from './raster.ts';
import { invert, type Similarity } from './similarity.ts';

/** Takes a row of interleaved RGB of 0 to 255, not rounded, in memory that the next row overwrites. */
export type TakeRow = (row: Float32Array, y: number) => void;

/** Pixels that may become one before a halved copy is read. */
const mostShrinkage = 2;

/**
 * Hands over the rows, top first, of the square of `side` pixels that `toSquare` maps the picture onto. Where more
 * pixels become one, a halved copy of the picture is read: bilinear reading alone would skip pixels, and the square of
 * a large face would be noise.
 */
export function warp(pyramid: Pyramid, toSquare: Similarity, side: number, takeRow: TakeRow): void {
  const fromSquare = invert(toSquare);
  const { level, index } = pyramid.levelFor(Math.hypot(fromSquare.a, fromSquare.b), mostShrinkage);
  const scale = 2 ** -index;
  const shift = scale / 2 - 0.5;
  const { a, b, dx, dy } = fromSquare;
  const fromLevel = { a: a * scale, b: b * scale, dx: dx * scale + shift, dy: dy * scale + shift };
  const row = new Float32Array(side * 3);
  for (let y = 0; y < side; y++) {
    readRow(level, fromLevel, y, row);
    takeRow(row, y);
  }
}

// No calls for the pixels inside: the squares of a face took 3 ms with a function a pixel, 0.6 without (research).
function readRow(raster: Raster, { a, b, dx, dy }: Similarity, y: number, row: Float32Array): void {
  const { pixels, width, height } = raster;
  const stride = width * 3;
  const startX = dx - b * y;
  const startY = dy + a * y;
  for (let to = 0, x = 0; to < row.length; to += 3, x++) {
    const sourceX = startX + a * x;
    const sourceY = startY + b * x;
    if (!(sourceX >= 0 && sourceY >= 0 && sourceX < width - 1 && sourceY < height - 1)) {
      readEdge(raster, sourceX, sourceY, row, to);
      continue;
    }
    // Rounds down, since nothing here is negative; Math.floor is slower.
    const left = sourceX | 0;
    const top = sourceY | 0;
    const fx = sourceX - left;
    const fy = sourceY - top;
    const w11 = fx * fy;
    const w10 = fx - w11;
    const w01 = fy - w11;
    const w00 = 1 - fx - w01;
    const p = top * stride + left * 3;
    const q = p + stride;
    row[to] = w00 * pixels[p]! + w10 * pixels[p + 3]! + w01 * pixels[q]! + w11 * pixels[q + 3]!;
    row[to + 1] = w00 * pixels[p + 1]! + w10 * pixels[p + 4]! + w01 * pixels[q + 1]! + w11 * pixels[q + 4]!;
    row[to + 2] = w00 * pixels[p + 2]! + w10 * pixels[p + 5]! + w01 * pixels[q + 2]! + w11 * pixels[q + 5]!;
  }
}

/** A pixel on or beyond the edge: the neighbours that lie outside count as black. */
function readEdge(
  { pixels, width, height }: Raster,
  sourceX: number,
  sourceY: number,
  row: Float32Array,
  to: number,
): void {
  row.fill(0, to, to + 3);
  const left = Math.floor(sourceX);
  const top = Math.floor(sourceY);
  for (let y = Math.max(0, top); y <= Math.min(height - 1, top + 1); y++) {
    for (let x = Math.max(0, left); x <= Math.min(width - 1, left + 1); x++) {
      const weight = (1 - Math.abs(sourceX - x)) * (1 - Math.abs(sourceY - y));
      const from = (y * width + x) * 3;
      for (let channel = 0; channel < 3; channel++) row[to + channel]! += weight * pixels[from + channel]!;
    }
  }
}
