// From planes of brightness and colour differences to rows of RGB: libjpeg's smooth upsampling (jdsample.c) and its
// conversion (jdcolor.c), to the last bit.

import { pairs, pairsAbove } from './transform';

/** Bytes before a row of sums, for the neighbour beyond the edge. */
const margin: usize = 16;

/**
 * Writes a row of RGB out of planes of the same size. Up to 45 bytes beyond it are written.
 * @param brightness and the others: at least `width` bytes, rounded up to 16
 */
export function drawRow(to: usize, width: u32, brightness: usize, blueness: usize, redness: usize): void {
  for (let x: usize = 0; x < width; x += 16) {
    writeSixteen(to, v128.load(brightness + x), v128.load(blueness + x), v128.load(redness + x));
    to += 48;
  }
}

/**
 * Writes a row of RGB out of colour differences that are half as wide, given as sums of 1 << (`shift` - 2) each.
 */
export function drawWideRow(to: usize, width: u32, brightness: usize, blueness: usize, redness: usize, shift: i32): void {
  for (let x: usize = 0; x < width; x += 16) {
    const b = widen(blueness + margin + x, shift);
    const r = widen(redness + margin + x, shift);
    writeSixteen(to, v128.load(brightness + x), b, r);
    to += 48;
  }
}

/**
 * Writes what a row of colour differences adds up to, and its ends once more beyond them.
 * @param near the row; where it is half as high as the picture three quarters of each sum, and a quarter is the one at `far`
 */
export function writeSums(to: usize, near: usize, far: usize, count: u32, isHalfHeight: bool): void {
  const start = to + margin;
  for (let x: usize = 0; x < count; x += 8) {
    let sum = v128.load8x8_u(near + x);
    if (isHalfHeight) sum = i16x8.add(i16x8.mul(sum, i16x8.splat(3)), v128.load8x8_u(far + x));
    v128.store(start + 2 * x, sum);
  }
  store<u16>(start - 2, load<u16>(start));
  store<u16>(start + 2 * count, load<u16>(start + 2 * count - 2));
}

/** Sixteen values between eight sums: three quarters of the nearest, one of the next; libjpeg rounds up and down in turn. */
@inline
function widen(sums: usize, shift: i32): v128 {
  const three = i16x8.mul(v128.load(sums), i16x8.splat(3));
  // 8 and 7 of 16, but 1 and 2 of 4: so libjpeg has it.
  const ofLeft = i16x8.splat(shift == 4 ? 8 : 1);
  const ofRight = i16x8.splat(shift == 4 ? 7 : 2);
  const left = i16x8.shr_u(i16x8.add(three, i16x8.add(v128.load(sums - 2), ofLeft)), shift);
  const right = i16x8.shr_u(i16x8.add(three, i16x8.add(v128.load(sums, 2), ofRight)), shift);
  const both = i8x16.narrow_i16x8_u(left, right);
  return i8x16.shuffle(both, both, 0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15);
}

/** Writes sixteen pixels. */
@inline
function writeSixteen(to: usize, brightness: v128, blueness: v128, redness: v128): void {
  const b = v128.xor(blueness, i8x16.splat(-128));
  const r = v128.xor(redness, i8x16.splat(-128));
  const y0 = i16x8.extend_low_i8x16_u(brightness);
  const y1 = i16x8.extend_high_i8x16_u(brightness);
  const b0 = i16x8.extend_low_i8x16_s(b);
  const b1 = i16x8.extend_high_i8x16_s(b);
  const r0 = i16x8.extend_low_i8x16_s(r);
  const r1 = i16x8.extend_high_i8x16_s(r);
  const red = i8x16.narrow_i16x8_u(redOf(y0, r0), redOf(y1, r1));
  const green = i8x16.narrow_i16x8_u(greenOf(y0, b0, r0), greenOf(y1, b1, r1));
  const blue = i8x16.narrow_i16x8_u(blueOf(y0, b0), blueOf(y1, b1));
  interleave(to, red, green, blue);
}

// Of colour differences, -128 to 127, these come to the same as libjpeg's factors of 2^16.
const redFactor: i16 = 13173;
const blueFactor: i16 = -7471;
// Of 2^16; red's is one too much.
const greenOfRed: i32 = -46802 + (1 << 16);
const greenOfBlue: i32 = -22554;

/** y + 1.402 r */
@inline
function redOf(y: v128, r: v128): v128 {
  return i16x8.add(i16x8.add(y, r), i16x8.q15mulr_sat_s(r, i16x8.splat(redFactor)));
}

/** y + 1.772 b */
@inline
function blueOf(y: v128, b: v128): v128 {
  return i16x8.add(i16x8.add(y, i16x8.shl(b, 1)), i16x8.q15mulr_sat_s(b, i16x8.splat(blueFactor)));
}

/** y - 0.34414 b - 0.71414 r */
@inline
function greenOf(y: v128, b: v128, r: v128): v128 {
  const half = i32x4.splat(1 << 15);
  const factors = i32x4.splat((greenOfRed << 16) | (greenOfBlue & 0xffff));
  const low = i32x4.add(i32x4.dot_i16x8_s(pairs(b, r), factors), half);
  const high = i32x4.add(i32x4.dot_i16x8_s(pairsAbove(b, r), factors), half);
  const mixed = i8x16.shuffle(low, high, 2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23, 26, 27, 30, 31);
  return i16x8.add(i16x8.sub(y, r), mixed);
}

/** Sixteen pixels of three bytes. */
@inline
function interleave(to: usize, red: v128, green: v128, blue: v128): void {
  const a = i8x16.shuffle(red, green, 0, 16, 0, 1, 17, 0, 2, 18, 0, 3, 19, 0, 4, 20, 0, 5);
  const b = i8x16.shuffle(red, green, 21, 0, 6, 22, 0, 7, 23, 0, 8, 24, 0, 9, 25, 0, 10, 26);
  const c = i8x16.shuffle(red, green, 0, 11, 27, 0, 12, 28, 0, 13, 29, 0, 14, 30, 0, 15, 31, 0);
  v128.store(to, i8x16.shuffle(a, blue, 0, 1, 16, 3, 4, 17, 6, 7, 18, 9, 10, 19, 12, 13, 20, 15));
  v128.store(to, i8x16.shuffle(b, blue, 0, 21, 2, 3, 22, 5, 6, 23, 8, 9, 24, 11, 12, 25, 14, 15), 16);
  v128.store(to, i8x16.shuffle(c, blue, 26, 1, 2, 27, 4, 5, 28, 7, 8, 29, 10, 11, 30, 13, 14, 31), 32);
}
