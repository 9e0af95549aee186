// Reads JSON without losing a digit: ids of 17 digits arrive as bare numbers from some SDKs.
import { parse } from 'lossless-json';
import { Refusal } from './errors.ts';
import { maxIdLength, maxJsonCharacters } from './limits.ts';

/** From this length on, a string is read by `JSON.parse`: lossless-json goes letter by letter, a second for 5 MB. */
const longString = 1_000;

/** Begins what stands for a string that was set aside; a string that could be taken for that is set aside too. */
const mark = '~';

/**
 * Integers beyond 2^53 become bigint, so that a face id sent as a number keeps every digit; all others are numbers, also
 * those longer than any id: reading millions of digits would take long.
 */
function parseNumber(text: string): number | bigint {
  const value = Number(text);
  const isLongInteger = text.length <= maxIdLength && /^-?\d+$/.test(text) && !Number.isSafeInteger(value);
  return isLongInteger ? BigInt(text) : value;
}

/**
 * Parses a JSON text; a key given twice with two values is refused, as any other mistake.
 * @throws {SyntaxError | RangeError} for what is no JSON, or nested too deeply
 * @throws {Refusal} badRequest where there is too much of it besides long strings
 */
export function parseJson(text: string): unknown {
  const { rest, strings } = setStringsAside(text);
  if (strings.length === 0) return parse(rest, undefined, parseNumber);
  const restore = (_: string, value: unknown) =>
    typeof value === 'string' && value.startsWith(mark) ? strings[Number(value.slice(1))] : value;
  return parse(rest, restore, parseNumber);
}

/** The text with placeholders for long strings, keys apart, and those strings in the order of their numbers. */
function setStringsAside(text: string): { rest: string; strings: string[] } {
  const strings: string[] = [];
  let rest = '';
  const keep = (from: number, to: number) => {
    if (rest.length + to - from > maxJsonCharacters) {
      throw new Refusal(
        'badRequest',
        `body: holds more than ${maxJsonCharacters} characters besides long texts`,
      );
    }
    rest += text.slice(from, to);
  };
  let kept = 0;
  for (let open = text.indexOf('"'); open !== -1; ) {
    const end = endOfString(text, open);
    if (end === -1) break;
    const isOdd = text[open + 1] === mark || text[open + 1] === '\\';
    if ((isOdd || end - open > longString) && !isKey(text, end)) {
      keep(kept, open);
      rest += `"${mark}${strings.length}"`;
      strings.push(JSON.parse(text.slice(open, end)) as string);
      kept = end;
    }
    open = text.indexOf('"', end);
  }
  keep(kept, text.length);
  return { rest, strings };
}

/** Behind the closing quote; -1 where there is none. */
function endOfString(text: string, open: number): number {
  for (let at = text.indexOf('"', open + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let escapes = 0;
    while (text[at - 1 - escapes] === '\\') escapes++;
    if (escapes % 2 === 0) return at + 1;
  }
  return -1;
}

const isKey = (text: string, end: number): boolean => {
  const after = /[^ \t\r\n]/g;
  after.lastIndex = end;
  return after.exec(text)?.[0] === ':';
};
