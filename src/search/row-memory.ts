// The rows as bytes: each has a template in one memory and its signs in another.
import type { Template } from '../gallery/ports.ts';
import { blockRows, type Layout, scoring, selecting } from './layout.ts';
import { growTo, openMemory } from './shared-memory.ts';
import { SignPlanes } from './sign-planes.ts';

export class RowMemory {
  readonly signs: WebAssembly.Memory;
  readonly shards: WebAssembly.Memory[] = [];
  readonly #layout: Layout;
  readonly #onShard: (memory: WebAssembly.Memory) => void;
  /** From the place of the main thread, as all that changes rows. */
  readonly #planes: SignPlanes;
  /** The whole memories; others each time they have grown. */
  readonly #floats: Float32Array[] = [];

  /** @param onShard told of each new memory of templates */
  constructor(module: WebAssembly.Module, layout: Layout, onShard: (memory: WebAssembly.Memory) => void) {
    this.#layout = layout;
    this.#onShard = onShard;
    this.signs = openMemory(layout.signsAt);
    this.#planes = new SignPlanes(module, layout, 0, this.signs);
  }

  /** Makes room for the rows below a number. @throws {RangeError} where the machine has no more memory */
  reach(end: number): void {
    const { signsAt, blockBytes, templatesAt, dimensions, shardOrder } = this.#layout;
    growTo(this.signs, signsAt + Math.ceil(end / blockRows) * blockBytes);
    const number = (end - 1) >>> shardOrder;
    if (this.shards[number] === undefined) this.#openShard();
    growTo(this.shards[number]!, templatesAt + (end - number * 2 ** shardOrder) * dimensions * 4);
    this.#floats[number] = new Float32Array(this.shards[number]!.buffer);
  }

  write(row: number, template: Template): void {
    this.#template(row).set(template);
    this.#planes.write(row, template);
  }

  /** As `write` of one row after the other; those that lie together in one call. @param templates one after the other */
  writeAll(rows: Uint32Array, templates: Float32Array): void {
    const { dimensions, shardOrder } = this.#layout;
    for (let from = 0, to = 1; from < rows.length; from = to++) {
      const row = rows[from]!;
      while (rows[to] === row + to - from && rows[to]! >>> shardOrder === row >>> shardOrder) to++;
      const run = templates.subarray(from * dimensions, to * dimensions);
      this.#floats[row >>> shardOrder]!.set(run, this.#floatAt(row));
      this.#planes.writeAll(row, run);
    }
  }

  /** Every form of the row reads zero when this returns. */
  erase(row: number): void {
    this.#template(row).fill(0);
    this.#planes.erase(row);
  }

  /** The row `from` stands at `to` as well. */
  copy(from: number, to: number): void {
    this.#template(to).set(this.#template(from));
    this.#planes.copy(from, to);
  }

  /** What a thread that died was working on reads zero when this returns. */
  erasePlaceOf(thread: number): void {
    new Uint8Array(this.signs.buffer, thread * selecting.bytes, selecting.bytes).fill(0);
    for (const { buffer } of this.shards)
      new Uint8Array(buffer, thread * scoring.bytes, scoring.bytes).fill(0);
  }

  /** Every byte in which templates, signs, probes, distances or scores ever stand. */
  get bytes(): Uint8Array[] {
    return [this.signs, ...this.shards].map(({ buffer }) => new Uint8Array(buffer));
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
}
