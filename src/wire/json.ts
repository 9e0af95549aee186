// Reads and writes JSON without losing a digit: ids of 17 digits arrive as bare numbers from some SDKs.
import { parse } from 'lossless-json';

/** Integers beyond 2^53 become bigint, so that a face id sent as a number keeps every digit; all others are numbers. */
function parseNumber(text: string): number | bigint {
  const value = Number(text);
  return /^-?\d+$/.test(text) && !Number.isSafeInteger(value) ? BigInt(text) : value;
}

/**
 * Parses a JSON text; a key given twice with two values is refused, as any other mistake.
 * @throws {SyntaxError} with the position of the mistake
 */
export function parseJson(text: string): unknown {
  return parse(text, undefined, parseNumber);
}
