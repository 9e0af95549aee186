// The rows nearest by Hamming distance of their sign codes.

import { boundOf, drop, keep } from './kept';

/**
 * Keeps the `depth` rows nearest to the probe by Hamming distance; where many are equally far, up to as many more.
 * Called again with other extents it goes on where it was.
 * @param probe code of `codeBytes`
 * @param codes `codeBytes` each, back to back, ending below 4 GiB
 * @param codeBytes a multiple of 16, at most 512
 * @param extents [first row u32, rows u32] x extentCount
 * @param state u32 x 3: distance from which rows are too far (at first bits + 1), rows nearer than it (0), rows kept (0)
 * @param histogram u32 x (bits + 1), of the distances kept; at first zero
 * @param kept [distance u32, row u32] x capacity, written
 * @param capacity more than twice the depth
 */
export function nearest(
  probe: usize,
  codes: usize,
  codeBytes: u32,
  extents: usize,
  extentCount: u32,
  depth: u32,
  state: usize,
  histogram: usize,
  kept: usize,
  capacity: u32,
): void {
  let bound = boundOf(state, depth);
  for (let i: u32 = 0; i < extentCount; i++) {
    let row = load<u32>(extents + ((<usize>i) << 3));
    const end = row + load<u32>(extents + ((<usize>i) << 3), 4);
    if (codeBytes == 64) {
      const p0 = load<u64>(probe);
      const p1 = load<u64>(probe, 8);
      const p2 = load<u64>(probe, 16);
      const p3 = load<u64>(probe, 24);
      const p4 = load<u64>(probe, 32);
      const p5 = load<u64>(probe, 40);
      const p6 = load<u64>(probe, 48);
      const p7 = load<u64>(probe, 56);
      // Four places at a time: a core reads ahead at each, and reads one alone at half the speed that memory has.
      const stride = (end - row) / 4;
      const strideBytes = (<usize>stride) << 6;
      const turn = row + stride;
      let code = codes + ((<usize>row) << 6);
      for (; row < turn; row++) {
        const d0 = distance64(code, p0, p1, p2, p3, p4, p5, p6, p7);
        const d1 = distance64(code + strideBytes, p0, p1, p2, p3, p4, p5, p6, p7);
        const d2 = distance64(code + strideBytes * 2, p0, p1, p2, p3, p4, p5, p6, p7);
        const d3 = distance64(code + strideBytes * 3, p0, p1, p2, p3, p4, p5, p6, p7);
        code += 64;
        if (d0 < bound) bound = keep(row, d0, depth, state, histogram, kept, capacity);
        if (d1 < bound) bound = keep(row + stride, d1, depth, state, histogram, kept, capacity);
        if (d2 < bound) bound = keep(row + stride * 2, d2, depth, state, histogram, kept, capacity);
        if (d3 < bound) bound = keep(row + stride * 3, d3, depth, state, histogram, kept, capacity);
      }
      row += stride * 3;
    }
    for (; row < end; row++) {
      const distance = distanceOf(probe, codes + <usize>row * <usize>codeBytes, codeBytes);
      if (distance < bound) bound = keep(row, distance, depth, state, histogram, kept, capacity);
    }
  }
  store<u32>(state, drop(kept, load<u32>(state, 8), load<u32>(state)), 8);
}

// Scalar popcounts: x64 has an instruction for 64 bits and none for the lanes of a vector.
function distance64(code: usize, p0: u64, p1: u64, p2: u64, p3: u64, p4: u64, p5: u64, p6: u64, p7: u64): u32 {
  return <u32>(
    (popcnt<u64>(load<u64>(code) ^ p0) +
      popcnt<u64>(load<u64>(code, 8) ^ p1) +
      (popcnt<u64>(load<u64>(code, 16) ^ p2) + popcnt<u64>(load<u64>(code, 24) ^ p3)) +
      (popcnt<u64>(load<u64>(code, 32) ^ p4) +
        popcnt<u64>(load<u64>(code, 40) ^ p5) +
        (popcnt<u64>(load<u64>(code, 48) ^ p6) + popcnt<u64>(load<u64>(code, 56) ^ p7))))
  );
}

function distanceOf(a: usize, b: usize, bytes: u32): u32 {
  let sum: u64 = 0;
  for (let i: usize = 0; i < <usize>bytes; i += 8) sum += popcnt<u64>(load<u64>(a + i) ^ load<u64>(b + i));
  return <u32>sum;
}
