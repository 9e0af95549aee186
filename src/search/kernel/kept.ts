// The nearest rows so far: [distance u32, row u32] each, after a histogram of their distances, which says from which
// distance on there are enough.

/** Distances are below this. */
const bins: u32 = 512;
const histogramAt: usize = 32;
const rowsAt: usize = histogramAt + ((<usize>bins) << 2);

@unmanaged
class Kept {
  /** Distance from which on rows are too far. */
  tooFar: u32;
  /** Rows nearer than that. */
  near: u32;
  /** Rows kept; some have become too far since. */
  count: u32;
  /** Rows wanted. */
  depth: u32;
  /** Most rows kept at a time, more than twice as many. */
  capacity: u32;
}

export function begin(at: usize, depth: u32, capacity: u32): void {
  memory.fill(at + histogramAt, 0, (<usize>bins) << 2);
  const kept = changetype<Kept>(at);
  kept.tooFar = bins;
  kept.near = 0;
  kept.count = 0;
  kept.depth = depth;
  kept.capacity = capacity;
}

// From this distance on a row is not wanted. Once there are enough, one as far as the last of them is not either: a
// million equal rows must fit.
export function boundOf(at: usize): u32 {
  const kept = changetype<Kept>(at);
  return kept.tooFar - (kept.near >= kept.depth ? 1 : 0);
}

// A row below the bound; answers the bound that follows.
export function keep(at: usize, row: u32, distance: u32): u32 {
  const kept = changetype<Kept>(at);
  if (kept.count == kept.capacity) drop(at);
  const place = at + rowsAt + ((<usize>kept.count) << 3);
  store<u32>(place, distance);
  store<u32>(place, row, 4);
  kept.count++;
  const histogram = at + histogramAt;
  const bin = histogram + ((<usize>distance) << 2);
  store<u32>(bin, load<u32>(bin) + 1);
  let tooFar = kept.tooFar;
  let near = kept.near + 1;
  let last = load<u32>(histogram + ((<usize>(tooFar - 1)) << 2));
  while (near - last >= kept.depth) {
    near -= last;
    tooFar--;
    last = load<u32>(histogram + ((<usize>(tooFar - 1)) << 2));
  }
  kept.tooFar = tooFar;
  kept.near = near;
  return boundOf(at);
}

// Drops the rows that have become too far.
export function drop(at: usize): void {
  const kept = changetype<Kept>(at);
  const first = at + rowsAt;
  const end = first + ((<usize>kept.count) << 3);
  let to = first;
  for (let from = first; from < end; from += 8) {
    if (load<u32>(from) >= kept.tooFar) continue;
    store<u64>(to, load<u64>(from));
    to += 8;
  }
  kept.count = <u32>((to - first) >>> 3);
}
