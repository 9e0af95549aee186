// A template's signs, one bit a dimension: near templates have few bits that differ.
import type { Template } from '../gallery/ports.ts';

/** Writes the code of a template into words that hold zero. */
export function writeSignCode(template: Template, words: Uint32Array): void {
  for (let word = 0; word * 32 < template.length; word++) {
    const start = word * 32;
    const end = Math.min(start + 32, template.length);
    let bits = 0;
    for (let i = start; i < end; i++) if (template[i]! < 0) bits |= 1 << (i - start);
    words[word] = bits;
  }
}

/**
 * How far a code is from a probe, by what the probe's values say: for each byte of a code and each value it may have, the
 * sum of the probe's absolute values where signs differ, all together scaled to 65,535 at most.
 * @param code the probe's own
 * @param weights u16 x 256 x bytes of the code, written
 */
export function writeWeights(probe: Float32Array, code: Uint8Array, weights: Uint16Array): void {
  let sum = 0;
  for (const value of probe) sum += Math.abs(value);
  const scale = 65_535 / sum;
  const sums = new Uint16Array(256);
  for (let byte = 0; byte < code.length; byte++) {
    for (let differing = 1; differing < 256; differing++) {
      const lowest = 31 - Math.clz32(differing & -differing);
      const value = Math.abs(probe[byte * 8 + lowest] ?? 0) * scale;
      sums[differing] = sums[differing & (differing - 1)]! + Math.floor(value);
    }
    for (let differing = 0; differing < 256; differing++)
      weights[byte * 256 + (differing ^ code[byte]!)] = sums[differing]!;
  }
  sums.fill(0);
}
