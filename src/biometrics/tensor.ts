// Lays pixels out as a network's input: channel order, layout, mean and divisor as its manifest says.
import type { Model } from './models.ts';
import type { Network } from './network.ts';
import { plainTuning, planar, type RedGreenBlue, type Tuning } from './pixel-kernel.ts';
import type { Pyramid } from './raster.ts';
import { type Drawing, resize } from './resize.ts';
import type { Similarity } from './similarity.ts';
import { warp } from './warp.ts';

type Input = Model['input'];

/** Size of an input, and where the picture lies in it; the rest is black. */
export interface Canvas {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly top: number;
}

/** A square part of a picture: planes of red, green and blue, not rounded; lasts until the next drawing. */
export interface Chip {
  readonly values: Float32Array;
  readonly side: number;
}

/** How much of red, green and blue is brightness (ITU-R BT.601, which the models were trained with). */
const lumaWeights = [0.299, 0.587, 0.114] as const;

/** Channel of an input that red, green and blue go to. */
const channelsOf = { RGB: [0, 1, 2], BGR: [2, 1, 0] } as const;

/** The picture stretched to the given size and laid on the canvas, as a batch of one; lasts until the next drawing. */
export function resizeToTensor(
  pyramid: Pyramid,
  size: { readonly width: number; readonly height: number },
  network: Network,
  canvas: Canvas,
): Float32Array {
  const { input } = network.model;
  const isCovered = size.width === canvas.width && size.height === canvas.height;
  const blackenAll = isCovered ? undefined : (drawn: Float32Array) => blacken(drawn, input);
  if (input.channelOrder === 'grey') throw new Error(`The detector ${network.model.id} must take colours.`);
  return resize(pyramid, size, drawingOf(input, canvas), blackenAll);
}

/** The square of the picture that `toSquare` maps onto an input of `side` pixels, as `resizeToTensor`. */
export function warpToTensor(
  pyramid: Pyramid,
  toSquare: Similarity,
  { model: { input } }: Network,
  side: number,
): Float32Array {
  // The weights of brightness add up to 1: what becomes of it may as well become of each colour.
  if (input.channelOrder === 'grey') return luma(cutChip(pyramid, toSquare, side, greyTuning(input)));
  return warp(pyramid, toSquare, side, drawingOf(input, squareCanvas(side)));
}

/** The square that `toSquare` maps onto one of `side` pixels; its values are 0 to 255 unless tuned otherwise. */
export function cutChip(pyramid: Pyramid, toSquare: Similarity, side: number, tuning = plainTuning): Chip {
  const drawing = { length: side * side * 3, layout: planar(side, side), tuning };
  return { values: warp(pyramid, toSquare, side, drawing), side };
}

const squareCanvas = (side: number): Canvas => ({ width: side, height: side, left: 0, top: 0 });

/** A coloured input as the kernel draws it, the picture's first pixel at the canvas's left and top. */
function drawingOf({ channelOrder, layout, mean, std }: Input, canvas: Canvas): Drawing {
  const { width, height, left, top } = canvas;
  const isPlanar = layout === 'NCHW';
  const pixel = isPlanar ? 1 : 3;
  const start = (top * width + left) * pixel;
  const order = channelsOf[channelOrder as 'RGB' | 'BGR'];
  const place = (channel: number) => start + channel * (isPlanar ? width * height : 1);
  const scale = (channel: number) => 1 / std[channel]!;
  return {
    length: width * height * 3,
    layout: { pixel, row: width * pixel, channels: forEach(order, place) },
    tuning: {
      scale: forEach(order, scale),
      shift: forEach(order, (channel) => -mean[channel]! * scale(channel)),
    },
  };
}

const forEach = ([red, green, blue]: RedGreenBlue, value: (channel: number) => number): RedGreenBlue => [
  value(red),
  value(green),
  value(blue),
];

/** Brightness of each pixel. */
export function luma({ values, side }: Chip): Float32Array {
  const [red, green, blue] = lumaWeights;
  const plane = side * side;
  const grey = new Float32Array(plane);
  for (let i = 0; i < plane; i++)
    grey[i] = red * values[i]! + green * values[i + plane]! + blue * values[i + 2 * plane]!;
  return grey;
}

function blacken(values: Float32Array, { mean, std, layout }: Input): void {
  const depth = mean.length;
  const plane = values.length / depth;
  const black = mean.map((value, channel) => -value / std[channel]!);
  if (layout === 'NHWC') for (let i = 0; i < values.length; i++) values[i] = black[i % depth]!;
  else for (const [i, value] of black.entries()) values.fill(value, i * plane, (i + 1) * plane);
}

function greyTuning({ mean, std }: Input): Tuning {
  const scale = 1 / std[0]!;
  const shift = -mean[0]! * scale;
  return { scale: [scale, scale, scale], shift: [shift, shift, shift] };
}
