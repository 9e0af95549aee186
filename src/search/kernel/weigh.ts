// Of rows that are near by their signs, the nearest by what the probe's values say of each sign.

import { boundOf, drop, keep } from './kept';

/** Distances by weight are told apart as finely as this. */
const weightSteps: u32 = 4096;

/**
 * Of the rows that `nearest` kept, keeps the `depth` nearest by weight; where many are equally far, some more. A row is as
 * far as the weights of the dimensions whose sign is not the probe's.
 * @param probe code of `codeBytes`
 * @param codes `codeBytes` each, back to back
 * @param codeBytes a multiple of 16
 * @param weights u8 x 8 x codeBytes: of each dimension, 65535 at most in all
 * @param state as `nearest` left it; afterwards likewise
 * @param histogram u32 x (weightSteps + 1), written
 * @param kept as `nearest` left it; written
 */
export function weigh(
  probe: usize,
  codes: usize,
  codeBytes: u32,
  weights: usize,
  depth: u32,
  state: usize,
  histogram: usize,
  kept: usize,
): void {
  const end = kept + ((<usize>load<u32>(state, 8)) << 3);
  memory.fill(histogram, 0, (weightSteps + 1) << 2);
  store<u32>(state, weightSteps + 1);
  store<u32>(state, 0, 4);
  store<u32>(state, 0, 8);
  let bound = boundOf(state, depth);
  // Those kept take the places of those read.
  for (let at = kept; at < end; at += 8) {
    // Asked for together, the next rows' codes come from memory in the time of one.
    if (((at - kept) & 127) == 0)
      for (let next = at + 8; next < at + 136 && next < end; next += 8)
        load<u32>(codes + <usize>load<u32>(next, 4) * <usize>codeBytes);
    const row = load<u32>(at, 4);
    const distance = weightOf(probe, codes + <usize>row * <usize>codeBytes, codeBytes, weights) >> 4;
    if (distance < bound) bound = keep(row, distance, depth, state, histogram, kept, u32.MAX_VALUE);
  }
  store<u32>(state, drop(kept, load<u32>(state, 8), load<u32>(state)), 8);
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
