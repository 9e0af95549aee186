// A child process on a disk that records, fails or ends it at a chosen change of a file: disk.c, compiled when asked for.
import { execFileSync, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// As disk.c has them.
export const kinds = { write: 1, truncate: 2, sync: 4, unlink: 8, said: 16 } as const;
export type Kind = keyof typeof kinds;
const actions = { fail: 1, failHalfway: 2, shorten: 3, killBefore: 4, killHalfway: 5, ignore: 6 } as const;
export type Action = keyof typeof actions;

const everyChange = kinds.write | kinds.truncate | kinds.sync | kinds.unlink;
const controlBytes = 56;
const forever = 0xffff_ffff;

/** One change of the folder, in the order they were made; or a line the process said, where it began to say it. */
export interface Change {
  readonly kind: Kind;
  readonly file: string;
  /** Where a write begins, or the length a file was cut to. */
  readonly at: number;
  readonly bytes: Buffer;
}

/** What is to happen to the changes numbered `first` to `last`, 1 being the next. */
export interface Fault {
  readonly action: Action;
  readonly first: number;
  readonly last?: number;
  /** errno, for those that fail. */
  readonly error?: number;
  /** How the names of files end whose changes are counted; every file's where left out. */
  readonly file?: string;
}

/** Moves the fault of a running process; used by the process itself. */
export class FaultSwitch {
  readonly #fd: number;

  constructor(path: string) {
    this.#fd = openSync(path, 'r+');
  }

  arm({ action, first, last = first, error = 0, file = '' }: Fault): void {
    this.#set(file, 0, first, Math.min(last, forever), actions[action], error, everyChange);
  }

  /** Lets every change through from now on. */
  clear(): void {
    this.#set('', 0, 0, 0, 0, 0, everyChange);
  }

  /** Changes since `arm` or `clear`. */
  get count(): number {
    const words = Buffer.alloc(4);
    readFileSync(`/proc/self/fd/${this.#fd}`).copy(words, 0, 0, 4);
    return words.readUInt32LE();
  }

  #set(file: string, ...words: number[]): void {
    const bytes = Buffer.alloc(controlBytes);
    bytes.write(file, words.length * 4);
    words.forEach((word, i) => {
      bytes.writeUInt32LE(word, i * 4);
    });
    writeSync(this.#fd, bytes, 0, bytes.length, 0);
  }
}

/** Why this machine cannot run what needs the disk; undefined when it can. */
export function whyNoDisk(): string | undefined {
  if (process.platform !== 'linux') return 'the recording disk is for Linux (LD_PRELOAD)';
  try {
    execFileSync('cc', ['--version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'no C compiler is at hand (cc), which the recording disk is made with';
  }
}

export class Disk {
  readonly #place: string;

  private constructor(place: string) {
    this.#place = place;
  }

  static async make(): Promise<Disk> {
    const place = await mkdtemp(join(tmpdir(), 'lethe-disk-'));
    const source = fileURLToPath(new URL('./disk.c', import.meta.url));
    const library = join(place, 'disk.so');
    execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl', '-lpthread']);
    return new Disk(place);
  }

  /**
   * Runs a program of this folder on the disk until it ends, however it ends. It may arm a `FaultSwitch` of the path in
   * DISK_CONTROL; what it writes to descriptor 3 comes back line by line.
   */
  async run(
    program: string,
    folder: string,
    args: readonly string[],
    { isTraced = false, killAfterMs }: { isTraced?: boolean; killAfterMs?: number } = {},
  ): Promise<{ said: unknown[]; signal: NodeJS.Signals | null; code: number | null; trace: Change[] }> {
    const control = join(this.#place, 'control');
    const trace = join(this.#place, 'trace');
    writeFileSync(control, Buffer.alloc(controlBytes));
    await rm(trace, { force: true });
    const stdio: StdioOptions = ['ignore', 'inherit', 'inherit', 'pipe'];
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', fileURLToPath(new URL(program, import.meta.url)), folder, ...args],
      {
        stdio,
        env: {
          ...process.env,
          LD_PRELOAD: join(this.#place, 'disk.so'),
          DISK_FOLDER: folder,
          DISK_CONTROL: control,
          ...(isTraced ? { DISK_TRACE: trace } : {}),
        },
      },
    );
    let text = '';
    const lines = child.stdio[3] as NodeJS.ReadableStream;
    lines.setEncoding('utf8').on('data', (part: string) => {
      if (text === '' && killAfterMs !== undefined) setTimeout(() => child.kill('SIGKILL'), killAfterMs);
      text += part;
    });
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    return {
      said: whole
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
      code,
      signal,
      trace: isTraced && existsSync(trace) ? readTrace(readFileSync(trace)) : [],
    };
  }

  async remove(): Promise<void> {
    await rm(this.#place, { recursive: true });
  }
}

/** Said by a child process: a line the parent reads, also of a process that was killed right after. */
export const say = (line: object): void => {
  writeSync(3, `${JSON.stringify(line)}\n`);
};

const headerBytes = 24;

function readTrace(bytes: Buffer): Change[] {
  const names = new Map<number, Kind>(Object.entries(kinds).map(([name, kind]) => [kind, name as Kind]));
  const changes: Change[] = [];
  for (let at = 0; at + headerBytes <= bytes.length; ) {
    const nameEnd = at + headerBytes + bytes.readUInt32LE(at + 4);
    const end = nameEnd + Number(bytes.readBigUInt64LE(at + 16));
    changes.push({
      kind: names.get(bytes.readUInt32LE(at))!,
      file: bytes.toString('utf8', at + headerBytes, nameEnd),
      at: Number(bytes.readBigUInt64LE(at + 8)),
      bytes: bytes.subarray(nameEnd, end),
    });
    at = end;
  }
  return changes;
}
