// Pixels reach the networks where and as bright as they are in the picture.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { plainTuning, planar } from '../../src/biometrics/pixel-kernel.ts';
import { Pyramid, pad, type Raster, turn } from '../../src/biometrics/raster.ts';
import { type Drawing, resize } from '../../src/biometrics/resize.ts';
import { invert, type Similarity } from '../../src/biometrics/similarity.ts';
import { warp } from '../../src/biometrics/warp.ts';
import { type KernelMemory, lendMemory } from '../../src/kernels/kernel.ts';

/** Lent for as long as the tests run. */
const memory = await new Promise<KernelMemory>((resolve) => {
  void lendMemory((lent) => {
    resolve(lent);
    return new Promise(() => undefined);
  });
});

/** A picture whose pixels the function says, the same in red, green and blue. */
function greyPicture(width: number, height: number, valueAt: (x: number, y: number) => number): Raster {
  const pixels = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++)
    pixels.fill(valueAt(i % width, Math.floor(i / width)), 3 * i, 3 * i + 3);
  return { pixels, width, height };
}

const plain = (width: number, height: number) => ({
  length: width * height * 3,
  layout: planar(width, height),
  tuning: plainTuning,
});

const redRows = (values: Float32Array, width: number): number[][] =>
  Array.from({ length: values.length / width / 3 }, (_, y) => [
    ...values.subarray(y * width, (y + 1) * width),
  ]);

/** Red of each pixel, a row each. */
function resized(picture: Raster, width: number, height: number): number[][] {
  const values = resize(new Pyramid(memory, picture), { width, height }, plain(width, height));
  return redRows(values, width);
}

function warped(picture: Raster, toSquare: Similarity, side: number): number[][] {
  return redRows(warp(new Pyramid(memory, picture), toSquare, side, plain(side, side)), side);
}

const reds = ({ pixels }: Raster): number[] => [...pixels].filter((_value, i) => i % 3 === 0);
const side = fc.integer({ min: 1, max: 40 });

test('a picture of one colour keeps it at any size', () => {
  fc.assert(
    fc.property(side, side, side, side, fc.integer({ min: 0, max: 255 }), (width, height, w, h, value) => {
      const rows = resized(
        greyPicture(width, height, () => value),
        w,
        h,
      );
      assert.equal(rows.length, h);
      for (const row of rows) for (const pixel of row) assert.ok(Math.abs(pixel - value) < 0.01);
    }),
  );
});

test('a picture of its own size is itself', () => {
  const picture = greyPicture(7, 5, (x, y) => 20 * x + y);
  assert.deepEqual(resized(picture, 7, 5).flat(), reds(picture));
});

test('a slope stays the slope it was, larger or smaller', () => {
  const slope = greyPicture(120, 8, (x) => x);
  for (const width of [300, 90, 60, 40, 25]) {
    const [row = []] = resized(slope, width, 8);
    for (let x = 10; x < width - 10; x++) {
      const expected = ((x + 0.5) * 120) / width - 0.5;
      assert.ok(Math.abs(row[x]! - expected) <= 0.76, `at ${x} of ${width}: ${row[x]}, not ${expected}`);
    }
  }
});

test('a fine pattern shrinks to its mean, not to whichever pixels are hit', () => {
  const checks = greyPicture(64, 64, (x, y) => ((x + y) % 2) * 255);
  for (const row of resized(checks, 16, 16)) for (const pixel of row) assert.ok(Math.abs(pixel - 128) <= 1);
  const quarter = { a: 0.25, b: 0, dx: 0, dy: 0 };
  for (const row of warped(checks, quarter, 12).slice(1, -1))
    for (const pixel of row.slice(1, -1)) assert.ok(Math.abs(pixel - 128) <= 1);
});

test('a warp reads between pixels, and black outside', () => {
  const picture = greyPicture(4, 4, (x) => 40 * (x + 1));
  const half = { a: 1, b: 0, dx: 0.5, dy: 0 };
  assert.deepEqual(warped(picture, half, 4)[1], [20, 60, 100, 140]);
  const far = { a: 1, b: 0, dx: 100, dy: 100 };
  assert.deepEqual(warped(picture, far, 2).flat(), [0, 0, 0, 0]);
});

test('a warp is bilinear wherever its places lie', () => {
  const part = fc.double({ min: -1.2, max: 1.2, noNaN: true });
  const shift = fc.double({ min: -30, max: 30, noNaN: true });
  const picture = greyPicture(23, 17, (x, y) => (x * 71 + y * 37) % 256);
  const at = (x: number, y: number) =>
    x >= 0 && y >= 0 && x < 23 && y < 17 ? picture.pixels[(y * 23 + x) * 3]! : 0;
  const between = (x: number, y: number) => {
    const [left, top] = [Math.floor(x), Math.floor(y)];
    const mix = (one: number, other: number, share: number) => one + (other - one) * share;
    const row = (y: number) => mix(at(left, y), at(left + 1, y), x - left);
    return mix(row(top), row(top + 1), y - top);
  };
  fc.assert(
    fc.property(part, part, shift, shift, fc.integer({ min: 1, max: 30 }), (a, b, dx, dy, side) => {
      fc.pre(Math.hypot(a, b) > 0.6);
      const from = invert({ a, b, dx, dy });
      for (const [y, row] of warped(picture, { a, b, dx, dy }, side).entries())
        for (const [x, value] of row.entries()) {
          const expected = between(from.a * x - from.b * y + from.dx, from.b * x + from.a * y + from.dy);
          assert.ok(Math.abs(value - expected) < 0.05, `${value}, not ${expected}`);
        }
    }),
  );
});

test('colours side by side are those of the planes', () => {
  const [width, height] = [30, 21];
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 97) % 256);
  const drawings: [side: number, draw: (drawing: Drawing) => Float32Array][] = [
    [
      25,
      (drawing) => resize(new Pyramid(memory, { pixels, width, height }), { width: 25, height: 25 }, drawing),
    ],
    [
      22,
      (drawing) =>
        warp(new Pyramid(memory, { pixels, width, height }), { a: 1, b: 0.3, dx: 2, dy: -6 }, 22, drawing),
    ],
  ];
  for (const [side, draw] of drawings) {
    const planes = draw(plain(side, side)).slice();
    const plane = side * side;
    const layout = { pixel: 3, row: 3 * side, channels: [0, 1, 2] } as const;
    const mixed = draw({ ...plain(side, side), layout });
    for (let i = 0; i < plane; i++)
      for (let channel = 0; channel < 3; channel++)
        assert.equal(mixed[3 * i + channel], planes[i + channel * plane]);
  }
});

test('a warp by a quarter turn is the picture turned', () => {
  const picture = greyPicture(9, 9, (x, y) => 9 * y + x);
  const quarterTurn = { a: 0, b: 1, dx: 8, dy: 0 };
  const rows = warped(picture, quarterTurn, 9);
  assert.deepEqual(
    rows.flat().map((value) => Math.round(value)),
    reds(turn(picture, 1)),
  );
});

test('a large face is read at the place where it is, from whichever copy', () => {
  const slope = greyPicture(256, 256, (x) => x);
  for (const scale of [1, 0.5, 0.25, 0.125]) {
    const rows = warped(slope, { a: scale, b: 0, dx: 0, dy: 0 }, 256 * scale);
    const middle = rows[rows.length >> 1]!;
    for (let x = 2; x < middle.length - 2; x++)
      assert.ok(Math.abs(middle[x]! - x / scale) <= 0.76, `at ${x} of scale ${scale}: ${middle[x]}`);
  }
});

test('four pixels become their mean, and an odd last row is left out', () => {
  const picture = greyPicture(3, 3, (x, y) => 10 * (3 * y + x));
  const { level, index } = new Pyramid(memory, picture).levelFor(2, 2);
  assert.deepEqual([index, level.width, level.height], [1, 1, 1]);
  assert.deepEqual(resized(picture, 1, 1), [[20]]);
});

test('four quarter turns are none, and two are a half', () => {
  fc.assert(
    fc.property(side, side, (width, height) => {
      const picture = greyPicture(width, height, (x, y) => (7 * x + 13 * y) % 256);
      const half = turn(turn(picture, 1), 1);
      assert.deepEqual(half, turn(picture, 2));
      assert.deepEqual(turn(half, 2), picture);
      assert.deepEqual(turn(turn(picture, 3), 1), picture);
    }),
  );
});

test('the first row of a picture turned by a quarter is its last column', () => {
  const turned = turn(
    greyPicture(2, 3, (x, y) => 10 * y + x),
    1,
  );
  assert.deepEqual([turned.width, turned.height, reds(turned)], [3, 2, [20, 10, 0, 21, 11, 1]]);
});

test('a padded picture stands in the middle of black', () => {
  const padded = pad(
    greyPicture(1, 1, () => 7),
    1,
    2,
  );
  assert.deepEqual([padded.width, padded.height], [3, 5]);
  assert.deepEqual(reds(padded), [0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0]);
});
