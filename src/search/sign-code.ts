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
