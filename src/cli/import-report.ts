// The report of an import, a line a face: what it was, what it became, or why not.
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { stringify } from 'csv-stringify';
import { outcomes } from './import-item.ts';
import type { ReportRow } from './import-state.ts';
import { printed } from './printed.ts';

const columns = ['person', 'source', 'line', 'outcome', 'faceId', 'reason'] as const;

/**
 * Writes the report whole, in place of the one before, with mode 600: NDJSON where the name says so (`.ndjson`,
 * `.jsonl`), else CSV.
 */
export async function writeReport(path: string, rows: Iterable<ReportRow>): Promise<void> {
  const part = `${path}.part`;
  try {
    await pipeline(
      Readable.from(rows),
      isNdjson(path) ? toNdjson() : toCsv(),
      createWriteStream(part, { mode: 0o600 }),
    );
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

export const isNdjson = (path: string): boolean => /\.(ndjson|jsonl)$/i.test(path);

const toNdjson = (): Transform =>
  new Transform({
    writableObjectMode: true,
    transform: (row, _encoding, done) => done(null, `${JSON.stringify(row)}\n`),
  });

// A folder's name may begin with `=`: a spreadsheet must not take it for a formula.
const toCsv = () => stringify({ header: true, columns: [...columns], escape_formulas: true });

/** How many of what, most frequent first; numbers in reasons are left out, so that like stands with like. */
export function summarise(rows: Iterable<ReportRow>): {
  enrolled: number;
  others: [words: string, count: number][];
} {
  let enrolled = 0;
  const counts = new Map<string, number>();
  for (const { outcome, reason } of rows) {
    if (outcome === 'enrolled') {
      enrolled += 1;
      continue;
    }
    const because =
      outcome === 'refused' && reason !== undefined ? `: ${reason.replaceAll(/\d+/g, 'N')}` : '';
    const words = `${outcomes[outcome]}${printed(because)}`;
    counts.set(words, (counts.get(words) ?? 0) + 1);
  }
  return { enrolled, others: [...counts].sort(([, one], [, other]) => other - one) };
}
