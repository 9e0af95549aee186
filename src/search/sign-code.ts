// A template's signs, one bit a dimension, of most dimensions: near templates have few bits that differ.
import type { Template } from '../gallery/ports.ts';
import { type Layout, selecting } from './layout.ts';

type WriteSigns = (template: number, dimensions: number, code: number) => void;

/** Writes sign codes where they stand in the memory of codes, from the place of one thread there. */
export class SignWriter {
  readonly #writeSigns: WriteSigns;
  readonly #template: Float32Array;
  readonly #templateAt: number;
  readonly #layout: Layout;

  constructor({ exports }: WebAssembly.Instance, layout: Layout, thread: number, codes: WebAssembly.Memory) {
    this.#writeSigns = exports.writeSigns as WriteSigns;
    this.#templateAt = thread * selecting.bytes + selecting.template;
    this.#layout = layout;
    this.#template = new Float32Array(codes.buffer, this.#templateAt, layout.dimensions);
  }

  /** @param at byte address of the code */
  write(template: Template, at: number): void {
    this.#template.set(template);
    this.#writeSigns(this.#templateAt, this.#layout.codedDimensions, at);
    this.#template.fill(0);
  }

  /** Of templates one after the other; so do their codes lie. */
  writeAll(templates: Float32Array, at: number): void {
    const { dimensions, codedDimensions, codeBytes } = this.#layout;
    for (let from = 0, to = at; from < templates.length; from += dimensions, to += codeBytes) {
      this.#template.set(templates.subarray(from, from + dimensions));
      this.#writeSigns(this.#templateAt, codedDimensions, to);
    }
    this.#template.fill(0);
  }
}

/**
 * What it weighs that a sign is not the probe's: its absolute value there, scaled so that a byte holds each and all
 * together are 65,535 at most.
 * @param weights u8 for each dimension whose sign is kept, written
 */
export function writeWeights(probe: Template, weights: Uint8Array): void {
  let sum = 0;
  let largest = 0;
  for (const value of probe.subarray(0, weights.length)) {
    sum += Math.abs(value);
    largest = Math.max(largest, Math.abs(value));
  }
  const scale = Math.min(255 / largest, 65_535 / sum);
  for (let i = 0; i < weights.length; i++) weights[i] = Math.floor(Math.abs(probe[i]!) * scale);
}
