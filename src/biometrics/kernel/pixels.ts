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

/** Bytes, of nearly all processors. */
const cacheLine: usize = 64;

/** Of places in fixed point, 16 bits behind it. */
const one: f64 = 65536;

/**
 * Stretches a picture to `toWidth` x `toHeight`, bilinear; pixels beyond the edge are those of the edge.
 * @param scratch memory for 4 bytes a column and a row of the result, and 32 more
 */
export function resize(
  from: usize,
  width: u32,
  height: u32,
  toWidth: u32,
  toHeight: u32,
  scratch: usize,
): void {
  const columns = scratch;
  const rows = writeMiddles(columns, width, toWidth);
  writeMiddles(rows, height, toHeight);
  for (let y: u32 = 0; y < toHeight; y++) {
    const row = load<u32>(rows + <usize>y * 4);
    const top = row >> 16;
    const stride = top + 1 < height ? <usize>width * 3 : 0;
    const line = i32x4.splat(<u32>from + top * width * 3);
    const down = partsOf(i32x4.splat(row));
    let to = target + <usize>y * rowBytes;
    for (let x: u32 = 0; x < toWidth; x += 4) {
      const column = v128.load(columns + <usize>x * 4);
      drawFour(to, i32x4.add(line, bytesOf(column)), stride, partsOf(column), down, toWidth - x);
      to += 4 * pixelBytes;
    }
  }
}

/** Where each of `to` pixels has its middle in a row of `from`. */
function writeMiddles(table: usize, from: u32, to: u32): usize {
  const step = <f64>from / <f64>to;
  return writePlaces(table, step / 2 - 0.5, step, to, 0, <f64>(from - 1));
}

/**
 * The square of `side` pixels whose pixel (x, y) lies at (a x - b y + dx, b x + a y + dy), bilinear, black outside.
 * @param scratch memory for 16 bytes a row of the square, and 64 more
 */
export function warp(
  from: usize,
  width: u32,
  height: u32,
  a: f64,
  b: f64,
  dx: f64,
  dy: f64,
  side: u32,
  scratch: usize,
): void {
  const acrossSteps = scratch;
  const downSteps = writePlaces(acrossSteps, 0, a, side, -mostPlace, mostPlace);
  const columnStarts = writePlaces(downSteps, 0, b, side, -mostPlace, mostPlace);
  const rowStarts = writePlaces(columnStarts, dx, -b, side, -mostPlace, mostPlace);
  writePlaces(rowStarts, dy, a, side, -mostPlace, mostPlace);
  const stride = <usize>width * 3;
  const strides = i32x4.splat(<u32>stride);
  const origin = i32x4.splat(<u32>from);
  const columnsEnd = i32x4.splat((width - 1) << 16);
  const rowsEnd = i32x4.splat((height - 1) << 16);
  fetchRows(from, width, height, a, b, dx, dy, side);
  for (let y: u32 = 0; y < side; y++) {
    const columnStart = v128.load_splat<u32>(columnStarts + <usize>y * 4);
    const rowStart = v128.load_splat<u32>(rowStarts + <usize>y * 4);
    let to = target + <usize>y * rowBytes;
    for (let x: u32 = 0; x < side; x += 4) {
      const column = i32x4.add(columnStart, v128.load(acrossSteps + <usize>x * 4));
      const row = i32x4.add(rowStart, v128.load(downSteps + <usize>x * 4));
      // Of places inside, the neighbours are too. Those before the edge are beyond the end when unsigned.
      if (i32x4.all_true(v128.and(i32x4.lt_u(column, columnsEnd), i32x4.lt_u(row, rowsEnd)))) {
        const lines = i32x4.add(origin, i32x4.mul(i32x4.shr_u(row, 16), strides));
        drawFour(to, i32x4.add(lines, bytesOf(column)), stride, partsOf(column), partsOf(row), side - x);
      } else {
        const placeX = a * <f64>x - b * <f64>y + dx;
        const placeY = b * <f64>x + a * <f64>y + dy;
        drawEdge(to, from, width, height, placeX, placeY, a, b, min(4, side - x));
      }
      to += 4 * pixelBytes;
    }
  }
}

/** Keeps compilers from leaving out reads whose values nobody needs. */
let fetched: u32 = 0;

/**
 * Reads once, row by row, the part of the picture that a square covers. Processors foresee that, but not a turned
 * square: out of a cold cache it takes twice the time to draw.
 */
function fetchRows(from: usize, width: u32, height: u32, a: f64, b: f64, dx: f64, dy: f64, side: u32): void {
  const along = a * <f64>side;
  const across = b * <f64>side;
  const left = max(0, dx + min(along, 0) - max(across, 0));
  const right = min(<f64>width, dx + max(along, 0) - min(across, 0));
  const top = max(0, dy + min(along, 0) + min(across, 0));
  const bottom = min(<f64>height, dy + max(along, 0) + max(across, 0));
  for (let y = <u32>top; y < <u32>bottom; y++) {
    const row = from + <usize>y * width * 3;
    const end = row + <usize>right * 3;
    for (let at = row + <usize>left * 3; at < end; at += cacheLine) fetched += load<u8>(at);
  }
}

/** Of the summands of a place: two make one that 32 bits hold. Pictures are smaller by far. */
const mostPlace: f64 = 16383;

/**
 * The table of `count` places, a step apart, between the given ends; filled up to a multiple of four, for who reads four
 * at a time. In memory, since compilers would compute them again and again in the innermost loop.
 * @returns its end
 */
function writePlaces(table: usize, start: f64, step: f64, count: u32, least: f64, most: f64): usize {
  const end = table + <usize>((count + 3) & ~3) * 4;
  let i = 0.0;
  for (let entry = table; entry < end; entry += 4, i++) {
    const place = min(max(start + step * i, least), most);
    store<i32>(entry, <i32>Math.floor(place * one + 0.5));
  }
  return end;
}

/** From the beginning of a row to the pixels at these places. */
function bytesOf(columns: v128): v128 {
  const whole = i32x4.shr_u(columns, 16);
  return i32x4.add(whole, i32x4.shl(whole, 1));
}

/** What is behind the point, of 2^14. */
function partsOf(places: v128): v128 {
  return i32x4.shr_u(v128.and(places, i32x4.splat(0xffff)), 2);
}

/**
 * Draws up to four pixels side by side, each out of a pixel of the picture, the one beside it and the two below.
 * @param across how much of the right ones is in each, of 2^14
 * @param down how much of the lower ones
 */
@inline
function drawFour(to: usize, places: v128, below: usize, across: v128, down: v128, most: u32): void {
  // The product of each two: their upper halves are zero.
  const product = i32x4.dot_i16x8_s(across, down);
  const lowerRight = i32x4.shr_u(i32x4.add(product, i32x4.splat(1 << 13)), 14);
  const lowerLeft = i32x4.sub(down, lowerRight);
  const upperRight = i32x4.sub(across, lowerRight);
  const upperLeft = i32x4.sub(i32x4.sub(i32x4.splat(1 << 14), across), lowerLeft);
  const upper = v128.or(upperLeft, i32x4.shl(upperRight, 16));
  const lower = v128.or(lowerLeft, i32x4.shl(lowerRight, 16));
  const a = mixAt(i32x4.extract_lane(places, 0), below, v128.shuffle<i32>(upper, upper, 0, 0, 0, 0), v128.shuffle<i32>(lower, lower, 0, 0, 0, 0));
  const b = mixAt(i32x4.extract_lane(places, 1), below, v128.shuffle<i32>(upper, upper, 1, 1, 1, 1), v128.shuffle<i32>(lower, lower, 1, 1, 1, 1));
  const c = mixAt(i32x4.extract_lane(places, 2), below, v128.shuffle<i32>(upper, upper, 2, 2, 2, 2), v128.shuffle<i32>(lower, lower, 2, 2, 2, 2));
  const d = mixAt(i32x4.extract_lane(places, 3), below, v128.shuffle<i32>(upper, upper, 3, 3, 3, 3), v128.shuffle<i32>(lower, lower, 3, 3, 3, 3));
  if (pixelBytes == 4 && most >= 4) return writeFour(to, a, b, c, d);
  write(to, a);
  if (most > 1) write(to + pixelBytes, b);
  if (most > 2) write(to + 2 * pixelBytes, c);
  if (most > 3) write(to + 3 * pixelBytes, d);
}

/** Red, green and blue of two pixels and the two below, mixed by the shares of left and right in each row; of 2^14. */
function mixAt(place: u32, below: usize, upper: v128, lower: v128): v128 {
  const above = i32x4.dot_i16x8_s(pairsAt(<usize>place), upper);
  const sum = i32x4.add(above, i32x4.dot_i16x8_s(pairsAt(<usize>place + below), lower));
  return f32x4.convert_i32x4_s(sum);
}

/** Red of a pixel and of the next, green of both, blue of both. */
function pairsAt(at: usize): v128 {
  const left = v128.load_zero<u32>(at);
  const right = v128.load_zero<u32>(at + 3);
  const pairs = i8x16.shuffle(left, right, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  return i16x8.extend_low_i8x16_u(pairs);
}

/** Draws `count` pixels side by side at places a step apart, on whichever side of the edges. */
function drawEdge(
  to: usize,
  from: usize,
  width: u32,
  height: u32,
  x: f64,
  y: f64,
  stepX: f64,
  stepY: f64,
  count: u32,
): void {
  for (let i: u32 = 0; i < count; i++) {
    write(to, readEdge(from, width, height, x + stepX * <f64>i, y + stepY * <f64>i));
    to += pixelBytes;
  }
}

/** A pixel on or beyond the edge, of 2^14: the neighbours that lie outside count as black. */
function readEdge(from: usize, width: u32, height: u32, sourceX: f64, sourceY: f64): v128 {
  const left = Math.floor(sourceX);
  const top = Math.floor(sourceY);
  let sum = f32x4.splat(0);
  for (let y = top; y <= top + 1; y++) {
    if (!(y >= 0 && y < <f64>height)) continue;
    for (let x = left; x <= left + 1; x++) {
      if (!(x >= 0 && x < <f64>width)) continue;
      const weight = <f32>(16384 * (1 - Math.abs(sourceX - x)) * (1 - Math.abs(sourceY - y)));
      const at = from + (<usize>y * width + <usize>x) * 3;
      sum = f32x4.add(sum, f32x4.mul(floatsAt(at), f32x4.splat(weight)));
    }
  }
  return sum;
}

function shortsAt(at: usize): v128 {
  return i16x8.extend_low_i8x16_u(v128.load_zero<u32>(at));
}

function floatsAt(at: usize): v128 {
  return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(shortsAt(at)));
}
