// Chooses the rows of a part that are worth scoring: those nearest by their signs, of these the nearest by weight.
import { batchExtents, type Layout, selecting } from './layout.ts';
import { SignWriter, writeWeights } from './sign-code.ts';

type Nearest = (
  ...places: [
    probe: number,
    codes: number,
    codeBytes: number,
    extents: number,
    extentCount: number,
    depth: number,
    state: number,
    histogram: number,
    kept: number,
    capacity: number,
  ]
) => void;

type Weigh = (
  ...places: [
    probe: number,
    codes: number,
    codeBytes: number,
    weights: number,
    depth: number,
    state: number,
    histogram: number,
    kept: number,
  ]
) => void;

/** Rows kept at a time, as a multiple of those wanted. */
const room = 3;

/** One a thread, with a place of its own in the memory of codes. */
export class RowSelector {
  readonly #layout: Layout;
  readonly #at: number;
  readonly #nearest: Nearest;
  readonly #weigh: Weigh;
  readonly #signs: SignWriter;
  /** All before the rows kept, and what lies there. */
  readonly #place: Uint8Array;
  readonly #state: Uint32Array;
  readonly #weights: Uint8Array;
  readonly #extents: Uint32Array;
  readonly #kept: Uint32Array;

  /** The memory must reach past the places of all threads. */
  constructor(module: WebAssembly.Module, layout: Layout, thread: number, codes: WebAssembly.Memory) {
    const instance = new WebAssembly.Instance(module, { env: { memory: codes } });
    const at = thread * selecting.bytes;
    this.#layout = layout;
    this.#at = at;
    this.#nearest = instance.exports.nearest as Nearest;
    this.#weigh = instance.exports.weigh as Weigh;
    this.#signs = new SignWriter(instance, layout, thread, codes);
    this.#place = new Uint8Array(codes.buffer, at, selecting.kept);
    this.#state = new Uint32Array(codes.buffer, at + selecting.state, 3);
    this.#weights = new Uint8Array(codes.buffer, at + selecting.weights, layout.dimensions);
    this.#extents = new Uint32Array(codes.buffer, at + selecting.extents, batchExtents * 2);
    this.#kept = new Uint32Array(codes.buffer, at + selecting.kept, (selecting.bytes - selecting.kept) / 4);
  }

  /**
   * In no order; some more than `depth` where many are equally far. Nothing of probe and rows is left in the memory.
   * @param weighed rows nearest by their signs, at least `depth`
   */
  select(probe: Float32Array, extents: Uint32Array, weighed: number, depth: number): Uint32Array {
    this.#findNearest(probe, extents, weighed);
    if (weighed > depth) this.#weighKept(probe, depth);
    const rows = new Uint32Array(this.#state[2]!);
    for (let i = 0; i < rows.length; i++) rows[i] = this.#kept[i * 2 + 1]!;
    this.#place.fill(0);
    this.#kept.fill(0, 0, weighed * room * 2);
    return rows;
  }

  #findNearest(probe: Float32Array, extents: Uint32Array, depth: number): void {
    const at = this.#at;
    const { codesAt, codeBytes } = this.#layout;
    this.#signs.write(probe, at + selecting.probe);
    this.#state[0] = codeBytes * 8 + 1;
    for (let from = 0; from < extents.length; from += batchExtents * 2) {
      const some = extents.subarray(from, from + batchExtents * 2);
      this.#extents.set(some);
      this.#nearest(
        at + selecting.probe,
        codesAt,
        codeBytes,
        at + selecting.extents,
        some.length / 2,
        depth,
        at + selecting.state,
        at + selecting.histogram,
        at + selecting.kept,
        depth * room,
      );
    }
  }

  #weighKept(probe: Float32Array, depth: number): void {
    const at = this.#at;
    const { codesAt, codeBytes } = this.#layout;
    writeWeights(probe, this.#weights);
    this.#weigh(
      at + selecting.probe,
      codesAt,
      codeBytes,
      at + selecting.weights,
      depth,
      at + selecting.state,
      at + selecting.histogram,
      at + selecting.kept,
    );
  }
}
