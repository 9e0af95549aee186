// The rows nearest by what the probe's values say of each sign, among those that are near by their signs alone.

import { begin, boundOf, drop, keep } from './kept';
import { listNear } from './near';

/** Begins to keep the `depth` nearest rows, with room for `capacity`, more than twice as many. */
export function beginNearest(kept: usize, depth: u32, capacity: u32): void {
  begin(kept, depth, capacity);
}

/**
 * Goes on to keep the nearest rows by weight; where many are equally far, some more. A row is as far as the weights of the
 * dimensions whose sign is not the probe's.
 * @param probe code of `codeBytes`
 * @param weights u8 x 8 x codeBytes: of each dimension, 65535 at most in all
 * @param first number of the first row
 * @param codes of `rows` that follow one another, back to back, ending below 4 GiB
 * @param codeBytes a multiple of 16
 * @param bound from this Hamming distance on a row is left out
 * @param list u32 x rows, written
 * @param kept as `beginNearest` or the last call left it
 */
export function nearest(
  probe: usize,
  weights: usize,
  first: u32,
  rows: u32,
  codes: usize,
  codeBytes: u32,
  bound: u32,
  list: usize,
  kept: usize,
): void {
  const end = listNear(probe, codes, codeBytes, rows, bound, list);
  let furthest = boundOf(kept);
  for (; list < end; list += 4) {
    const row = load<u32>(list);
    // So finely are weights told apart.
    const distance = weightOf(probe, codes + <usize>row * <usize>codeBytes, codeBytes, weights) >>> 4;
    if (distance < furthest) furthest = keep(kept, first + row, distance);
  }
}

/** Drops the rows that were kept too many of: [distance u32, row u32] each are left. */
export function endNearest(kept: usize): void {
  drop(kept);
}

function weightOf(probe: usize, code: usize, codeBytes: u32, weights: usize): u32 {
  let sums = i16x8.splat(0);
  const end = code + <usize>codeBytes;
  for (; code < end; code += 16, probe += 16, weights += 128) {
    const differing = v128.xor(v128.load(code), v128.load(probe));
    sums = i16x8.add(sums, weightOfBit(differing, 1, v128.load(weights)));
    sums = i16x8.add(sums, weightOfBit(differing, 2, v128.load(weights, 16)));
    sums = i16x8.add(sums, weightOfBit(differing, 4, v128.load(weights, 32)));
    sums = i16x8.add(sums, weightOfBit(differing, 8, v128.load(weights, 48)));
    sums = i16x8.add(sums, weightOfBit(differing, 16, v128.load(weights, 64)));
    sums = i16x8.add(sums, weightOfBit(differing, 32, v128.load(weights, 80)));
    sums = i16x8.add(sums, weightOfBit(differing, 64, v128.load(weights, 96)));
    sums = i16x8.add(sums, weightOfBit(differing, -128, v128.load(weights, 112)));
  }
  const words = i32x4.extadd_pairwise_i16x8_u(sums);
  return (
    i32x4.extract_lane(words, 0) +
    i32x4.extract_lane(words, 1) +
    (i32x4.extract_lane(words, 2) + i32x4.extract_lane(words, 3))
  );
}

// Of each byte that has the bit, its weight; added up by twos.
function weightOfBit(bytes: v128, bit: i8, weights: v128): v128 {
  const has = i8x16.eq(v128.and(bytes, i8x16.splat(bit)), i8x16.splat(bit));
  return i16x8.extadd_pairwise_i8x16_u(v128.and(has, weights));
}
