// How good a face's picture is: sharp, whole, bright.
import type { Box, FaceQuality } from '../gallery/ports.ts';
import type { Pyramid } from './raster.ts';
import type { Similarity } from './similarity.ts';
import { cutChip, luma } from './tensor.ts';

/** What is left out at each edge of ArcFace's 112 pixels: hair and background. */
const margin = 16;
/** Side of the middle, with a pixel more on each side as neighbours. */
const side = 112 - 2 * margin + 2;

/**
 * Variance of the Laplacian that counts as sharp, 1. Research, section 7, medians of LFW: 138 as they are, 62, 16 and 5
 * under a Gaussian blur of 1, 2 and 3 pixels.
 */
const sharpVariance = 138;

/**
 * @param toAligned brings the face onto ArcFace's 112 pixels
 * @param box in pixels of the picture, whose size is given
 */
export function qualityOf(
  pyramid: Pyramid,
  toAligned: Similarity,
  box: Box,
  picture: { readonly width: number; readonly height: number },
): FaceQuality {
  const { dx, dy } = toAligned;
  const toMiddle = { ...toAligned, dx: dx - margin + 1, dy: dy - margin + 1 };
  const grey = luma(cutChip(pyramid, toMiddle, side));
  return {
    sharpness: Math.min(1, laplacianVariance(grey) / sharpVariance),
    integrity: shareInside(box, picture),
    brightness: meanInside(grey) / 255,
  };
}

/** Variance of the four-neighbour Laplacian. */
function laplacianVariance(grey: Float32Array): number {
  let sum = 0;
  let sumOfSquares = 0;
  for (let y = 1; y < side - 1; y++) {
    for (let x = 1; x < side - 1; x++) {
      const i = y * side + x;
      const value = grey[i - 1]! + grey[i + 1]! + grey[i - side]! + grey[i + side]! - 4 * grey[i]!;
      sum += value;
      sumOfSquares += value * value;
    }
  }
  const count = (side - 2) ** 2;
  return sumOfSquares / count - (sum / count) ** 2;
}

function meanInside(grey: Float32Array): number {
  let sum = 0;
  for (let y = 1; y < side - 1; y++) for (let x = 1; x < side - 1; x++) sum += grey[y * side + x]!;
  return sum / (side - 2) ** 2;
}

function shareInside(
  { x, y, width, height }: Box,
  picture: { readonly width: number; readonly height: number },
): number {
  const inside = (start: number, length: number, end: number): number =>
    Math.max(0, Math.min(start + length, end) - Math.max(start, 0)) / length;
  return inside(x, width, picture.width) * inside(y, height, picture.height);
}
