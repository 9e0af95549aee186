// Scores chosen templates against a probe. AssemblyScript: `npm run build:kernel` compiles it to build/scan.wasm.

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
