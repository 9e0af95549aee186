// Pictures in memory as the models' preparation needs them: halved, padded, turned.
import type { KernelMemory } from '../kernels/kernel.ts';
import { halve } from './pixel-kernel.ts';

/** Rows of RGB pixels, 8 bits a channel, no gaps. Pixel (x, y) has its centre at the coordinates (x, y). */
export interface Raster {
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** The picture in the middle of a black one, `left` and `top` pixels from its edges. */
export function pad({ pixels, width, height }: Raster, left: number, top: number): Raster {
  const paddedWidth = width + 2 * left;
  const paddedHeight = height + 2 * top;
  const padded = new Uint8Array(paddedWidth * paddedHeight * 3);
  for (let y = 0; y < height; y++) {
    const row = pixels.subarray(y * width * 3, (y + 1) * width * 3);
    padded.set(row, ((y + top) * paddedWidth + left) * 3);
  }
  return { pixels: padded, width: paddedWidth, height: paddedHeight };
}

/** The picture turned clockwise by quarter turns. */
export function turn({ pixels, width, height }: Raster, quarterTurns: 1 | 2 | 3): Raster {
  const [turnedWidth, turnedHeight] = quarterTurns === 2 ? [width, height] : [height, width];
  const turned = new Uint8Array(pixels.length);
  // Where the pixel (0, 0) lands, and how far apart two neighbours of a row and of a column land.
  const [start, acrossStep, downStep] = {
    1: [turnedWidth - 1, turnedWidth, -1],
    2: [turnedWidth * turnedHeight - 1, -1, -turnedWidth],
    3: [(turnedHeight - 1) * turnedWidth, -turnedWidth, 1],
  }[quarterTurns] as [number, number, number];
  let from = 0;
  for (let y = 0; y < height; y++) {
    let to = (start + y * downStep) * 3;
    for (let x = 0; x < width; x++, from += 3, to += acrossStep * 3) {
      turned[to] = pixels[from]!;
      turned[to + 1] = pixels[from + 1]!;
      turned[to + 2] = pixels[from + 2]!;
    }
  }
  return { pixels: turned, width: turnedWidth, height: turnedHeight };
}

/** A copy of a picture in the kernel's memory. */
interface Level {
  readonly at: number;
  readonly width: number;
  readonly height: number;
}

/**
 * A picture with its halves, quarters, …, each made when first asked for: large faces are read from small copies. Lasts
 * as long as its memory is lent.
 */
export class Pyramid {
  readonly memory: KernelMemory;
  readonly #levels: Level[];

  /** Pixels that are in the memory already are read where they are. */
  constructor(memory: KernelMemory, { pixels, width, height }: Raster) {
    this.memory = memory;
    const at = pixels.buffer === memory.buffer ? pixels.byteOffset : memory.put(pixels);
    this.#levels = [{ at, width, height }];
  }

  get base(): { readonly width: number; readonly height: number } {
    return this.#levels[0]!;
  }

  /**
   * The copy to read from when `shrinkage` pixels of the base become one: fewer than `most` of its pixels do.
   * Pixel (x, y) of level n has its centre at ((x + 0.5) 2^n - 0.5, …) of the base.
   */
  levelFor(shrinkage: number, most: number): { level: Level; index: number } {
    let index = 0;
    let level = this.#levels[0]!;
    while (shrinkage >= most * 2 ** index && Math.min(level.width, level.height) >= 2) {
      index++;
      this.#levels[index] ??= halfOf(this.memory, level);
      level = this.#levels[index]!;
    }
    return { level, index };
  }
}

/** Half the width and height, rounded down, each pixel the mean of a block of four. */
const halfOf = (memory: KernelMemory, { at, width, height }: Level): Level => ({
  at: halve(memory, at, width, height),
  width: width >> 1,
  height: height >> 1,
});
