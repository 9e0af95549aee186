// The best of many rows by score, as many as asked for.

export class TopRows {
  readonly #depth: number;
  readonly #rows: Uint32Array;
  readonly #scores: Float32Array;
  #count = 0;
  #bound: number;
  #isCut = false;

  constructor(depth: number, minScore: number) {
    this.#depth = depth;
    this.#bound = minScore;
    this.#rows = new Uint32Array(depth * 2);
    this.#scores = new Float32Array(depth * 2);
  }

  offer(row: number, score: number): void {
    // Not-a-number passes no comparison, and so never ranks.
    if (!(score >= this.#bound)) return;
    if (this.#count === this.#rows.length) this.#cut();
    this.#rows[this.#count] = row;
    this.#scores[this.#count++] = score;
  }

  /** `floor`: no row left out scored more; -Infinity where none that scored enough was. */
  take(): { rows: Uint32Array<ArrayBuffer>; scores: Float32Array<ArrayBuffer>; floor: number } {
    if (this.#count > this.#depth) this.#cut();
    const floor = this.#isCut ? this.#bound : Number.NEGATIVE_INFINITY;
    const taken = {
      rows: this.#rows.slice(0, this.#count),
      scores: this.#scores.slice(0, this.#count),
      floor,
    };
    this.#scores.fill(0);
    return taken;
  }

  #cut(): void {
    const scores = this.#scores.subarray(0, this.#count);
    const order = Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]!);
    const best = order.slice(0, this.#depth);
    const rows = best.map((i) => this.#rows[i]!);
    const values = best.map((i) => scores[i]!);
    this.#rows.set(rows);
    this.#scores.set(values);
    this.#count = best.length;
    this.#bound = values.at(-1)!;
    this.#isCut = true;
  }
}
