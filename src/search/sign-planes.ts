// The signs of templates in the memory that all threads share: plane by plane, as `kernel/planes.ts` writes them.
import type { Template } from '../gallery/ports.ts';
import { blockRows, type Layout, planeStride, selecting, templatesAtATime } from './layout.ts';

/** Byte addresses in the memory of signs, and numbers; rows are numbered within their block. */
interface Kernel {
  writeSigns(template: number, dimensions: number, block: number, planeBytes: number, row: number): void;
  writeEightSigns(
    templates: number,
    dimensions: number,
    block: number,
    planeBytes: number,
    row: number,
  ): void;
  eraseSigns(dimensions: number, block: number, planeBytes: number, row: number): void;
  copySigns(
    dimensions: number,
    planeBytes: number,
    fromBlock: number,
    fromRow: number,
    toBlock: number,
    toRow: number,
  ): void;
}

/** Of one thread, the only one that writes rows. */
export class SignPlanes {
  readonly #kernel: Kernel;
  readonly #layout: Layout;
  /** Room for the templates whose signs are written; reads zero otherwise. */
  readonly #templates: Float32Array;

  /** The memory must reach past the places of all threads. */
  constructor(module: WebAssembly.Module, layout: Layout, thread: number, signs: WebAssembly.Memory) {
    const { exports } = new WebAssembly.Instance(module, { env: { memory: signs } });
    this.#kernel = exports as unknown as Kernel;
    this.#layout = layout;
    const at = thread * selecting.bytes + selecting.templates;
    this.#templates = new Float32Array(signs.buffer, at, templatesAtATime * layout.dimensions);
  }

  write(row: number, template: Template): void {
    this.#writeSome(row, template);
    this.#templates.fill(0, 0, template.length);
  }

  /** Of rows that follow one another. @param templates one after the other */
  writeAll(first: number, templates: Float32Array): void {
    const { dimensions } = this.#layout;
    const count = templates.length / dimensions;
    for (let from = 0; from < count; ) {
      const isWhole = (first + from) % templatesAtATime === 0 && count - from >= templatesAtATime;
      const to = from + (isWhole ? templatesAtATime : 1);
      this.#writeSome(first + from, templates.subarray(from * dimensions, to * dimensions));
      from = to;
    }
    this.#templates.fill(0);
  }

  erase(row: number): void {
    const { dimensions } = this.#layout;
    this.#kernel.eraseSigns(dimensions, this.#blockOf(row), planeStride, row % blockRows);
  }

  copy(from: number, to: number): void {
    const { dimensions } = this.#layout;
    this.#kernel.copySigns(
      dimensions,
      planeStride,
      this.#blockOf(from),
      from % blockRows,
      this.#blockOf(to),
      to % blockRows,
    );
  }

  /** Of one row, or of as many as are written in one call; the templates are left in the room. */
  #writeSome(row: number, templates: Template): void {
    const { dimensions } = this.#layout;
    this.#templates.set(templates);
    const write = templates.length === dimensions ? this.#kernel.writeSigns : this.#kernel.writeEightSigns;
    write(this.#templates.byteOffset, dimensions, this.#blockOf(row), planeStride, row % blockRows);
  }

  #blockOf(row: number): number {
    return this.#layout.signsAt + Math.floor(row / blockRows) * this.#layout.blockBytes;
  }
}
