// The whole request: a signed search by photograph over HTTP against the built program, and what its parts take.
import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { defineBench, type Page } from './bench.ts';
import { count, median, quantile, timeMs } from './figures.ts';
import { fillLibrary } from './library.ts';
import { axisOfSizes, axisOver } from './plot-axes.ts';
import { smallPhotograph } from './portrait.ts';
import { type RunningServer, startServer, TemporaryLibrary } from './server.ts';
import { signRequest, watchHealth } from './signed-client.ts';

/** Faces of the group whose search takes no time that could be told. */
const fewFaces = 20;
const facesPerPerson = 20;
const warmUpRounds = 10;
const clientsTogether = 8;

interface Parts {
  readonly faces: number;
  readonly requestMs: readonly number[];
  /** Each beside the request of the same round that searched few faces. */
  readonly searchMs: readonly number[];
}

interface Split {
  readonly sizes: readonly Parts[];
  readonly fewMs: readonly number[];
  readonly restMs: readonly number[];
}

export const bench = defineBench({
  sentence:
    'The whole signed search by photograph over HTTP at several sizes, its parts, one client and several, and /healthz beside.',
  minutes: { full: 8, short: 1 },
  options: {
    faces: [
      '10000,100000,1000000',
      '10000,100000',
      'sizes of the groups; the largest is the library (2.3 GB of disk a million)',
    ],
    rounds: ['200', '50', 'requests of each kind by one client'],
    seconds: ['20', '5', 'with several clients'],
  },
  async run(options, page) {
    const sizes = options.faces
      .split(',')
      .map(Number)
      .sort((a, b) => a - b);
    const photograph = await smallPhotograph();
    const url = `data:image/jpeg;base64,${photograph.toString('base64')}`;
    const library = new TemporaryLibrary();
    try {
      await library.fill(async (store, { modelId }) => {
        await fillLibrary(store, {
          faces: sizes.at(-1)!,
          facesPerPerson,
          modelId,
          groupsOf: (first) => [
            ...sizes.filter((size) => first < size).map(groupOf),
            ...(first < fewFaces ? [groupOf(fewFaces)] : []),
          ],
        });
      });
      page.say(
        `A photograph of 600 x 450 (${(photograph.length / 1024).toFixed(0)} KiB) as a data: URL, scene sface-n, one library of ${count(sizes.at(-1)!)} faces with a group of each size. ` +
          `In each round the client asks for every group, for one of ${fewFaces} faces, and sends as many bytes to an operation that does not look at the picture. ` +
          'The search is the difference to the request for few faces of the same round, decoding and the models are the difference between that one and the last, and the rest (HTTP, signature, JSON) is the last.',
      );
      for (const under of [findOneCore(page), []]) {
        if (under === undefined) continue;
        const server = await startServer(library, { under });
        const cores = under.length > 0 ? 'one core' : `${availableParallelism()} cores`;
        try {
          const split = await measureParts(server, url, sizes, Number(options.rounds));
          sayParts(page, cores, split);
          if (under.length > 0) draw(page, cores, split);
          await measureTogether(page, server, url, sizes.at(-1)!, Number(options.seconds) * 1000);
        } finally {
          await server.stop();
        }
      }
    } finally {
      library.remove();
    }
  },
});

const groupOf = (faces: number): string => `of-${faces}`;

/** How the server is kept to one core, where the machine has more. */
function findOneCore(page: Page): string[] | undefined {
  if (availableParallelism() === 1) return undefined;
  try {
    execFileSync('taskset', ['-c', '0', 'true'], { stdio: 'ignore' });
    return ['taskset', '-c', '0'];
  } catch {
    page.say('\nThere is no taskset here, which would keep the server to one core.');
    return undefined;
  }
}

const signSearch = (server: RunningServer, url: string, faces: number): (() => Promise<unknown>) =>
  signRequest(server.url, '/green/image/scan', {
    scenes: ['sface-n'],
    tasks: [{ url, extras: { groupId: groupOf(faces) } }],
  });

/** One client; each round asks in another order, so that no kind always follows the same. */
async function measureParts(
  server: RunningServer,
  url: string,
  sizes: readonly number[],
  rounds: number,
): Promise<Split> {
  const kinds = [...sizes, fewFaces, undefined];
  const times = kinds.map((): number[] => []);
  for (let round = -warmUpRounds; round < rounds; round++) {
    for (let i = 0; i < kinds.length; i++) {
      const at = (i + round + warmUpRounds) % kinds.length;
      const faces = kinds[at];
      const send =
        faces === undefined
          ? signRequest(server.url, '/green/sface/groups', { unread: url })
          : signSearch(server, url, faces);
      const tookMs = await timeMs(send);
      if (round >= 0) times[at]!.push(tookMs);
    }
  }
  const restMs = times.at(-1)!;
  const fewMs = times.at(-2)!;
  const parts = sizes.map((faces, i) => ({
    faces,
    requestMs: times[i]!,
    searchMs: times[i]!.map((tookMs, round) => tookMs - fewMs[round]!),
  }));
  return { sizes: parts, fewMs, restMs };
}

function sayParts(page: Page, cores: string, { sizes, fewMs, restMs }: Split): void {
  page.say(`\nOne client, the server on ${cores}:\n`);
  page.head([
    'faces',
    'request p50, ms',
    'p95, ms',
    'search p50, ms',
    'decoding and models p50, ms',
    'rest p50, ms',
  ]);
  const [few, rest] = [median(fewMs), median(restMs)];
  for (const { faces, requestMs, searchMs } of sizes)
    page.row([
      count(faces),
      ...[median(requestMs), quantile(requestMs, 0.95), median(searchMs), few - rest, rest].map((ms) =>
        ms.toFixed(1),
      ),
    ]);
}

/** Several clients at a time, for the whole library and for few faces, with /healthz asked all the while. */
async function measureTogether(
  page: Page,
  server: RunningServer,
  url: string,
  largest: number,
  forMs: number,
): Promise<void> {
  page.say('');
  page.head([
    'clients',
    'faces',
    'requests a second',
    'p50, ms',
    'p95, ms',
    '/healthz p50, ms',
    '/healthz p99, ms',
  ]);
  for (const [clients, faces] of [
    [0, 0],
    [1, largest],
    [clientsTogether, fewFaces],
    [clientsTogether, largest],
  ] as const) {
    const health = watchHealth(server.url);
    const times: number[] = [];
    const untilMs = performance.now() + forMs;
    const client = async () => {
      while (performance.now() < untilMs) times.push(await timeMs(signSearch(server, url, faces)));
    };
    const tookMs = await timeMs(() =>
      Promise.all([pause(forMs), ...Array.from({ length: clients }, client)]),
    );
    await health.stop();
    const figure = (ms: number) => (Number.isNaN(ms) ? '' : ms.toFixed(1));
    page.row([
      clients === 0 ? 'none' : clients,
      clients === 0 ? '' : count(faces),
      clients === 0 ? '' : ((times.length * 1000) / tookMs).toFixed(1),
      figure(median(times)),
      figure(quantile(times, 0.95)),
      figure(median(health.delaysMs)),
      figure(quantile(health.delaysMs, 0.99)),
    ]);
  }
}

function draw(page: Page, cores: string, { sizes, fewMs, restMs }: Split): void {
  const [few, rest] = [median(fewMs), median(restMs)];
  const line = (name: string, colour: number, figure: (parts: Parts) => number) => ({
    name,
    colour,
    isDotted: true,
    points: sizes.map((parts) => [parts.faces, figure(parts)] as const),
  });
  const lines = [
    line('the whole request', 7, ({ requestMs }) => median(requestMs)),
    line('decoding and models', 1, () => few - rest),
    line('search', 0, ({ searchMs }) => median(searchMs)),
    line('HTTP, signature, JSON', 2, () => rest),
  ];
  const faces = sizes.map((parts) => parts.faces);
  page.plot('identify-http', {
    title: `A search by photograph and its parts, the server on ${cores}`,
    x: axisOfSizes('faces in the group', faces),
    y: axisOver(
      'p50, ms',
      'linear',
      lines.flatMap(({ points }) => points.map(([, ms]) => ms)),
    ),
    lines,
  });
}
