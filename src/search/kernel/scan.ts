// The two scans over rows: sign codes by Hamming distance, templates by dot product. AssemblyScript, see build:kernel.

/**
 * Writes the dot product of the probe and each chosen row, which is the cosine where both have unit length.
 * All places are byte addresses in the imported memory, whose layout is the caller's.
 * @param probe f32 x dimensions
 * @param rows f32 x dimensions each, back to back, ending below 4 GiB
 * @param dimensions a multiple of 16
 * @param chosen u32 x count, numbers of rows
 * @param scores f32 x count, written
 */
export function scan(
  probe: usize,
  rows: usize,
  dimensions: u32,
  chosen: usize,
  count: u32,
  scores: usize,
): void {
  const rowBytes = (<usize>dimensions) << 2;
  const end = chosen + ((<usize>count) << 2);
  while (chosen + 12 < end) {
    // Rows that follow one another are read ahead of, one after the other.
    if (load<u32>(chosen, 12) - load<u32>(chosen) == 3) {
      for (let i: usize = 0; i < 16; i += 4)
        store<f32>(scores + i, dot(probe, rows + <usize>load<u32>(chosen + i) * rowBytes, rowBytes));
      chosen += 16;
      scores += 16;
      continue;
    }
    // Others come from memory anywhere: four that are waited for together take as long as one.
    const row0 = rows + <usize>load<u32>(chosen) * rowBytes;
    const row1 = rows + <usize>load<u32>(chosen, 4) * rowBytes;
    const row2 = rows + <usize>load<u32>(chosen, 8) * rowBytes;
    const row3 = rows + <usize>load<u32>(chosen, 12) * rowBytes;
    dotFour(probe, row0, row1, row2, row3, rowBytes, scores);
    chosen += 16;
    scores += 16;
  }
  for (; chosen < end; chosen += 4, scores += 4) {
    store<f32>(scores, dot(probe, rows + <usize>load<u32>(chosen) * rowBytes, rowBytes));
  }
}

// Each row as `dot` adds it up, so that a score is the same wherever a row comes.
function dotFour(
  probe: usize,
  row0: usize,
  row1: usize,
  row2: usize,
  row3: usize,
  bytes: usize,
  scores: usize,
): void {
  let even0 = f32x4.splat(0);
  let even1 = f32x4.splat(0);
  let even2 = f32x4.splat(0);
  let even3 = f32x4.splat(0);
  let odd0 = f32x4.splat(0);
  let odd1 = f32x4.splat(0);
  let odd2 = f32x4.splat(0);
  let odd3 = f32x4.splat(0);
  for (let at: usize = 0; at < bytes; at += 32) {
    const even = v128.load(probe + at);
    const odd = v128.load(probe + at, 16);
    even0 = f32x4.add(even0, f32x4.mul(even, v128.load(row0 + at)));
    even1 = f32x4.add(even1, f32x4.mul(even, v128.load(row1 + at)));
    even2 = f32x4.add(even2, f32x4.mul(even, v128.load(row2 + at)));
    even3 = f32x4.add(even3, f32x4.mul(even, v128.load(row3 + at)));
    odd0 = f32x4.add(odd0, f32x4.mul(odd, v128.load(row0 + at, 16)));
    odd1 = f32x4.add(odd1, f32x4.mul(odd, v128.load(row1 + at, 16)));
    odd2 = f32x4.add(odd2, f32x4.mul(odd, v128.load(row2 + at, 16)));
    odd3 = f32x4.add(odd3, f32x4.mul(odd, v128.load(row3 + at, 16)));
  }
  store<f32>(scores, sumOf(f32x4.add(even0, odd0)));
  store<f32>(scores, sumOf(f32x4.add(even1, odd1)), 4);
  store<f32>(scores, sumOf(f32x4.add(even2, odd2)), 8);
  store<f32>(scores, sumOf(f32x4.add(even3, odd3)), 12);
}

function dot(probe: usize, row: usize, bytes: usize): f32 {
  let even = f32x4.splat(0);
  let odd = f32x4.splat(0);
  for (let at: usize = 0; at < bytes; at += 32) {
    even = f32x4.add(even, f32x4.mul(v128.load(probe + at), v128.load(row + at)));
    odd = f32x4.add(odd, f32x4.mul(v128.load(probe + at, 16), v128.load(row + at, 16)));
  }
  return sumOf(f32x4.add(even, odd));
}

function sumOf(lanes: v128): f32 {
  return (
    f32x4.extract_lane(lanes, 0) +
    f32x4.extract_lane(lanes, 1) +
    (f32x4.extract_lane(lanes, 2) + f32x4.extract_lane(lanes, 3))
  );
}

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

/** Distances by weight, which are told apart as finely as this. */
const weightSteps: u32 = 4096;

/**
 * Of the rows that `nearest` kept, keeps the `depth` nearest by weight; where many are equally far, some more.
 * @param codes `codeBytes` each, back to back
 * @param weights u16 x 256 x codeBytes: what each byte of a code adds, 65535 at most in all
 * @param state as `nearest` left it; afterwards likewise
 * @param histogram u32 x (weightSteps + 1), written
 * @param kept as `nearest` left it; written
 */
export function weigh(
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
    const distance = weightOf(codes + <usize>row * <usize>codeBytes, codeBytes, weights) >> 4;
    if (distance < bound) bound = keep(row, distance, depth, state, histogram, kept, u32.MAX_VALUE);
  }
  store<u32>(state, drop(kept, load<u32>(state, 8), load<u32>(state)), 8);
}

function weightOf(code: usize, codeBytes: u32, weights: usize): u32 {
  let even: u32 = 0;
  let odd: u32 = 0;
  const end = code + <usize>codeBytes;
  for (; code < end; code += 4, weights += 2048) {
    const word = load<u32>(code);
    even += load<u16>(weights + ((word & 255) << 1)) + load<u16>(weights + (((word >> 16) & 255) << 1), 1024);
    odd += load<u16>(weights + (((word >> 8) & 255) << 1), 512) + load<u16>(weights + ((word >> 24) << 1), 1536);
  }
  return even + odd;
}

// From this distance on a row is not wanted. Once there are enough, one as far as the last of them is not either: a
// million equal rows must fit.
function boundOf(state: usize, depth: u32): u32 {
  return load<u32>(state) - (load<u32>(state, 4) >= depth ? 1 : 0);
}

// Answers the bound that follows.
function keep(
  row: u32,
  distance: u32,
  depth: u32,
  state: usize,
  histogram: usize,
  kept: usize,
  capacity: u32,
): u32 {
  let tooFar = load<u32>(state);
  let near = load<u32>(state, 4) + 1;
  let count = load<u32>(state, 8);
  if (count == capacity) count = drop(kept, count, tooFar);
  const at = kept + ((<usize>count) << 3);
  store<u32>(at, distance);
  store<u32>(at, row, 4);
  const bin = histogram + ((<usize>distance) << 2);
  store<u32>(bin, load<u32>(bin) + 1);
  let last = load<u32>(histogram + ((<usize>(tooFar - 1)) << 2));
  while (near - last >= depth) {
    near -= last;
    tooFar--;
    last = load<u32>(histogram + ((<usize>(tooFar - 1)) << 2));
  }
  store<u32>(state, tooFar);
  store<u32>(state, near, 4);
  store<u32>(state, count + 1, 8);
  return boundOf(state, depth);
}

// Drops the rows kept that have since become too far; answers how many are left.
function drop(kept: usize, count: u32, tooFar: u32): u32 {
  let left: u32 = 0;
  const end = kept + ((<usize>count) << 3);
  for (let at = kept; at < end; at += 8) {
    if (load<u32>(at) >= tooFar) continue;
    store<u64>(kept + ((<usize>left) << 3), load<u64>(at));
    left++;
  }
  return left;
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
