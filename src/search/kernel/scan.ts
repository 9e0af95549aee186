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
  const end = (<usize>count) << 2;
  for (let i: usize = 0; i < end; i += 4) {
    store<f32>(scores + i, dot(probe, rows + <usize>load<u32>(chosen + i) * rowBytes, rowBytes));
  }
}

// Four sums of four lanes: one sum alone would wait for each addition to end before the next begins.
function dot(a: usize, b: usize, bytes: usize): f32 {
  let sum0 = f32x4.splat(0);
  let sum1 = f32x4.splat(0);
  let sum2 = f32x4.splat(0);
  let sum3 = f32x4.splat(0);
  const end = a + bytes;
  while (a < end) {
    sum0 = f32x4.add(sum0, f32x4.mul(v128.load(a), v128.load(b)));
    sum1 = f32x4.add(sum1, f32x4.mul(v128.load(a, 16), v128.load(b, 16)));
    sum2 = f32x4.add(sum2, f32x4.mul(v128.load(a, 32), v128.load(b, 32)));
    sum3 = f32x4.add(sum3, f32x4.mul(v128.load(a, 48), v128.load(b, 48)));
    a += 64;
    b += 64;
  }
  const sum = f32x4.add(f32x4.add(sum0, sum1), f32x4.add(sum2, sum3));
  return (
    f32x4.extract_lane(sum, 0) +
    f32x4.extract_lane(sum, 1) +
    (f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3))
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
  let tooFar = load<u32>(state);
  let near = load<u32>(state, 4);
  let count = load<u32>(state, 8);
  // Once there are enough, a row as far as the last of them is not wanted: a million equal rows must fit.
  let bound = tooFar - (near >= depth ? 1 : 0);
  for (let i: u32 = 0; i < extentCount; i++) {
    const first = load<u32>(extents + ((<usize>i) << 3));
    const end = first + load<u32>(extents + ((<usize>i) << 3), 4);
    let code = codes + <usize>first * <usize>codeBytes;
    for (let row = first; row < end; row++) {
      const distance = codeBytes == 64 ? distance64(probe, code) : distanceOf(probe, code, codeBytes);
      code += codeBytes;
      if (distance >= bound) continue;
      if (count == capacity) count = drop(kept, count, tooFar);
      const at = kept + ((<usize>count) << 3);
      store<u32>(at, distance);
      store<u32>(at, row, 4);
      count++;
      const bin = histogram + ((<usize>distance) << 2);
      store<u32>(bin, load<u32>(bin) + 1);
      near++;
      let last = load<u32>(histogram + ((<usize>(tooFar - 1)) << 2));
      while (near - last >= depth) {
        near -= last;
        tooFar--;
        last = load<u32>(histogram + ((<usize>(tooFar - 1)) << 2));
      }
      bound = tooFar - (near >= depth ? 1 : 0);
    }
  }
  store<u32>(state, tooFar);
  store<u32>(state, near, 4);
  store<u32>(state, drop(kept, count, tooFar), 8);
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
function distance64(a: usize, b: usize): u32 {
  return <u32>(
    (popcnt<u64>(load<u64>(a) ^ load<u64>(b)) +
      popcnt<u64>(load<u64>(a, 8) ^ load<u64>(b, 8)) +
      (popcnt<u64>(load<u64>(a, 16) ^ load<u64>(b, 16)) + popcnt<u64>(load<u64>(a, 24) ^ load<u64>(b, 24))) +
      (popcnt<u64>(load<u64>(a, 32) ^ load<u64>(b, 32)) +
        popcnt<u64>(load<u64>(a, 40) ^ load<u64>(b, 40)) +
        (popcnt<u64>(load<u64>(a, 48) ^ load<u64>(b, 48)) + popcnt<u64>(load<u64>(a, 56) ^ load<u64>(b, 56)))))
  );
}

function distanceOf(a: usize, b: usize, bytes: u32): u32 {
  let sum: u64 = 0;
  for (let i: usize = 0; i < <usize>bytes; i += 8) sum += popcnt<u64>(load<u64>(a + i) ^ load<u64>(b + i));
  return <u32>sum;
}
