// Reads and writes JSON without losing a digit: ids of 17 digits arrive as bare numbers from some SDKs.
import { parse } from 'lossless-json';
import { maxIdLength } from './limits.ts';

/**
 * Integers beyond 2^53 become bigint, so that a face id sent as a number keeps every digit; all others are numbers, also
 * those longer than any id: reading millions of digits would take minutes.
 */
function parseNumber(text: string): number | bigint {
  const value = Number(text);
  const isLongInteger = text.length <= maxIdLength && /^-?\d+$/.test(text) && !Number.isSafeInteger(value);
  return isLongInteger ? BigInt(text) : value;
}

/**
 * Parses a JSON text; a key given twice with two values is refused, as any other mistake.
 * @throws {SyntaxError} with the position of the mistake
 */
export function parseJson(text: string): unknown {
  return parse(text, undefined, parseNumber);
}
