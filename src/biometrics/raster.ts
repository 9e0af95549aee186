// Pictures in memory as the models' preparation needs them: halved, padded, turned.

/** Rows of RGB pixels, 8 bits a channel, no gaps. Pixel (x, y) has its centre at the coordinates (x, y). */
export interface Raster {
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Half the width and height (rounded down, at least 1 each), each pixel the mean of a block of four. */
export function halve({ pixels, width, height }: Raster): Raster {
  const halfWidth = Math.max(1, width >> 1);
  const halfHeight = Math.max(1, height >> 1);
  const right = width > 1 ? 3 : 0;
  const below = height > 1 ? width * 3 : 0;
  const halved = new Uint8Array(halfWidth * halfHeight * 3);
  let to = 0;
  for (let y = 0; y < halfHeight; y++) {
    let p = 2 * y * width * 3;
    let q = p + below;
    for (let x = 0; x < halfWidth; x++) {
      halved[to] = (pixels[p]! + pixels[p + right]! + pixels[q]! + pixels[q + right]! + 2) >> 2;
      halved[to + 1] =
        (pixels[p + 1]! + pixels[p + 1 + right]! + pixels[q + 1]! + pixels[q + 1 + right]! + 2) >> 2;
      halved[to + 2] =
        (pixels[p + 2]! + pixels[p + 2 + right]! + pixels[q + 2]! + pixels[q + 2 + right]! + 2) >> 2;
      to += 3;
      p += 6;
      q += 6;
    }
  }
  return { pixels: halved, width: halfWidth, height: halfHeight };
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

/** A picture with its halves, quarters, …, each made when first asked for: large faces are read from small copies. */
export class Pyramid {
  readonly #levels: Raster[];

  constructor(base: Raster) {
    this.#levels = [base];
  }

  get base(): Raster {
    return this.#levels[0]!;
  }

  /**
   * The copy to read from when `shrinkage` pixels of the base become one: fewer than `most` of its pixels do.
   * Pixel (x, y) of level n has its centre at ((x + 0.5) 2^n - 0.5, …) of the base.
   */
  levelFor(shrinkage: number, most: number): { level: Raster; index: number } {
    let index = 0;
    let level = this.base;
    while (shrinkage >= most * 2 ** index && Math.min(level.width, level.height) >= 2) {
      index++;
      this.#levels[index] ??= halve(level);
      level = this.#levels[index]!;
    }
    return { level, index };
  }
}
