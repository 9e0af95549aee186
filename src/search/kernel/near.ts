// Rows whose sign codes are near the probe's by Hamming distance. Scalar popcounts: x64 has an instruction for 64 bits
// and none for the lanes of a vector.

/**
 * Counts rows by their distance.
 * @param probe code of `codeBytes`
 * @param codes of the rows, back to back, ending below 4 GiB
 * @param codeBytes a multiple of 16
 * @param stride the first row and each `stride`th after it are counted
 * @param histogram u32 x (bits of a code + 1), added to
 */
export function countDistances(
  probe: usize,
  codes: usize,
  codeBytes: u32,
  rows: u32,
  stride: u32,
  histogram: usize,
): void {
  for (let row: u32 = 0; row < rows; row += stride) {
    const distance = distanceOf(probe, codes + <usize>row * <usize>codeBytes, codeBytes);
    const bin = histogram + ((<usize>distance) << 2);
    store<u32>(bin, load<u32>(bin) + 1);
  }
}

// Lists the rows below the bound, u32 each; answers the end of the list.
export function listNear(
  probe: usize,
  codes: usize,
  codeBytes: u32,
  rows: u32,
  bound: u32,
  list: usize,
): usize {
  let row: u32 = 0;
  if (codeBytes == 48) {
    const p0 = load<u64>(probe);
    const p1 = load<u64>(probe, 8);
    const p2 = load<u64>(probe, 16);
    const p3 = load<u64>(probe, 24);
    const p4 = load<u64>(probe, 32);
    const p5 = load<u64>(probe, 40);
    // Four places at a time: a core reads ahead at each, and reads one alone at half the speed that memory has.
    const stride = rows / 4;
    const strideBytes = <usize>stride * 48;
    let code = codes;
    for (; row < stride; row++, code += 48) {
      const d0 = distance48(code, p0, p1, p2, p3, p4, p5);
      const d1 = distance48(code + strideBytes, p0, p1, p2, p3, p4, p5);
      const d2 = distance48(code + strideBytes * 2, p0, p1, p2, p3, p4, p5);
      const d3 = distance48(code + strideBytes * 3, p0, p1, p2, p3, p4, p5);
      if (d0 < bound) list = append(list, row);
      if (d1 < bound) list = append(list, row + stride);
      if (d2 < bound) list = append(list, row + stride * 2);
      if (d3 < bound) list = append(list, row + stride * 3);
    }
    row = stride * 4;
  }
  for (; row < rows; row++)
    if (distanceOf(probe, codes + <usize>row * <usize>codeBytes, codeBytes) < bound) list = append(list, row);
  return list;
}

function append(list: usize, row: u32): usize {
  store<u32>(list, row);
  return list + 4;
}

function distance48(code: usize, p0: u64, p1: u64, p2: u64, p3: u64, p4: u64, p5: u64): u32 {
  return <u32>(
    (popcnt<u64>(load<u64>(code) ^ p0) +
      popcnt<u64>(load<u64>(code, 8) ^ p1) +
      (popcnt<u64>(load<u64>(code, 16) ^ p2) + popcnt<u64>(load<u64>(code, 24) ^ p3)) +
      (popcnt<u64>(load<u64>(code, 32) ^ p4) + popcnt<u64>(load<u64>(code, 40) ^ p5)))
  );
}

function distanceOf(a: usize, b: usize, bytes: u32): u32 {
  let sum: u64 = 0;
  for (let i: usize = 0; i < <usize>bytes; i += 8) sum += popcnt<u64>(load<u64>(a + i) ^ load<u64>(b + i));
  return <u32>sum;
}
