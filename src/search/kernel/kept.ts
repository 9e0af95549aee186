// Rows kept while others are looked at: [distance u32, row u32] each, and a histogram of their distances that says from
// which distance on there are enough.

// From this distance on a row is not wanted. Once there are enough, one as far as the last of them is not either: a
// million equal rows must fit.
export function boundOf(state: usize, depth: u32): u32 {
  return load<u32>(state) - (load<u32>(state, 4) >= depth ? 1 : 0);
}

// Answers the bound that follows.
export function keep(
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
export function drop(kept: usize, count: u32, tooFar: u32): u32 {
  let left: u32 = 0;
  const end = kept + ((<usize>count) << 3);
  for (let at = kept; at < end; at += 8) {
    if (load<u32>(at) >= tooFar) continue;
    store<u64>(kept + ((<usize>left) << 3), load<u64>(at));
    left++;
  }
  return left;
}
