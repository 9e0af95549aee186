// Rows of templates in the memory of the WASM kernel, and the scan over chosen ones of them.
import { readFile } from 'node:fs/promises';
import type { Template } from '../gallery/ports.ts';

/** Right from src/ and from dist/. */
const kernelUrl = new URL('../../build/scan.wasm', import.meta.url);

const pageBytes = 64 * 1024;
/** All that wasm32 can address but its last page, so that no row ends where addresses wrap to 0. */
const maxMemoryBytes = 65_535 * pageBytes;
/** What the memory grows by. Pages are reserved, not yet taken: a row costs memory once it is written. */
const growthBytes = 16 * 1024 * 1024;

/** Rows scored in one call of the kernel. */
export const batchRows = 4096;

// The memory begins with what every scan needs, then come the rows.
const probeAt = 0;
const chosenAt = 16 * 1024;
const scoresAt = chosenAt + batchRows * 4;
const rowsAt = scoresAt + batchRows * 4;
const maxDimensions = (chosenAt - probeAt) / 4;

type Scan = (
  probe: number,
  rows: number,
  dimensions: number,
  chosen: number,
  count: number,
  scores: number,
) => void;

/** A scan that is set up: write row numbers into `chosen`, run, read as many `scores`. Ends when the memory grows. */
export interface Batch {
  readonly chosen: Uint32Array;
  readonly scores: Float32Array;
  run(count: number): void;
}

export class Scanner {
  readonly dimensions: number;
  /** Rows that fit. */
  readonly capacity: number;
  readonly #memory: WebAssembly.Memory;
  readonly #scan: Scan;
  readonly #maxBytes: number;
  /** The whole memory; another one each time it has grown. */
  #floats: Float32Array;

  private constructor(dimensions: number, memory: WebAssembly.Memory, scan: Scan, maxBytes: number) {
    this.dimensions = dimensions;
    this.capacity = Math.floor((maxBytes - rowsAt) / (dimensions * 4));
    this.#memory = memory;
    this.#scan = scan;
    this.#maxBytes = maxBytes;
    this.#floats = new Float32Array(memory.buffer);
  }

  /**
   * @param dimensions of every template; a multiple of 16, at most 4096
   * @param maxBytes what the memory may grow to
   * @throws {Error} where either is out of range, or the kernel was not built
   */
  static async open(dimensions: number, maxBytes = maxMemoryBytes): Promise<Scanner> {
    if (!(dimensions > 0 && dimensions <= maxDimensions && dimensions % 16 === 0)) {
      throw new Error(
        `templates must have a multiple of 16 dimensions, at most ${maxDimensions}: ${dimensions}`,
      );
    }
    if (!(maxBytes >= rowsAt + pageBytes && maxBytes <= maxMemoryBytes)) {
      throw new Error(
        `the search memory must have between ${rowsAt + pageBytes} and ${maxMemoryBytes} bytes`,
      );
    }
    const maximum = Math.floor(maxBytes / pageBytes);
    const memory = new WebAssembly.Memory({ initial: 1, maximum });
    const { instance } = await WebAssembly.instantiate(await readKernel(), { env: { memory } });
    return new Scanner(dimensions, memory, instance.exports.scan as Scan, maximum * pageBytes);
  }

  /** Every byte of the memory: what is forgotten can be shown not to be in it. */
  get bytes(): Uint8Array {
    return new Uint8Array(this.#memory.buffer);
  }

  /** @throws {Error} where the row lies beyond the memory's limit */
  write(row: number, template: Template): void {
    if (row >= this.capacity) {
      throw new Error(`the search memory is full: it holds ${this.capacity} templates`);
    }
    this.#growTo(rowsAt + (row + 1) * this.dimensions * 4);
    this.#floats.set(template, this.#startOf(row));
  }

  /** The row reads zero when this returns. */
  erase(row: number): void {
    this.#floats.fill(0, this.#startOf(row), this.#startOf(row + 1));
  }

  /** Scores rows against a probe through `work`; the probe and its scores read zero afterwards. */
  withProbe<Result>(probe: Template, work: (batch: Batch) => Result): Result {
    const { buffer } = this.#memory;
    const chosen = new Uint32Array(buffer, chosenAt, batchRows);
    const scores = new Float32Array(buffer, scoresAt, batchRows);
    const given = new Float32Array(buffer, probeAt, this.dimensions);
    given.set(probe);
    const run = (count: number) =>
      this.#scan(probeAt, rowsAt, this.dimensions, chosenAt, Math.min(count, batchRows), scoresAt);
    try {
      return work({ chosen, scores, run });
    } finally {
      given.fill(0);
      scores.fill(0);
    }
  }

  /** Where a row starts, in floats. */
  #startOf(row: number): number {
    return rowsAt / 4 + row * this.dimensions;
  }

  #growTo(bytes: number): void {
    const present = this.#memory.buffer.byteLength;
    if (bytes <= present) return;
    const wanted = Math.min(Math.max(bytes, present + growthBytes), this.#maxBytes);
    this.#memory.grow(Math.ceil((wanted - present) / pageBytes));
    this.#floats = new Float32Array(this.#memory.buffer);
  }
}

async function readKernel(): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await readFile(kernelUrl);
  } catch (cause) {
    throw new Error('the search kernel build/scan.wasm is missing: run npm run build:kernel', { cause });
  }
}
