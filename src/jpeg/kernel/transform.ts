// The inverse cosine transform of a block: the integer one of libjpeg (jidctint.c), to the last bit.

/** Lanes of two i16 rows side by side, as `dot` multiplies them. */
@inline
export function pairs(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23);
}

@inline
export function pairsAbove(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31);
}

/** What each of a pair is multiplied by. */
@inline
function by(left: i32, right: i32): v128 {
  return i32x4.splat((right << 16) | (left & 0xffff));
}

// Fractions in libjpeg's 13 bits.
const f0298: i32 = 2446;
const f0390: i32 = 3196;
const f0541: i32 = 4433;
const f0765: i32 = 6270;
const f0899: i32 = 7373;
const f1175: i32 = 9633;
const f1501: i32 = 12299;
const f1847: i32 = 15137;
const f1961: i32 = 16069;
const f2053: i32 = 16819;
const f2562: i32 = 20995;
const f3072: i32 = 25172;

/** Transforms four columns of eight rows of i16, 16 bytes apart, and leaves `shift` bits out. */
@inline
function transformFour(from: usize, to: usize, shift: i32): void {
  const r0 = v128.load64_zero(from);
  const r1 = v128.load64_zero(from, 16);
  const r2 = v128.load64_zero(from, 32);
  const r3 = v128.load64_zero(from, 48);
  const r4 = v128.load64_zero(from, 64);
  const r5 = v128.load64_zero(from, 80);
  const r6 = v128.load64_zero(from, 96);
  const r7 = v128.load64_zero(from, 112);
  const half = i32x4.splat(1 << (shift - 1));
  const sum = i32x4.add(i32x4.shl(i32x4.extend_low_i16x8_s(i16x8.add(r0, r4)), 13), half);
  const difference = i32x4.add(i32x4.shl(i32x4.extend_low_i16x8_s(i16x8.sub(r0, r4)), 13), half);
  const r26 = pairs(r2, r6);
  const outer = i32x4.dot_i16x8_s(r26, by(f0541 + f0765, f0541));
  const inner = i32x4.dot_i16x8_s(r26, by(f0541, f0541 - f1847));
  const z = pairs(i16x8.add(r7, r3), i16x8.add(r5, r1));
  const z3 = i32x4.dot_i16x8_s(z, by(f1175 - f1961, f1175));
  const z4 = i32x4.dot_i16x8_s(z, by(f1175, f1175 - f0390));
  const r71 = pairs(r7, r1);
  const r53 = pairs(r5, r3);
  const odd0 = i32x4.add(i32x4.dot_i16x8_s(r71, by(-f0899, f1501 - f0899)), z4);
  const odd1 = i32x4.add(i32x4.dot_i16x8_s(r53, by(-f2562, f3072 - f2562)), z3);
  const odd2 = i32x4.add(i32x4.dot_i16x8_s(r53, by(f2053 - f2562, -f2562)), z4);
  const odd3 = i32x4.add(i32x4.dot_i16x8_s(r71, by(f0298 - f0899, -f0899)), z3);
  storeBoth(to, to + 112, i32x4.add(sum, outer), odd0, shift);
  storeBoth(to + 16, to + 96, i32x4.add(difference, inner), odd1, shift);
  storeBoth(to + 32, to + 80, i32x4.sub(difference, inner), odd2, shift);
  storeBoth(to + 48, to + 64, i32x4.sub(sum, outer), odd3, shift);
}

/** As `transformFour` where the last four rows are zero. */
@inline
function transformUpper(from: usize, to: usize, shift: i32): void {
  const r1 = v128.load64_zero(from, 16);
  const r2 = v128.load64_zero(from, 32);
  const r3 = v128.load64_zero(from, 48);
  const sum = i32x4.add(i32x4.shl(v128.load16x4_s(from), 13), i32x4.splat(1 << (shift - 1)));
  const outer = i32x4.dot_i16x8_s(pairs(r2, r2), by(f0541 + f0765, 0));
  const inner = i32x4.dot_i16x8_s(pairs(r2, r2), by(f0541, 0));
  const r31 = pairs(r3, r1);
  const odd0 = i32x4.dot_i16x8_s(r31, by(f1175, f1175 - f0390 + f1501 - f0899));
  const odd1 = i32x4.dot_i16x8_s(r31, by(f1175 - f1961 + f3072 - f2562, f1175));
  const odd2 = i32x4.dot_i16x8_s(r31, by(f1175 - f2562, f1175 - f0390));
  const odd3 = i32x4.dot_i16x8_s(r31, by(f1175 - f1961, f1175 - f0899));
  storeBoth(to, to + 112, i32x4.add(sum, outer), odd0, shift);
  storeBoth(to + 16, to + 96, i32x4.add(sum, inner), odd1, shift);
  storeBoth(to + 32, to + 80, i32x4.sub(sum, inner), odd2, shift);
  storeBoth(to + 48, to + 64, i32x4.sub(sum, outer), odd3, shift);
}

/** Sum and difference of the even and the odd part. */
@inline
function storeBoth(upper: usize, lower: usize, even: v128, odd: v128, shift: i32): void {
  const sum = i32x4.shr_s(i32x4.add(even, odd), shift);
  const difference = i32x4.shr_s(i32x4.sub(even, odd), shift);
  const both = i16x8.narrow_i32x4_s(sum, difference);
  v128.store64_lane(upper, both, 0);
  v128.store64_lane(lower, both, 1);
}

/** Rows become columns, eight by eight i16. */
@inline
function transpose(from: usize, to: usize): void {
  const r0 = v128.load(from);
  const r1 = v128.load(from, 16);
  const r2 = v128.load(from, 32);
  const r3 = v128.load(from, 48);
  const r4 = v128.load(from, 64);
  const r5 = v128.load(from, 80);
  const r6 = v128.load(from, 96);
  const r7 = v128.load(from, 112);
  transposeHalf(to, pairs(r0, r1), pairs(r2, r3), pairs(r4, r5), pairs(r6, r7));
  transposeHalf(to + 64, pairsAbove(r0, r1), pairsAbove(r2, r3), pairsAbove(r4, r5), pairsAbove(r6, r7));
}

/** The first four columns become rows. */
@inline
function transposeLeft(from: usize, to: usize): void {
  const r01 = pairs(v128.load64_zero(from), v128.load64_zero(from, 16));
  const r23 = pairs(v128.load64_zero(from, 32), v128.load64_zero(from, 48));
  const r45 = pairs(v128.load64_zero(from, 64), v128.load64_zero(from, 80));
  const r67 = pairs(v128.load64_zero(from, 96), v128.load64_zero(from, 112));
  transposeHalf(to, r01, r23, r45, r67);
}

@inline
function transposeHalf(to: usize, r01: v128, r23: v128, r45: v128, r67: v128): void {
  const a = v128.shuffle<i32>(r01, r23, 0, 4, 1, 5);
  const b = v128.shuffle<i32>(r45, r67, 0, 4, 1, 5);
  const c = v128.shuffle<i32>(r01, r23, 2, 6, 3, 7);
  const d = v128.shuffle<i32>(r45, r67, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<i64>(a, b, 0, 2));
  v128.store(to, v128.shuffle<i64>(a, b, 1, 3), 16);
  v128.store(to, v128.shuffle<i64>(c, d, 0, 2), 32);
  v128.store(to, v128.shuffle<i64>(c, d, 1, 3), 48);
}

/** In the order of the bits, the coefficients up to here stand in the first four rows and columns. */
const lastOfCorner: i32 = 9;

/**
 * Draws a block of eight by eight values, `stride` bytes a row, and zeroes its coefficients.
 * @param scratch 128 bytes
 * @param last coefficient that is not zero, in the order of the bits
 */
export function drawBlock(block: usize, scratch: usize, to: usize, stride: usize, last: i32): void {
  if (last <= lastOfCorner) {
    transformUpper(block, scratch, 11);
    transposeLeft(scratch, block);
    transformUpper(block, scratch, 18);
    transformUpper(block + 8, scratch + 8, 18);
  } else {
    transformFour(block, scratch, 11);
    transformFour(block + 8, scratch + 8, 11);
    transpose(scratch, block);
    transformFour(block, scratch, 18);
    transformFour(block + 8, scratch + 8, 18);
  }
  transpose(scratch, block);
  const middle = i8x16.splat(-128);
  for (let y: usize = 0; y < 8; y++) {
    const row = v128.load(block + 16 * y);
    v128.store64_lane(to + y * stride, v128.xor(i8x16.narrow_i16x8_s(row, row), middle), 0);
    v128.store(block + 16 * y, i32x4.splat(0));
  }
}

/** As `drawBlock` or, at a side of 4, `drawHalfBlock` where only the first coefficient is not zero. */
export function drawFlatBlock(block: usize, to: usize, stride: usize, side: usize): void {
  const value = ((<i32>load<i16>(block) + 4) >> 3) + 128;
  const row = i8x16.splat(<i8>max(0, min(255, value)));
  for (let y: usize = 0; y < side; y++) {
    if (side == 8) v128.store64_lane(to + y * stride, row, 0);
    else v128.store32_lane(to + y * stride, row, 0);
  }
  store<i16>(block, 0);
}

// Fractions of jidctred.c, of 13 bits.
const f0211: i32 = 1730;
const f0509: i32 = 4176;
const f0601: i32 = 4926;
const f1061: i32 = 8697;
const f1451: i32 = 11893;
const f2172: i32 = 17799;

/** As `transformFour`, but draws four rows, each the mean of two. */
@inline
function halveFour(from: usize, to: usize, shift: i32): void {
  const r1 = v128.load64_zero(from, 16);
  const r2 = v128.load64_zero(from, 32);
  const r3 = v128.load64_zero(from, 48);
  const r5 = v128.load64_zero(from, 80);
  const r6 = v128.load64_zero(from, 96);
  const r7 = v128.load64_zero(from, 112);
  const half = i32x4.splat(1 << (shift - 1));
  const mean = i32x4.add(i32x4.shl(v128.load16x4_s(from), 14), half);
  const even = i32x4.dot_i16x8_s(pairs(r2, r6), by(f1847, -f0765));
  const r75 = pairs(r7, r5);
  const r31 = pairs(r3, r1);
  const outer = i32x4.add(
    i32x4.dot_i16x8_s(r75, by(-f0509, -f0601)),
    i32x4.dot_i16x8_s(r31, by(f0899, f2562)),
  );
  const inner = i32x4.add(
    i32x4.dot_i16x8_s(r75, by(-f0211, f1451)),
    i32x4.dot_i16x8_s(r31, by(-f2172, f1061)),
  );
  storeBoth(to, to + 48, i32x4.add(mean, even), outer, shift);
  storeBoth(to + 16, to + 32, i32x4.sub(mean, even), inner, shift);
}

/** As `drawBlock`, at half the size: four by four values, each the mean of four (jidctred.c). */
export function drawHalfBlock(block: usize, scratch: usize, to: usize, stride: usize): void {
  halveFour(block, scratch, 12);
  halveFour(block + 8, scratch + 8, 12);
  transpose(scratch, block);
  halveFour(block, scratch, 19);
  transpose(scratch, block);
  const middle = i8x16.splat(-128);
  for (let y: usize = 0; y < 8; y++) {
    const row = v128.load(block + 16 * y);
    if (y < 4) v128.store32_lane(to + y * stride, v128.xor(i8x16.narrow_i16x8_s(row, row), middle), 0);
    v128.store(block + 16 * y, i32x4.splat(0));
  }
}
