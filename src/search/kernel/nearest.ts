// The rows nearest to a probe by their signs: how many planes differ, each counted by what it weighs.
//
// 128 rows at a time, their counts bit-sliced: a vector holds one binary digit of each. Fourteen planes are added up to a
// number of four digits by full adders, and that to the counts from the digit on that the planes weigh: 1, 2 or 4.

import { begin, boundOf, drop, keep } from './kept';

/** Binary digits of a count. */
const countDigits: i32 = 9;
const countBytes: usize = 9 * 16;

/** Fourteen planes that weigh the same. The probe's numbers there are all negative, or none is. */
@unmanaged
class Batch {
  /** Where each begins in a block. */
  p0: u32;
  p1: u32;
  p2: u32;
  p3: u32;
  p4: u32;
  p5: u32;
  p6: u32;
  p7: u32;
  p8: u32;
  p9: u32;
  p10: u32;
  p11: u32;
  p12: u32;
  p13: u32;
  /** All bits where the probe is negative: of seven, as many differ as are not set. */
  flip: u32;
  /** Digit from which on they count: they weigh two to the power of it. */
  digit: u32;
  /** Digits that a count can have when they are added. */
  digits: u32;
}

/** Begins to keep the `depth` nearest rows, with room for `capacity`, more than twice as many. */
export function beginNearest(kept: usize, depth: u32, capacity: u32): void {
  begin(kept, depth, capacity);
}

/**
 * Goes on to keep the nearest rows; where many are equally far, some more.
 * @param first number of the block's first row
 * @param planeBytes of a plane, a multiple of 16
 * @param asked a bit for each row of the block, as in a plane: the others are passed over
 * @param batches `Batch` x `batchCount`, whose weights are 511 in all at most
 * @param counts 9 bytes for each of a plane, written
 * @param kept as `beginNearest` or the last call left it
 */
export function nearest(
  block: usize,
  first: u32,
  planeBytes: usize,
  asked: usize,
  batches: usize,
  batchCount: u32,
  counts: usize,
  kept: usize,
): void {
  for (let from: usize = 0; from < planeBytes; from += 16) {
    if (!v128.any_true(v128.load(asked + from))) continue;
    const begun = from;
    do from += 16;
    while (from < planeBytes && v128.any_true(v128.load(asked + from)));
    nearestOfSome(block, first, begun, from, asked, batches, batchCount, counts, kept);
  }
}

// Of the rows from one place in each plane to another.
function nearestOfSome(
  block: usize,
  first: u32,
  from: usize,
  to: usize,
  asked: usize,
  batches: usize,
  batchCount: u32,
  counts: usize,
  kept: usize,
): void {
  memory.fill(counts, 0, ((to - from) >>> 4) * countBytes);
  for (let i: u32 = 0; i < batchCount; i++)
    addBatch(block, changetype<Batch>(batches + <usize>i * offsetof<Batch>()), from, to, counts);
  let bound = boundOf(kept);
  for (let at = from; at < to; at += 16, counts += countBytes) {
    const near = v128.and(nearOf(counts, bound), v128.load(asked + at));
    if (!v128.any_true(near)) continue;
    const row = first + (<u32>at << 3);
    bound = keepSome(kept, bound, v128.extract_lane<u64>(near, 0), counts, row);
    bound = keepSome(kept, bound, v128.extract_lane<u64>(near, 1), counts + 8, row + 64);
  }
}

/** Drops the rows that were kept too many of: [distance u32, row u32] each are left. */
export function endNearest(kept: usize): void {
  drop(kept);
}

function addBatch(block: usize, batch: Batch, from: usize, to: usize, counts: usize): void {
  const p0 = block + <usize>batch.p0;
  const p1 = block + <usize>batch.p1;
  const p2 = block + <usize>batch.p2;
  const p3 = block + <usize>batch.p3;
  const p4 = block + <usize>batch.p4;
  const p5 = block + <usize>batch.p5;
  const p6 = block + <usize>batch.p6;
  const p7 = block + <usize>batch.p7;
  const p8 = block + <usize>batch.p8;
  const p9 = block + <usize>batch.p9;
  const p10 = block + <usize>batch.p10;
  const p11 = block + <usize>batch.p11;
  const p12 = block + <usize>batch.p12;
  const p13 = block + <usize>batch.p13;
  const flip = i32x4.splat(batch.flip);
  const least = (<usize>batch.digit) << 4;
  const end = (<usize>batch.digits) << 4;
  for (let at = from; at < to; at += 16, counts += countBytes) {
    // Two numbers of three digits, each of seven planes.
    const a0 = v128.load(p0 + at);
    const b0 = v128.load(p1 + at);
    const c0 = v128.load(p2 + at);
    const abc0 = sum(a0, b0, c0);
    const twosOfAbc0 = carry(a0, b0, c0);
    const d0 = v128.load(p3 + at);
    const e0 = v128.load(p4 + at);
    const f0 = v128.load(p5 + at);
    const def0 = sum(d0, e0, f0);
    const twosOfDef0 = carry(d0, e0, f0);
    const g0 = v128.load(p6 + at);
    const ones0 = v128.xor(sum(abc0, def0, g0), flip);
    const twosOfG0 = carry(abc0, def0, g0);
    const twos0 = v128.xor(sum(twosOfAbc0, twosOfDef0, twosOfG0), flip);
    const fours0 = v128.xor(carry(twosOfAbc0, twosOfDef0, twosOfG0), flip);
    const a1 = v128.load(p7 + at);
    const b1 = v128.load(p8 + at);
    const c1 = v128.load(p9 + at);
    const abc1 = sum(a1, b1, c1);
    const twosOfAbc1 = carry(a1, b1, c1);
    const d1 = v128.load(p10 + at);
    const e1 = v128.load(p11 + at);
    const f1 = v128.load(p12 + at);
    const def1 = sum(d1, e1, f1);
    const twosOfDef1 = carry(d1, e1, f1);
    const g1 = v128.load(p13 + at);
    const ones1 = v128.xor(sum(abc1, def1, g1), flip);
    const twosOfG1 = carry(abc1, def1, g1);
    const twos1 = v128.xor(sum(twosOfAbc1, twosOfDef1, twosOfG1), flip);
    const fours1 = v128.xor(carry(twosOfAbc1, twosOfDef1, twosOfG1), flip);
    // Their sum, of four, and with it the count.
    const carry1 = v128.and(ones0, ones1);
    const carry2 = carry(twos0, twos1, carry1);
    let digit = counts + least;
    let over = addDigit(digit, v128.xor(ones0, ones1), i32x4.splat(0));
    over = addDigit(digit + 16, sum(twos0, twos1, carry1), over);
    over = addDigit(digit + 32, sum(fours0, fours1, carry2), over);
    over = addDigit(digit + 48, carry(fours0, fours1, carry2), over);
    for (digit += 64; digit < counts + end; digit += 16) {
      const had = v128.load(digit);
      v128.store(digit, v128.xor(had, over));
      over = v128.and(had, over);
    }
  }
}

// A full adder of 128 bits side by side. What both work out, the compiler does once.
@inline
function sum(a: v128, b: v128, c: v128): v128 {
  return v128.xor(v128.xor(a, b), c);
}

@inline
function carry(a: v128, b: v128, c: v128): v128 {
  return v128.or(v128.and(a, b), v128.and(v128.xor(a, b), c));
}

// Adds to a digit of the counts; answers what goes on to the next.
@inline
function addDigit(digit: usize, added: v128, over: v128): v128 {
  const had = v128.load(digit);
  v128.store(digit, sum(had, added, over));
  return carry(had, added, over);
}

// A bit for each of 128 rows whose count is below the bound.
function nearOf(counts: usize, bound: u32): v128 {
  if (bound >>> countDigits) return i32x4.splat(-1);
  let below = i32x4.splat(0);
  let equal = i32x4.splat(-1);
  for (let k = countDigits - 1; k >= 0; k--) {
    const digit = v128.load(counts + ((<usize>k) << 4));
    if ((bound >>> k) & 1) {
      below = v128.or(below, v128.andnot(equal, digit));
      equal = v128.and(equal, digit);
    } else {
      equal = v128.andnot(equal, digit);
    }
  }
  return below;
}

// Keeps the rows of 64 whose bit is set; answers the bound that follows.
function keepSome(kept: usize, bound: u32, near: u64, counts: usize, first: u32): u32 {
  for (; near != 0; near &= near - 1) {
    const bit = ctz(near);
    let distance: u64 = 0;
    for (let k: usize = 0; k < <usize>countDigits; k++)
      distance |= ((load<u64>(counts + (k << 4)) >>> bit) & 1) << (<u64>k);
    if (<u32>distance < bound) bound = keep(kept, first + <u32>bit, <u32>distance);
  }
  return bound;
}
