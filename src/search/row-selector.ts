// Chooses the rows of a part that are worth scoring: of those near by their signs the nearest by weight.
import { maxRun } from './extents.ts';
import { type Layout, selecting } from './layout.ts';
import { SignWriter, writeWeights } from './sign-code.ts';
import { countRows } from './split.ts';

/** Byte addresses in the memory of codes, and numbers; see `kernel/near.ts` and `kernel/nearest.ts`. */
interface Kernel {
  countDistances(
    probe: number,
    codes: number,
    codeBytes: number,
    rows: number,
    stride: number,
    histogram: number,
  ): void;
  beginNearest(kept: number, depth: number, capacity: number): void;
  nearest(
    probe: number,
    weights: number,
    first: number,
    rows: number,
    codes: number,
    codeBytes: number,
    bound: number,
    list: number,
    kept: number,
  ): void;
  endNearest(kept: number): void;
}

/** Rows kept at a time, as a multiple of those wanted. */
const room = 3;

/** From so many rows follows which distance is near. */
const sampledRows = 1024;

/** One a thread, with a place of its own in the memory of codes. */
export class RowSelector {
  readonly #kernel: Kernel;
  readonly #layout: Layout;
  readonly #signs: SignWriter;
  /** All before the rows kept, and what lies there. */
  readonly #place: Uint8Array;
  readonly #probe: number;
  readonly #weights: Uint8Array;
  readonly #list: Uint32Array;
  readonly #kept: Uint32Array;
  readonly #keptRows: Uint32Array;

  /** The memory must reach past the places of all threads. */
  constructor(module: WebAssembly.Module, layout: Layout, thread: number, codes: WebAssembly.Memory) {
    const instance = new WebAssembly.Instance(module, { env: { memory: codes } });
    const at = thread * selecting.bytes;
    const words = (from: number, count: number) => new Uint32Array(codes.buffer, at + from, count);
    this.#kernel = instance.exports as unknown as Kernel;
    this.#layout = layout;
    this.#signs = new SignWriter(instance, layout, thread, codes);
    this.#place = new Uint8Array(codes.buffer, at, selecting.keptRows);
    this.#probe = at + selecting.probe;
    this.#weights = new Uint8Array(codes.buffer, at + selecting.weights, layout.codedDimensions);
    this.#list = words(selecting.list, maxRun);
    this.#kept = words(selecting.kept, 3);
    this.#keptRows = words(selecting.keptRows, (selecting.bytes - selecting.keptRows) / 4);
  }

  /**
   * In no order; some more than `depth` where many are equally far. Nothing of probe and rows is left in the memory.
   * @param extents first row and number of rows, each within a run
   * @param weighed about so many rows are near by their signs: more than `depth`
   */
  select(probe: Float32Array, extents: Uint32Array, weighed: number, depth: number): Uint32Array {
    const kept = this.#kept.byteOffset;
    this.#signs.write(probe, this.#probe);
    writeWeights(probe, this.#weights);
    const bound = this.#boundOf(extents, weighed);
    this.#kernel.beginNearest(kept, depth, depth * room);
    for (let i = 0; i < extents.length; i += 2)
      this.#kernel.nearest(
        this.#probe,
        this.#weights.byteOffset,
        extents[i]!,
        extents[i + 1]!,
        this.#codeAt(extents[i]!),
        this.#layout.codeBytes,
        bound,
        this.#list.byteOffset,
        kept,
      );
    this.#kernel.endNearest(kept);
    const rows = new Uint32Array(this.#kept[2]!);
    for (let i = 0; i < rows.length; i++) rows[i] = this.#keptRows[i * 2 + 1]!;
    this.#place.fill(0);
    this.#keptRows.fill(0, 0, depth * room * 2);
    return rows;
  }

  /** The Hamming distance below which there are about as many rows as wanted. */
  #boundOf(extents: Uint32Array, wanted: number): number {
    const count = countRows(extents);
    const distances = this.#layout.codeBytes * 8 + 1;
    if (wanted >= count) return distances;
    const histogram = this.#list.subarray(0, distances);
    const stride = Math.ceil(count / sampledRows);
    this.#countDistances(extents, stride, histogram);
    let left = Math.ceil(wanted / stride);
    let bound = 0;
    while (left > 0 && bound < distances) left -= histogram[bound++]!;
    return bound;
  }

  #countDistances(extents: Uint32Array, stride: number, histogram: Uint32Array): void {
    // Rows until the next that is counted: it may be some extents further.
    let ahead = 0;
    for (let i = 0; i < extents.length; i += 2) {
      const rows = extents[i + 1]! - ahead;
      if (rows > 0)
        this.#kernel.countDistances(
          this.#probe,
          this.#codeAt(extents[i]! + ahead),
          this.#layout.codeBytes,
          rows,
          stride,
          histogram.byteOffset,
        );
      ahead = rows > 0 ? Math.ceil(rows / stride) * stride - rows : -rows;
    }
  }

  #codeAt(row: number): number {
    return this.#layout.codesAt + row * this.#layout.codeBytes;
  }
}
