// Turns any name into an id of a person that the wire allows, the same each time and different for different names.
import { createHash } from 'node:crypto';
import { maxIdLength } from '../wire/limits.ts';

/**
 * @returns the letters, digits, `_` and `-` that can be kept, without accents, and six hexadecimal digits of the name's
 * SHA-256, since two names may keep the same letters
 */
export function suggestId(name: string): string {
  const mark = createHash('sha256').update(name.normalize('NFC')).digest('hex').slice(0, 6);
  const kept = name
    .normalize('NFKD')
    .replaceAll(/\p{Mn}/gu, '')
    .replaceAll(/[^A-Za-z0-9_]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, maxIdLength - mark.length - 1);
  return kept === '' ? `person-${mark}` : `${kept}-${mark}`;
}
