// Halves, resizes and warps pictures. AssemblyScript: `npm run build:kernel` compiles it to build/pixels.wasm.
// All places are byte addresses in the imported memory, whose layout is the caller's. A picture is RGB, 8 bits a
// channel, without gaps; up to 16 bytes beyond it are read, and one beyond a halved picture is written.

import { pixelBytes, rowBytes, target, write, writeFour } from './values';

export { aim, tune } from './values';

/** Halves both sides, rounded down, at least 1 each: a pixel is the mean of a block of four. */
export function halve(from: usize, width: u32, height: u32, to: usize): void {
  const halfWidth: u32 = width > 1 ? width >> 1 : 1;
  const halfHeight: u32 = height > 1 ? height >> 1 : 1;
  const right: usize = width > 1 ? 3 : 0;
  const below: usize = height > 1 ? <usize>width * 3 : 0;
  for (let y: u32 = 0; y < halfHeight; y++) {
    let p = from + <usize>(2 * y) * width * 3;
    let x: u32 = 0;
    for (; x + 4 < halfWidth; x += 4) {
      // What this writes beyond the four pixels is written again: another pixel follows.
      v128.store(to, halveEight(p, p + below));
      to += 12;
      p += 24;
    }
    for (; x < halfWidth; x++) {
      const q = p + below;
      const upper = i16x8.add(shortsAt(p), shortsAt(p + right));
      const lower = i16x8.add(shortsAt(q), shortsAt(q + right));
      const mean = quarter(i16x8.add(upper, lower));
      // The fourth byte is the next pixel's, which is written after it.
      store<u32>(to, i32x4.extract_lane(i8x16.narrow_i16x8_u(mean, mean), 0));
      to += 3;
      p += 6;
    }
  }
}

/** Twelve bytes: the four pixels that eight of a row and the eight below them become. */
function halveEight(p: usize, q: usize): v128 {
  const a = evens(v128.load(p), v128.load(p, 8));
  const b = odds(v128.load(p), v128.load(p, 8));
  const c = evens(v128.load(q), v128.load(q, 8));
  const d = odds(v128.load(q), v128.load(q, 8));
  const first = i16x8.add(
    i16x8.add(i16x8.extend_low_i8x16_u(a), i16x8.extend_low_i8x16_u(b)),
    i16x8.add(i16x8.extend_low_i8x16_u(c), i16x8.extend_low_i8x16_u(d)),
  );
  const last = i16x8.add(
    i16x8.add(i16x8.extend_high_i8x16_u(a), i16x8.extend_high_i8x16_u(b)),
    i16x8.add(i16x8.extend_high_i8x16_u(c), i16x8.extend_high_i8x16_u(d)),
  );
  return i8x16.narrow_i16x8_u(quarter(first), quarter(last));
}

/** Pixels 0, 2, 4 and 6 of the eight whose bytes 0 to 15 and 8 to 23 are given. */
function evens(front: v128, rear: v128): v128 {
  return i8x16.shuffle(front, rear, 0, 1, 2, 6, 7, 8, 12, 13, 14, 26, 27, 28, 0, 0, 0, 0);
}

/** Pixels 1, 3, 5 and 7 of them. */
function odds(front: v128, rear: v128): v128 {
  return i8x16.shuffle(front, rear, 3, 4, 5, 9, 10, 11, 15, 24, 25, 29, 30, 31, 0, 0, 0, 0);
}

function quarter(sums: v128): v128 {
  return i16x8.shr_u(i16x8.add(sums, i16x8.splat(2)), 2);
}

/**
 * Stretches a picture to `toWidth` x `toHeight`, bilinear; pixels beyond the edge are those of the edge. Each row is
 * mixed out of two of the picture's first, whole, and then stretched.
 * @param scratch memory for 12 bytes a column of the result and 12 a column of the picture, and 80 more
 */
export function resize(
  from: usize,
  width: u32,
  height: u32,
  toWidth: u32,
  toHeight: u32,
  scratch: usize,
): void {
  const end = scratch + <usize>toWidth * 12;
  const row = (end + 15) & ~15;
  for (let x: u32 = 0; x < toWidth; x++) {
    const place = placeOf(x, width, toWidth);
    const left = <u32>place;
    const entry = scratch + <usize>x * 12;
    store<u32>(entry, row + left * 12);
    store<u32>(entry, row + min(left + 1, width - 1) * 12, 4);
    store<f32>(entry, <f32>(place - <f64>left), 8);
  }
  for (let y: u32 = 0; y < toHeight; y++) {
    const place = placeOf(y, height, toHeight);
    const top = <u32>place;
    const upper = from + <usize>top * width * 3;
    const lower = from + <usize>min(top + 1, height - 1) * width * 3;
    mixRows(upper, lower, f32x4.splat(<f32>(place - <f64>top)), <usize>width * 3, row);
    let to = target + <usize>y * rowBytes;
    let entry = scratch;
    if (pixelBytes == 4) {
      for (; entry + 48 <= end; entry += 48) {
        writeFour(to, mixAt(entry), mixAt(entry + 12), mixAt(entry + 24), mixAt(entry + 36));
        to += 16;
      }
    }
    for (; entry < end; entry += 12) {
      write(to, mixAt(entry));
      to += pixelBytes;
    }
  }
}

/** Writes `length` values, and up to 15 more. */
function mixRows(upper: usize, lower: usize, down: v128, length: usize, to: usize): void {
  for (let i: usize = 0; i < length; i += 16) {
    const above = v128.load(upper + i);
    const below = v128.load(lower + i);
    const aboveLow = i16x8.extend_low_i8x16_u(above);
    const belowLow = i16x8.extend_low_i8x16_u(below);
    const aboveHigh = i16x8.extend_high_i8x16_u(above);
    const belowHigh = i16x8.extend_high_i8x16_u(below);
    v128.store(to, mix(lowFloats(aboveLow), lowFloats(belowLow), down));
    v128.store(to, mix(highFloats(aboveLow), highFloats(belowLow), down), 16);
    v128.store(to, mix(lowFloats(aboveHigh), lowFloats(belowHigh), down), 32);
    v128.store(to, mix(highFloats(aboveHigh), highFloats(belowHigh), down), 48);
    to += 64;
  }
}

/** The pixel of a row of floats that an entry of the table of columns tells. */
function mixAt(entry: usize): v128 {
  const left = v128.load(<usize>load<u32>(entry));
  const right = v128.load(<usize>load<u32>(entry, 4));
  return mix(left, right, v128.load_splat<f32>(entry, 8));
}

/** The square of `side` pixels whose pixel (x, y) lies at (a x - b y + dx, b x + a y + dy), bilinear, black outside. */
export function warp(
  from: usize,
  width: u32,
  height: u32,
  a: f64,
  b: f64,
  dx: f64,
  dy: f64,
  side: u32,
): void {
  const step = pairOf(a, b);
  const most = pairOf(<f64>(width - 1), <f64>(height - 1));
  const stride = <usize>width * 3;
  for (let y: u32 = 0; y < side; y++) {
    const start = pairOf(dx - b * <f64>y, dy + a * <f64>y);
    let to = target + <usize>y * rowBytes;
    let x: u32 = 0;
    while (x < side) {
      const first = along(start, step, x);
      const isFour = pixelBytes == 4 && x + 4 <= side && isInside(along(start, step, x + 3), most);
      // The places of a row lie on a line: where the ends are inside, so is what is between.
      if (isFour && isInside(first, most)) {
        const second = along(start, step, x + 1);
        const third = along(start, step, x + 2);
        writeFour(
          to,
          readInside(from, stride, first),
          readInside(from, stride, second),
          readInside(from, stride, third),
          readInside(from, stride, along(start, step, x + 3)),
        );
        x += 4;
        to += 16;
      } else {
        write(
          to,
          isInside(first, most)
            ? readInside(from, stride, first)
            : readEdge(from, width, height, f64x2.extract_lane(first, 0), f64x2.extract_lane(first, 1)),
        );
        x++;
        to += pixelBytes;
      }
    }
  }
}

function pairOf(x: f64, y: f64): v128 {
  return f64x2.replace_lane(f64x2.splat(x), 1, y);
}

function along(start: v128, step: v128, x: u32): v128 {
  return f64x2.add(start, f64x2.mul(step, f64x2.splat(<f64>x)));
}

/** Whether the neighbours of a place lie in the picture too. */
function isInside(place: v128, most: v128): bool {
  return i64x2.all_true(v128.and(f64x2.ge(place, f64x2.splat(0)), f64x2.lt(place, most)));
}

/** The pixel at a place between four, the rows mixed first. */
function readInside(from: usize, stride: usize, place: v128): v128 {
  const whole = i32x4.trunc_sat_f64x2_u_zero(place);
  const part = f32x4.demote_f64x2_zero(f64x2.sub(place, f64x2.convert_low_i32x4_u(whole)));
  const p = from + <usize>i32x4.extract_lane(whole, 1) * stride + <usize>i32x4.extract_lane(whole, 0) * 3;
  const across = v128.shuffle<f32>(part, part, 0, 0, 0, 0);
  const down = v128.shuffle<f32>(part, part, 1, 1, 1, 1);
  const upper = v128.load8x8_u(p);
  const lower = v128.load8x8_u(p + stride);
  // Two pixels: red, green and blue of one and red of the other, then its green and blue.
  const low = mix(lowFloats(upper), lowFloats(lower), down);
  const high = mix(highFloats(upper), highFloats(lower), down);
  return mix(low, v128.shuffle<f32>(low, high, 3, 4, 5, 6), across);
}

/** A pixel on or beyond the edge: the neighbours that lie outside count as black. */
function readEdge(from: usize, width: u32, height: u32, sourceX: f64, sourceY: f64): v128 {
  const left = Math.floor(sourceX);
  const top = Math.floor(sourceY);
  let sum = f32x4.splat(0);
  for (let y = top; y <= top + 1; y++) {
    if (!(y >= 0 && y < <f64>height)) continue;
    for (let x = left; x <= left + 1; x++) {
      if (!(x >= 0 && x < <f64>width)) continue;
      const weight = <f32>((1 - Math.abs(sourceX - x)) * (1 - Math.abs(sourceY - y)));
      const at = from + (<usize>y * width + <usize>x) * 3;
      sum = f32x4.add(sum, f32x4.mul(floatsAt(at), f32x4.splat(weight)));
    }
  }
  return sum;
}

function placeOf(i: u32, from: u32, to: u32): f64 {
  const place = ((<f64>i + 0.5) * <f64>from) / <f64>to - 0.5;
  return min(max(place, 0), <f64>(from - 1));
}

function shortsAt(at: usize): v128 {
  return i16x8.extend_low_i8x16_u(v128.load_zero<u32>(at));
}

function floatsAt(at: usize): v128 {
  return lowFloats(shortsAt(at));
}

function lowFloats(shorts: v128): v128 {
  return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(shorts));
}

function highFloats(shorts: v128): v128 {
  return f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(shorts));
}

function mix(one: v128, other: v128, part: v128): v128 {
  return f32x4.add(one, f32x4.mul(f32x4.sub(other, one), part));
}
