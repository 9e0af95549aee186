// Hands out runs of rows, each a power of two long, and joins them again when they come back (a buddy allocator).

/** log2 of the rows in the longest run. */
export const maxOrder = 12;

/** Rows of the longest run; it begins at a multiple of them, and so never straddles two memories. */
export const maxRun = 2 ** maxOrder;

export class Extents {
  /** First rows of the free runs, by order. */
  readonly #free = Array.from({ length: maxOrder + 1 }, () => new Set<number>());
  #end = 0;

  /** Rows ever handed out lie below it. */
  get end(): number {
    return this.#end;
  }

  /**
   * Answers the first row of a run of 2 ** order rows.
   * @param reach makes room for rows below a number; where it throws, nothing is taken
   */
  take(order: number, reach: (end: number) => void): number {
    let from = order;
    while (from <= maxOrder && this.#free[from]!.size === 0) from++;
    if (from > maxOrder) {
      reach(this.#end + maxRun);
      this.#free[maxOrder]!.add(this.#end);
      this.#end += maxRun;
      from = maxOrder;
    }
    const [first] = this.#free[from]! as ReadonlySet<number> & Iterable<number>;
    this.#free[from]!.delete(first!);
    for (let half = from - 1; half >= order; half--) this.#free[half]!.add(first! + 2 ** half);
    return first!;
  }

  /** Takes a run back. */
  give(first: number, order: number): void {
    let start = first;
    let size = order;
    // The neighbour that a run was once split from differs in one bit.
    while (size < maxOrder && this.#free[size]!.delete(start ^ (2 ** size))) {
      start &= ~(2 ** size);
      size++;
    }
    this.#free[size]!.add(start);
  }
}
