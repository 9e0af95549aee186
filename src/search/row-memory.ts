// The rows as bytes: each has a template in one memory and its sign code in another.
import type { Template } from '../gallery/ports.ts';
import { type Layout, scoring, selecting } from './layout.ts';
import { growTo, openMemory } from './shared-memory.ts';
import { SignWriter } from './sign-code.ts';

export class RowMemory {
  readonly codes: WebAssembly.Memory;
  readonly shards: WebAssembly.Memory[] = [];
  readonly #layout: Layout;
  readonly #onShard: (memory: WebAssembly.Memory) => void;
  /** From the place of the main thread, as all that changes rows. */
  readonly #signs: SignWriter;
  /** The whole memories; others each time they have grown. */
  #codeWords: Uint32Array;
  readonly #floats: Float32Array[] = [];

  /** @param onShard told of each new memory of templates */
  constructor(module: WebAssembly.Module, layout: Layout, onShard: (memory: WebAssembly.Memory) => void) {
    this.#layout = layout;
    this.#onShard = onShard;
    this.codes = openMemory(layout.codesAt);
    const instance = new WebAssembly.Instance(module, { env: { memory: this.codes } });
    this.#signs = new SignWriter(instance, layout, 0, this.codes);
    this.#codeWords = new Uint32Array(this.codes.buffer);
  }

  /** Makes room for the rows below a number. @throws {RangeError} where the machine has no more memory */
  reach(end: number): void {
    const { codesAt, codeBytes, templatesAt, dimensions, shardOrder } = this.#layout;
    growTo(this.codes, codesAt + end * codeBytes);
    this.#codeWords = new Uint32Array(this.codes.buffer);
    const number = (end - 1) >>> shardOrder;
    if (this.shards[number] === undefined) this.#openShard();
    growTo(this.shards[number]!, templatesAt + (end - number * 2 ** shardOrder) * dimensions * 4);
    this.#floats[number] = new Float32Array(this.shards[number]!.buffer);
  }

  write(row: number, template: Template): void {
    this.#template(row).set(template);
    this.#signs.write(template, this.#codeAt(row));
  }

  /** As `write` of one row after the other; those that lie together in one call. @param templates one after the other */
  writeAll(rows: Uint32Array, templates: Float32Array): void {
    const { dimensions, shardOrder } = this.#layout;
    for (let from = 0, to = 1; from < rows.length; from = to++) {
      const row = rows[from]!;
      while (rows[to] === row + to - from && rows[to]! >>> shardOrder === row >>> shardOrder) to++;
      const run = templates.subarray(from * dimensions, to * dimensions);
      this.#floats[row >>> shardOrder]!.set(run, this.#floatAt(row));
      this.#signs.writeAll(run, this.#codeAt(row));
    }
  }

  /** Every form of the row reads zero when this returns. */
  erase(row: number): void {
    this.#template(row).fill(0);
    this.#code(row).fill(0);
  }

  /** The row `from` stands at `to` as well. */
  copy(from: number, to: number): void {
    this.#template(to).set(this.#template(from));
    this.#code(to).set(this.#code(from));
  }

  /** What a thread that died was working on reads zero when this returns. */
  erasePlaceOf(thread: number): void {
    new Uint8Array(this.codes.buffer, thread * selecting.bytes, selecting.bytes).fill(0);
    for (const { buffer } of this.shards)
      new Uint8Array(buffer, thread * scoring.bytes, scoring.bytes).fill(0);
  }

  /** Every byte in which templates, codes, probes, distances or scores ever stand. */
  get bytes(): Uint8Array[] {
    return [this.codes, ...this.shards].map(({ buffer }) => new Uint8Array(buffer));
  }

  #openShard(): void {
    const memory = openMemory(this.#layout.templatesAt);
    this.#onShard(memory);
    this.shards.push(memory);
  }

  #template(row: number): Float32Array {
    const start = this.#floatAt(row);
    return this.#floats[row >>> this.#layout.shardOrder]!.subarray(start, start + this.#layout.dimensions);
  }

  /** In its memory's floats. */
  #floatAt(row: number): number {
    const { dimensions, shardOrder, templatesAt } = this.#layout;
    return templatesAt / 4 + (row & ((1 << shardOrder) - 1)) * dimensions;
  }

  #code(row: number): Uint32Array {
    const start = this.#codeAt(row) / 4;
    return this.#codeWords.subarray(start, start + this.#layout.codeBytes / 4);
  }

  #codeAt(row: number): number {
    return this.#layout.codesAt + row * this.#layout.codeBytes;
  }
}
