// From planes of brightness and colour differences to rows of RGB: libjpeg's smooth upsampling (jdsample.c) and its
// conversion (jdcolor.c), to the last bit.

import { pairs, pairsAbove } from './transform';

/** Bytes before a row of sums, for the neighbour beyond the edge. */
const margin: usize = 16;

/**
 * Writes a row of RGB out of planes of the same size. Up to 49 bytes beyond it are written.
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
  const lefts = i8x16.narrow_i16x8_u(left, left);
  const rights = i8x16.narrow_i16x8_u(right, right);
  return i8x16.shuffle(lefts, rights, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
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
  const mixed = i16x8.narrow_i32x4_s(i32x4.shr_s(low, 16), i32x4.shr_s(high, 16));
  return i16x8.add(i16x8.sub(y, r), mixed);
}

/** Sixteen pixels of three bytes: pixels of four, four at a time, whose last byte the next ones are written over. */
@inline
function interleave(to: usize, red: v128, green: v128, blue: v128): void {
  const zero = i8x16.splat(0);
  const low = i8x16.shuffle(red, green, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  const high = i8x16.shuffle(red, green, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  const lowBlue = i8x16.shuffle(blue, zero, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  const highBlue = i8x16.shuffle(blue, zero, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  v128.store(to, closed(pairs(low, lowBlue)));
  v128.store(to, closed(pairsAbove(low, lowBlue)), 12);
  v128.store(to, closed(pairs(high, highBlue)), 24);
  v128.store(to, closed(pairsAbove(high, highBlue)), 36);
}

/** Four pixels without every fourth byte. */
@inline
function closed(pixels: v128): v128 {
  return i8x16.shuffle(pixels, pixels, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 3, 3, 3, 3);
}
