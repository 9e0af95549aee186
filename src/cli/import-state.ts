// The journal of an import, beside what it reads: what was begun, what was enrolled, so that nothing is added twice.
import { type FileHandle, open } from 'node:fs/promises';
import type { Outcome } from './import-item.ts';
import { type FileLock, lockFile } from './lock-file.ts';
import { printed } from './printed.ts';
import { readLines } from './read-lines.ts';

/** One line of the report. */
export interface ReportRow {
  readonly person: string;
  readonly source: string;
  readonly line?: number | undefined;
  readonly outcome: Outcome;
  readonly faceId?: string | undefined;
  readonly reason?: string | undefined;
}

/** A picture by its source and its bytes: SHA-256, the first 128 bits in hexadecimal. */
export interface Sent {
  readonly source: string;
  readonly digest: string;
}

type PersonStatus = 'adding' | 'added' | 'settled';

/** What is known of one person. */
export interface PersonRecord {
  readonly status?: PersonStatus | undefined;
  /** Face ids by source. */
  readonly enrolled: ReadonlyMap<string, string>;
  /** Digests of the pictures enrolled. */
  readonly digests: ReadonlySet<string>;
  /** Pictures of a call whose answer never came. */
  readonly open: readonly Sent[];
}

interface Head {
  readonly state: 'lethe import';
  readonly version: 1;
  readonly from: string;
  readonly to: string;
}

type Line =
  | { readonly person: string; readonly is: PersonStatus | 'refused' }
  | { readonly person: string; readonly sending: readonly Sent[] }
  | (ReportRow & { readonly digest?: string })
  | { readonly run: 'finished' };

/** A line tells of at most 20 pictures. */
const maxLineBytes = 1024 * 1024;

const nobody: PersonRecord = { enrolled: new Map(), digests: new Set(), open: [] };

export class ImportState {
  readonly #file: FileHandle;
  readonly #lock: FileLock;
  readonly #persons = new Map<string, PersonRecord>();
  readonly #rows = new Map<string, ReportRow>();
  #writing: Promise<unknown> = Promise.resolve();
  #isUnderWay = false;

  private constructor(file: FileHandle, lock: FileLock) {
    this.#file = file;
    this.#lock = lock;
  }

  /**
   * Opens the journal, or makes it with mode 600.
   * @throws {Error} when it belongs to another import, is damaged, or another import is using it
   */
  static async open(path: string, from: string, to: string): Promise<ImportState> {
    const lock = await lockFile(`${path}.lock`);
    const head: Head = { state: 'lethe import', version: 1, from, to };
    const file = await open(path, 'a+', 0o600).catch(async (error) => {
      await lock.release();
      throw error;
    });
    try {
      const state = new ImportState(file, lock);
      for await (const { number, text, end, isEnded } of readLines(path, maxLineBytes)) {
        const isHead = number === 1 && (isEnded || !JSON.stringify(head).startsWith(text ?? ''));
        if (isHead) checkHead(text ?? '', head, path);
        // A kill may cut the last line short: it said nothing yet.
        else if (!isEnded) await file.truncate(end - Buffer.byteLength(text ?? ''));
        else state.#take(readLine(text ?? '', `${path}, line ${number}`));
      }
      if ((await file.stat()).size === 0) await state.#append([head]);
      return state;
    } catch (error) {
      await file.close();
      await lock.release();
      throw error;
    }
  }

  of(person: string): PersonRecord {
    return this.#persons.get(person) ?? nobody;
  }

  /** Whether the last run did not come to its end. */
  get isUnderWay(): boolean {
    return this.#isUnderWay;
  }

  get rows(): Iterable<ReportRow> {
    return this.#rows.values();
  }

  /** Each resolves once it is on disk. */
  setStatus(person: string, is: PersonStatus | 'refused'): Promise<void> {
    return this.#note([{ person, is }]);
  }

  /** Before pictures are sent: from now on they may have been enrolled. */
  noteSending(person: string, sending: readonly Sent[]): Promise<void> {
    return this.#note([{ person, sending }]);
  }

  /** What became of the pictures sent. */
  noteAnswer(person: string, rows: readonly (ReportRow & { digest?: string })[]): Promise<void> {
    return this.#note([...rows, { person, sending: [] }]);
  }

  /** What became of a picture without a call, or of a person. */
  noteRow(row: ReportRow & { digest?: string }): Promise<void> {
    return this.#note([row]);
  }

  /** The run came to its end: the next looks at everything again. What this one found stays for its report. */
  noteFinished(): Promise<void> {
    return this.#append([{ run: 'finished' }]);
  }

  async close(): Promise<void> {
    await this.#writing.catch(() => undefined);
    await this.#file.close();
    await this.#lock.release();
  }

  async #note(lines: readonly Line[]): Promise<void> {
    await this.#append(lines);
    for (const line of lines) this.#take(line);
  }

  // One after the other, so that no two lines mix.
  #append(lines: readonly (Line | Head)[]): Promise<void> {
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    const done = this.#writing.then(async () => {
      await this.#file.appendFile(text);
      await this.#file.datasync();
    });
    this.#writing = done.catch(() => undefined);
    return done;
  }

  #take(line: Line): void {
    if ('run' in line) {
      this.#isUnderWay = false;
      this.#startAnew();
      return;
    }
    this.#isUnderWay = true;
    const before = this.of(line.person);
    if ('is' in line) {
      this.#persons.set(line.person, { ...before, status: line.is === 'refused' ? undefined : line.is });
    } else if ('sending' in line) {
      this.#persons.set(line.person, { ...before, open: line.sending });
    } else {
      const { digest, ...row } = line;
      this.#rows.set(JSON.stringify([row.person, row.source]), row);
      if (row.outcome !== 'enrolled') return;
      this.#persons.set(row.person, {
        ...before,
        enrolled: new Map(before.enrolled).set(row.source, row.faceId!),
        digests: digest === undefined ? before.digests : new Set(before.digests).add(digest),
      });
    }
  }

  #startAnew(): void {
    for (const [key, { outcome }] of this.#rows) if (outcome !== 'enrolled') this.#rows.delete(key);
    for (const [person, record] of this.#persons) {
      if (record.status === 'settled') this.#persons.set(person, { ...record, status: 'added' });
    }
  }
}

function checkHead(text: string, wanted: Head, path: string): void {
  let found: Partial<Head> = {};
  try {
    found = Object(JSON.parse(text));
  } catch {
    // Said below.
  }
  if (found.state !== wanted.state || found.version !== wanted.version) {
    throw new Error(`${path} is no state of an import: give --state another file`);
  }
  if (found.from === wanted.from && found.to === wanted.to) return;
  throw new Error(
    `${path} belongs to an import of ${printed(String(found.from))} into ${printed(String(found.to))}: ` +
      'give --state another file for this one',
  );
}

function readLine(text: string, where: string): Line {
  try {
    return JSON.parse(text) as Line;
  } catch {
    throw new Error(`${where}: the state is damaged there; put a copy of it back`);
  }
}
