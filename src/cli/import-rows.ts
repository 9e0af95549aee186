// Reads the rows of a CSV or NDJSON file under the names of their columns, each with its line and what is wrong with it.
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { type CsvError, parse } from 'csv-parse';
import { isNdjson } from './import-report.ts';
import { readLines } from './read-lines.ts';

/** A row by column; or why it cannot be read. */
export type Row =
  | { readonly line: number; readonly values: Readonly<Partial<Record<Column, unknown>>> }
  | { readonly line: number; readonly refused: string };

/** Each column with the spellings it is known by, in lower case and without `_`, `-` and blanks. */
const columns = {
  personId: ['personid', 'person', 'id'],
  name: ['name'],
  note: ['note'],
  groups: ['groups', 'group', 'groupids', 'groupid'],
  picture: ['picture', 'path', 'url', 'file', 'photo', 'image'],
  consent: ['consent'],
  faceId: ['faceid'],
  holds: ['holds'],
} as const satisfies Record<string, readonly string[]>;
type Column = keyof typeof columns;

/** A picture of 20 MB as a data: URL, and what else stands beside it. */
const maxRowBytes = 29 * 1024 * 1024;

export const readRows = (path: string): AsyncIterable<Row> =>
  isNdjson(path) ? readNdjson(path) : readCsv(path);

async function* readNdjson(path: string): AsyncIterable<Row> {
  for await (const { number: line, text } of readLines(path, maxRowBytes)) {
    if (text === undefined) yield { line, refused: 'the line is longer than 29 MiB' };
    else if (text.trim() !== '') {
      const row = readObject(line, text);
      // The first line of an export says what the file is.
      if (row !== undefined) yield row;
    }
  }
}

function readObject(line: number, text: string): Row | undefined {
  if (text.includes('\uFFFD')) return { line, refused: notUtf8 };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { line, refused: 'the line is no JSON' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { line, refused: 'the line is no JSON object' };
  }
  return 'lethe-export' in value ? undefined : { line, values: byColumn(value) };
}

const notUtf8 = 'it is not in UTF-8: save the file as UTF-8';

function byColumn(given: object): Partial<Record<Column, unknown>> {
  const named = Object.entries(given).map(([key, value]) => [columnOf(key) ?? '', value]);
  return Object.fromEntries(
    named.filter(([column, value]) => column !== '' && value !== null && value !== ''),
  );
}

function columnOf(name: string): Column | undefined {
  const plain = name.toLowerCase().replaceAll(/[\s_-]/g, '');
  const found = Object.entries(columns).find(([, spellings]) =>
    (spellings as readonly string[]).includes(plain),
  );
  return found?.[0] as Column | undefined;
}

/** @throws {Error} when the first line names no person */
async function* readCsv(path: string): AsyncIterable<Row> {
  const refused: Row[] = [];
  const parser = parse({
    bom: true,
    delimiter: await findDelimiter(path),
    columns: readHeader,
    info: true,
    trim: true,
    skip_empty_lines: true,
    max_record_size: maxRowBytes,
    skip_records_with_error: true,
    on_skip: (error) => {
      if (error !== undefined) refused.push({ line: error.lines as number, refused: wordsOf(error) });
      return undefined;
    },
  });
  const input = createReadStream(path);
  input.on('error', (error) => parser.destroy(error));
  input.pipe(withoutReturns()).pipe(parser);
  try {
    for await (const { record, info } of parser as AsyncIterable<{
      record: object;
      info: { lines: number };
    }>) {
      yield* refused.splice(0);
      if (JSON.stringify(record).includes('\uFFFD')) yield { line: info.lines, refused: notUtf8 };
      else yield { line: info.lines, values: byColumn(record) };
    }
  } catch (error) {
    // What follows an unclosed quote, or a row too long, cannot be told apart from it.
    if (!isCsvError(error)) throw error;
    refused.push({ line: error.lines as number, refused: `${wordsOf(error)}; nothing after it was read` });
  } finally {
    input.destroy();
  }
  yield* refused;
}

/** CRLF as LF, bytewise: within quotes the parser counts it as two lines. */
function withoutReturns(): Transform {
  let held = Buffer.alloc(0);
  const strip = (bytes: Buffer) => Buffer.from(bytes.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const bytes = Buffer.concat([held, chunk]);
      // Its line feed may be the next chunk's first byte.
      const end = bytes.length - (bytes.at(-1) === 0x0d ? 1 : 0);
      held = bytes.subarray(end);
      done(null, strip(bytes.subarray(0, end)));
    },
    flush: (done) => done(null, held),
  });
}

const isCsvError = (error: unknown): error is CsvError =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('CSV_');

function wordsOf({ code }: CsvError): string {
  const words: Partial<Record<string, string>> = {
    CSV_RECORD_INCONSISTENT_COLUMNS: 'the row has more or fewer columns than the first line',
    CSV_RECORD_INCONSISTENT_FIELDS_LENGTH: 'the row has more or fewer columns than the first line',
    CSV_QUOTE_NOT_CLOSED: 'a quote that is opened before is never closed',
    CSV_MAX_RECORD_SIZE: 'the row is longer than 29 MiB',
    INVALID_OPENING_QUOTE: 'a quote stands within a value that is not quoted',
    CSV_INVALID_CLOSING_QUOTE: 'a quoted value goes on after its quote',
  };
  return words[code] ?? 'the row is no CSV';
}

function readHeader(names: string[]): (string | false)[] {
  const known = names.map((name) => columnOf(name));
  if (!known.includes('personId')) {
    throw new Error('the first line of the CSV must name its columns, one of them personId');
  }
  return names.map((_name, i) => known[i] ?? false);
}

/** Spreadsheets of half the world write semicolons. */
async function findDelimiter(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4096), 0, 4096, 0);
    const [head = ''] = buffer.toString('utf8', 0, bytesRead).split(/[\r\n]/);
    const count = (mark: string): number => head.split(mark).length;
    return [',', ';', '\t'].reduce((best, mark) => (count(mark) > count(best) ? mark : best));
  } finally {
    await file.close();
  }
}
