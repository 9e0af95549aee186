// The search over rows: nearest by their signs, and scores. AssemblyScript: see build:kernel.

export { beginNearest, endNearest, nearest } from './nearest';
export { copySigns, eraseSigns, writeEightSigns, writeSigns } from './planes';

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
