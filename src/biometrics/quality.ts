// How good a face's picture is: sharp, whole, bright.
import type { Box, FaceQuality } from '../gallery/ports.ts';
import { type Chip, luma } from './tensor.ts';

/** Middle of the aligned face of 112 pixels that is looked at: no hair, no background. */
const margin = 16;

/**
 * Variance of the Laplacian that counts as sharp, 1. Research, section 7, medians of LFW: 138 as they are, 62, 16 and 5
 * under a Gaussian blur of 1, 2 and 3 pixels.
 */
const sharpVariance = 138;

/** `aligned` is the face on ArcFace's 112 pixels; the box is in pixels of a picture of the given size. */
export function qualityOf(
  aligned: Chip,
  box: Box,
  picture: { readonly width: number; readonly height: number },
): FaceQuality {
  const grey = luma(aligned);
  return {
    sharpness: Math.min(1, laplacianVariance(grey, aligned.side) / sharpVariance),
    integrity: shareInside(box, picture),
    brightness: meanInside(grey, aligned.side) / 255,
  };
}

/** Variance of the four-neighbour Laplacian of the square's middle. */
function laplacianVariance(grey: Float32Array, side: number): number {
  let sum = 0;
  let sumOfSquares = 0;
  for (let y = margin; y < side - margin; y++) {
    for (let x = margin; x < side - margin; x++) {
      const i = y * side + x;
      const value = grey[i - 1]! + grey[i + 1]! + grey[i - side]! + grey[i + side]! - 4 * grey[i]!;
      sum += value;
      sumOfSquares += value * value;
    }
  }
  const count = (side - 2 * margin) ** 2;
  return sumOfSquares / count - (sum / count) ** 2;
}

function meanInside(grey: Float32Array, side: number): number {
  let sum = 0;
  for (let y = margin; y < side - margin; y++)
    for (let x = margin; x < side - margin; x++) sum += grey[y * side + x]!;
  return sum / (side - 2 * margin) ** 2;
}

function shareInside(
  { x, y, width, height }: Box,
  picture: { readonly width: number; readonly height: number },
): number {
  const inside = (start: number, length: number, end: number): number =>
    Math.max(0, Math.min(start + length, end) - Math.max(start, 0)) / length;
  return inside(x, width, picture.width) * inside(y, height, picture.height);
}
