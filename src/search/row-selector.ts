// Chooses the rows of a part that are worth scoring: the nearest by their signs.
import { askedByBlock } from './asked-rows.ts';
import { batchWords, blockRows, type Layout, planeBytes, planeStride, selecting } from './layout.ts';

/** Byte addresses in the memory of signs, and numbers; see `kernel/nearest.ts`. */
interface Kernel {
  beginNearest(kept: number, depth: number, capacity: number): void;
  nearest(
    block: number,
    first: number,
    planeBytes: number,
    asked: number,
    batches: number,
    batchCount: number,
    counts: number,
    kept: number,
  ): void;
  endNearest(kept: number): void;
}

/** Rows kept at a time, as a multiple of those wanted. */
const room = 3;

const planesOfBatch = 14;
/** Binary digits of a number of them. */
const digitsOfSum = 4;

/**
 * Batches of planes that are read of those dimensions where the probe is negative, and as many of the others, the largest
 * numbers first: from which binary digit on each counts. So these weigh 4, 2 or 1, and the rest, which tells little, is not
 * read: of 512 planes 196 are, which weigh 392.
 */
const digitOfBatch = [2, 1, 1, 1, 1, 0, 0];
const batchCount = 2 * digitOfBatch.length;

/** One a thread, with a place of its own in the memory of signs. */
export class RowSelector {
  readonly #kernel: Kernel;
  readonly #layout: Layout;
  readonly #batches: Uint32Array;
  readonly #asked: Uint8Array;
  readonly #counts: Uint8Array;
  readonly #kept: Uint32Array;
  readonly #keptRows: Uint32Array;

  /** The memory must reach past the places of all threads. */
  constructor(module: WebAssembly.Module, layout: Layout, thread: number, signs: WebAssembly.Memory) {
    const { exports } = new WebAssembly.Instance(module, { env: { memory: signs } });
    const at = thread * selecting.bytes;
    this.#kernel = exports as unknown as Kernel;
    this.#layout = layout;
    this.#batches = new Uint32Array(signs.buffer, at + selecting.batches, batchCount * batchWords);
    this.#asked = new Uint8Array(signs.buffer, at + selecting.asked, planeBytes);
    this.#counts = new Uint8Array(signs.buffer, at + selecting.counts, selecting.kept - selecting.counts);
    this.#kept = new Uint32Array(
      signs.buffer,
      at + selecting.kept,
      (selecting.keptRows - selecting.kept) / 4,
    );
    this.#keptRows = new Uint32Array(
      signs.buffer,
      at + selecting.keptRows,
      (selecting.bytes - selecting.keptRows) / 4,
    );
  }

  /**
   * In no order; some more than `depth` where many are equally far. Nothing of probe and rows is left in the memory.
   * @param extents first row and number of rows, each within a run
   */
  select(probe: Float32Array, extents: Uint32Array, depth: number): Uint32Array {
    const { signsAt, blockBytes } = this.#layout;
    const kept = this.#kept.byteOffset;
    this.#batches.set(chooseBatches(probe));
    this.#kernel.beginNearest(kept, depth, depth * room);
    for (const [block, asked] of askedByBlock(extents)) {
      this.#asked.set(asked);
      this.#kernel.nearest(
        signsAt + block * blockBytes,
        block * blockRows,
        planeBytes,
        this.#asked.byteOffset,
        this.#batches.byteOffset,
        batchCount,
        this.#counts.byteOffset,
        kept,
      );
    }
    this.#kernel.endNearest(kept);
    const rows = new Uint32Array(this.#kept[2]!);
    for (let i = 0; i < rows.length; i++) rows[i] = this.#keptRows[i * 2 + 1]!;
    for (const used of [this.#batches, this.#asked, this.#counts, this.#kept]) used.fill(0);
    this.#keptRows.fill(0, 0, depth * room * 2);
    return rows;
  }
}

/**
 * As `Batch` in `kernel/nearest.ts`, those that weigh least first, since counts have few digits then. Where there are too
 * few planes, the one that reads zero is as good as none.
 */
function chooseBatches(probe: Float32Array): Uint32Array {
  const batches = [false, true].flatMap((isNegative) => {
    const planes = sortedBySize(probe, isNegative).map((dimension) => dimension * planeStride);
    while (planes.length < digitOfBatch.length * planesOfBatch) planes.push(probe.length * planeStride);
    return digitOfBatch.map((digit, i) => ({
      planes: planes.slice(i * planesOfBatch, (i + 1) * planesOfBatch),
      flip: isNegative ? 0xffff_ffff : 0,
      digit,
    }));
  });
  batches.sort((a, b) => a.digit - b.digit);
  let most = 0;
  return Uint32Array.from(
    batches.flatMap(({ planes, flip, digit }) => {
      most += planesOfBatch << digit;
      return [...planes, flip, digit, Math.max(digit + digitsOfSum, 32 - Math.clz32(most))];
    }),
  );
}

/** Those of one sign, the largest numbers first. */
function sortedBySize(probe: Float32Array, isNegative: boolean): number[] {
  const dimensions: number[] = [];
  for (let i = 0; i < probe.length; i++) if (probe[i]! < 0 === isNegative) dimensions.push(i);
  return dimensions.sort((a, b) => Math.abs(probe[b]!) - Math.abs(probe[a]!));
}
