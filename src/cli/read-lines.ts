// Reads a file line by line with a bound on each, so that a file without line ends cannot fill the memory.
import { createReadStream } from 'node:fs';

export interface TextLine {
  /** From 1. */
  readonly number: number;
  /** Undefined where the line is longer than allowed. */
  readonly text: string | undefined;
  /** Bytes of the file up to the end of this line. */
  readonly end: number;
  /** Whether a line end follows. */
  readonly isEnded: boolean;
}

const lineFeed = 0x0a;

/** Lines in UTF-8, a byte order mark and carriage returns before line feeds taken away. */
export async function* readLines(path: string, maxBytes: number): AsyncIterable<TextLine> {
  let parts: Buffer[] = [];
  let length = 0;
  let number = 1;
  let end = 0;
  const take = (isEnded: boolean): TextLine => {
    const text = length > maxBytes ? undefined : textOf(Buffer.concat(parts), number);
    parts = [];
    length = 0;
    return { number: number++, text, end, isEnded };
  };
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    for (let from = 0; from < chunk.length; ) {
      const at = chunk.indexOf(lineFeed, from);
      const part = chunk.subarray(from, at === -1 ? chunk.length : at);
      length += part.length;
      if (length <= maxBytes) parts.push(part);
      end += part.length;
      from += part.length;
      if (at === -1) continue;
      from += 1;
      end += 1;
      yield take(true);
    }
  }
  if (length > 0) yield take(false);
}

function textOf(bytes: Buffer, number: number): string {
  const text = bytes.toString('utf8').replace(/\r$/, '');
  return number === 1 ? text.replace(/^\uFEFF/, '') : text;
}
