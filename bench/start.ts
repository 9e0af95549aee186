// Start and memory of the built program, empty and with a large library. Linux only, since it reads /proc.
// Run: npx tsx bench/start.ts [--faces 1000000] [--per-person 4] [--runs 3], after `npm ci`; a million faces take 2.3 GB
// below the system's temporary folder, and minutes to be made.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { loadModels, modelsFolder } from '../src/biometrics/models.ts';
import { openEmbeddedStore } from '../src/store/embedded.ts';
import { dimensions, fillLibrary } from './library.ts';

const program = new URL('../bin/lethe', import.meta.url).pathname;

const { values } = parseArgs({
  options: {
    faces: { type: 'string', default: '0' },
    'per-person': { type: 'string', default: '4' },
    runs: { type: 'string', default: '7' },
  },
});
const [faces, facesPerPerson, runs] = [values.faces, values['per-person'], values.runs].map(Number) as [
  number,
  number,
  number,
];

interface Start {
  /** From starting the process. */
  readonly listeningMs: number;
  readonly readyMs: number;
  /** Resident, two seconds after that. */
  readonly residentBytes: number;
  /** Times that /readyz told how many faces were loaded, other than none and all. */
  readonly progressTold: number;
}

const parent = mkdtempSync(join(tmpdir(), 'lethe-bench-'));
try {
  const empty = await measureStarts(join(parent, 'empty'));
  const full = faces === 0 ? undefined : await measureFull(join(parent, 'full'));
  console.log(`${cpus()[0]!.model}, ${availableParallelism()} cores, Node ${process.version}, ${runs} runs, load of the machine ${loadavg()[0]!.toFixed(1)}
${describe('Empty library', empty)}${full === undefined ? '' : describeFull(full, empty)}`);
} finally {
  rmSync(parent, { recursive: true, force: true });
}

async function measureFull(data: string): Promise<Start[]> {
  const rootKey = randomBytes(32);
  writeFileSync(`${data}.root-key`, rootKey, { mode: 0o600 });
  const { embedder } = await loadModels(modelsFolder('default'));
  if (embedder.dimensions !== dimensions)
    throw new Error(`the models make ${embedder.dimensions} dimensions`);
  const store = await openEmbeddedStore({ folder: data, rootKey });
  await fillLibrary(store, { faces, facesPerPerson, groupIds: ['group'], modelId: embedder.id });
  await store.close();
  return measureStarts(data);
}

async function measureStarts(data: string): Promise<Start[]> {
  const starts: Start[] = [];
  for (let run = 0; run < runs; run++) starts.push(await measureStart(data));
  return starts;
}

async function measureStart(data: string): Promise<Start> {
  const startedAtMs = performance.now();
  const server = spawn(process.execPath, [program, 'serve', '--data', data, '--port', '0']);
  try {
    const url = await findUrl(server);
    const listeningMs = performance.now() - startedAtMs;
    const told = new Set<number>();
    for (;;) {
      const answer = await fetch(new URL('/readyz', url));
      if (answer.status === 200) break;
      const { faces: progress } = (await answer.json()) as { faces: { loaded: number; of: number } };
      if (progress.loaded > 0 && progress.loaded < progress.of) told.add(progress.loaded);
      await pause(5);
    }
    const readyMs = performance.now() - startedAtMs;
    await pause(2_000);
    const [, kb] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8')) ?? [];
    return { listeningMs, readyMs, residentBytes: Number(kb) * 1024, progressTold: told.size };
  } finally {
    server.kill();
    await new Promise((resolve) => server.once('exit', resolve));
  }
}

function findUrl({ stdout, stderr }: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    stderr!.setEncoding('utf8').on('data', (text: string) => process.stderr.write(text));
    stdout!.setEncoding('utf8').on('data', (text: string) => {
      const [, url] = /listens on (\S+)/.exec(text) ?? [];
      if (url !== undefined) resolve(url);
    });
    stdout!.once('end', () => reject(new Error('the server ended before it listened')));
  });
}

function describe(title: string, starts: readonly Start[]): string {
  const row = (figure: keyof Start, divisor = 1) => spread(starts.map((start) => start[figure] / divisor));
  return `
${title}

| figure | min | median | max |
|---|---:|---:|---:|
| process start to listening, ms | ${row('listeningMs')} |
| process start to /readyz 200, ms | ${row('readyMs')} |
| idle resident memory, MB | ${row('residentBytes', 1024 ** 2)} |
`;
}

function describeFull(full: readonly Start[], empty: readonly Start[]): string {
  const idle = Math.min(...empty.map(({ residentBytes }) => residentBytes));
  const perFace = (least: number) => spread(full.map(({ residentBytes }) => (residentBytes - least) / faces));
  return `${describe(`${faces} faces of ${dimensions} dimensions, ${facesPerPerson} a person`, full)}| resident memory a face, whole process, bytes | ${perFace(0)} |
| resident memory a face, beyond the empty library's, bytes | ${perFace(idle)} |
| answers of /readyz that told another progress | ${spread(full.map(({ progressTold }) => progressTold))} |
`;
}

function spread(figures: readonly number[]): string {
  const sorted = figures.toSorted((a, b) => a - b);
  return [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)]
    .map((figure) => figure!.toFixed(0))
    .join(' | ');
}
