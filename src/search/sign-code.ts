// A template's signs, one bit a dimension: near templates have few bits that differ.
import type { Template } from '../gallery/ports.ts';
import { type Layout, selecting } from './layout.ts';

type WriteSigns = (template: number, dimensions: number, code: number) => void;

/** Writes sign codes where they stand in the memory of codes, from the place of one thread there. */
export class SignWriter {
  readonly #writeSigns: WriteSigns;
  readonly #template: Float32Array;
  readonly #templateAt: number;

  constructor({ exports }: WebAssembly.Instance, layout: Layout, thread: number, codes: WebAssembly.Memory) {
    this.#writeSigns = exports.writeSigns as WriteSigns;
    this.#templateAt = thread * selecting.bytes + selecting.template;
    this.#template = new Float32Array(codes.buffer, this.#templateAt, layout.dimensions);
  }

  /** @param at byte address of the code */
  write(template: Template, at: number): void {
    this.#template.set(template);
    this.#writeSigns(this.#templateAt, template.length, at);
    this.#template.fill(0);
  }
}

/**
 * What it weighs that a sign is not the probe's: its absolute value there, scaled so that a byte holds each and all
 * together are 65,535 at most.
 * @param weights u8 x dimensions, written
 */
export function writeWeights(probe: Template, weights: Uint8Array): void {
  let sum = 0;
  let largest = 0;
  for (const value of probe) {
    sum += Math.abs(value);
    largest = Math.max(largest, Math.abs(value));
  }
  const scale = Math.min(255 / largest, 65_535 / sum);
  for (let i = 0; i < probe.length; i++) weights[i] = Math.floor(Math.abs(probe[i]!) * scale);
}
