// Divides the rows of a search among threads, in parts of the same size.

/** A part of fewer rows is scanned sooner than it is handed over. */
const minPartRows = 32_768;

/**
 * @param extents first row and number of rows, each
 * @returns at most `threads` parts of the same form
 */
export function split(extents: Uint32Array, threads: number): Uint32Array[] {
  const rows = countRows(extents);
  const count = Math.max(1, Math.min(threads, Math.floor(rows / minPartRows)));
  const partRows = Math.ceil(rows / count);
  const parts: number[][] = [[]];
  let room = partRows;
  for (let i = 0; i < extents.length; i += 2) {
    let first = extents[i]!;
    let left = extents[i + 1]!;
    while (left > 0) {
      if (room === 0) {
        parts.push([]);
        room = partRows;
      }
      const taken = Math.min(left, room);
      parts.at(-1)!.push(first, taken);
      first += taken;
      left -= taken;
      room -= taken;
    }
  }
  return parts.map((part) => Uint32Array.from(part));
}

export function countRows(extents: Uint32Array): number {
  let count = 0;
  for (let i = 1; i < extents.length; i += 2) count += extents[i]!;
  return count;
}
