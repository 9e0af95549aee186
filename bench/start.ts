// Start and memory of the built program, empty and with a large library.
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { defineBench, type Page } from './bench.ts';
import { count, median } from './figures.ts';
import { dimensions, fillLibrary } from './library.ts';
import { residentBytes, startServer, TemporaryLibrary } from './server.ts';

interface Start {
  /** From starting the process. */
  readonly listeningMs: number;
  readonly readyMs: number;
  /** Resident, two seconds after that. */
  readonly residentBytes: number;
  /** Times that /readyz told how many faces were loaded, other than none and all. */
  readonly progressTold: number;
}

export const bench = defineBench({
  sentence:
    'From starting the process to serving, and its memory, empty and with a large library (a million faces take 2.3 GB of disk).',
  minutes: { full: 7, short: 0.5 },
  options: {
    faces: ['1000000', '10000', 'of the large library'],
    'per-person': ['10', '10', 'faces of each person'],
    runs: ['7', '3', 'starts of the empty library'],
    'full-runs': ['3', '1', 'starts of the large one'],
  },
  async run(options, page) {
    const [faces, facesPerPerson] = [Number(options.faces), Number(options['per-person'])];
    const library = new TemporaryLibrary();
    try {
      const empty = await measureStarts(
        { ...library, data: join(library.parent, 'empty') },
        Number(options.runs),
      );
      describe(page, 'An empty library', empty);
      await library.fill(async (store, { modelId, dimensions: made }) => {
        if (made !== dimensions) throw new Error(`the models make ${made} dimensions`);
        await fillLibrary(store, { faces, facesPerPerson, groupsOf: () => ['group'], modelId });
      });
      const full = await measureStarts(library, Number(options['full-runs']));
      describe(page, `${count(faces)} faces of ${dimensions} dimensions, ${facesPerPerson} a person`, full);
      const idle = Math.min(...empty.map((start) => start.residentBytes));
      const perFace = (least: number) => spread(full.map((start) => (start.residentBytes - least) / faces));
      page.row(['resident memory a face, whole process, bytes', ...perFace(0)]);
      page.row(["resident memory a face, beyond the empty library's, bytes", ...perFace(idle)]);
      page.row([
        'answers of /readyz that told another progress',
        ...spread(full.map(({ progressTold }) => progressTold)),
      ]);
    } finally {
      library.remove();
    }
  },
});

type Place = Parameters<typeof startServer>[0];

async function measureStarts(place: Place, runs: number): Promise<Start[]> {
  const starts: Start[] = [];
  for (let run = 0; run < runs; run++) starts.push(await measureStart(place));
  return starts;
}

async function measureStart(place: Place): Promise<Start> {
  const startedAtMs = performance.now();
  const server = await startServer(place, { isOnlyListening: true });
  try {
    const told = new Set<number>();
    for (;;) {
      const answer = await fetch(new URL('/readyz', server.url));
      if (answer.status === 200) break;
      const { faces: progress } = (await answer.json()) as { faces: { loaded: number; of: number } };
      if (progress.loaded > 0 && progress.loaded < progress.of) told.add(progress.loaded);
      await pause(5);
    }
    const readyMs = performance.now() - startedAtMs;
    await pause(2_000);
    const { listeningMs, pid } = server;
    return { listeningMs, readyMs, residentBytes: residentBytes(pid), progressTold: told.size };
  } finally {
    await server.stop();
  }
}

function describe(page: Page, title: string, starts: readonly Start[]): void {
  const row = (name: string, figure: keyof Start, divisor = 1) =>
    page.row([name, ...spread(starts.map((start) => start[figure] / divisor))]);
  page.say(`\n${title}, ${starts.length} start${starts.length === 1 ? '' : 's'}:\n`);
  page.head(['figure', 'min', 'median', 'max']);
  row('process start to listening, ms', 'listeningMs');
  row('process start to /readyz 200, ms', 'readyMs');
  row('idle resident memory, MB', 'residentBytes', 1024 ** 2);
}

function spread(figures: readonly number[]): string[] {
  return [Math.min(...figures), median(figures), Math.max(...figures)].map((figure) => figure.toFixed(0));
}
