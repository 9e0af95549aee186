// Whether anything grows: a long run of signed requests of every kind, with resident memory and delay over time.
import { portrait } from '../test/support/portraits.ts';
import { defineBench, type Page } from './bench.ts';
import { count, quantile } from './figures.ts';
import { fillLibrary } from './library.ts';
import { MixedClient } from './mixed-client.ts';
import { axisOver } from './plot-axes.ts';
import { residentBytes, startServer, TemporaryLibrary } from './server.ts';
import { watchHealth } from './signed-client.ts';

const clients = 16;
const samples = 40;
/** Nonces are remembered for twice the skew: what was sent ten seconds ago may be forgotten. */
const flags = ['--max-clock-skew', '5'];

interface Sample {
  readonly requests: number;
  readonly mb: number;
  readonly delaysMs: readonly number[];
}

export const bench = defineBench({
  sentence: 'Whether anything grows: resident memory over a long run of signed requests of every kind.',
  minutes: { full: 12, short: 1.5 },
  options: { requests: ['100000', '8000', 'of 16 clients'], faces: ['10000', '3000', 'of the library'] },
  async run(options, page) {
    const [requests, faces] = [Number(options.requests), Number(options.faces)];
    const pictures = (await Promise.all((['left', 'middle', 'right'] as const).map(portrait))).map(
      (bytes) => `data:image/jpeg;base64,${bytes.toString('base64')}`,
    );
    const library = new TemporaryLibrary();
    try {
      await library.fill(async (store, { modelId }) => {
        await fillLibrary(store, { faces, facesPerPerson: 5, groupsOf: () => ['group'], modelId });
      });
      const startedAtMs = performance.now();
      const taken = await soak(library, requests, pictures);
      const tookS = (performance.now() - startedAtMs) / 1000;
      page.say(
        `${count(requests)} requests of ${clients} clients in ${tookS.toFixed(0)} s, ${count(faces)} faces.\n`,
      );
      report(page, taken);
    } finally {
      library.remove();
    }
  },
});

async function soak(
  library: TemporaryLibrary,
  requests: number,
  pictures: readonly string[],
): Promise<Sample[]> {
  const server = await startServer(library, { flags });
  const health = watchHealth(server.url);
  const taken: Sample[] = [];
  let asked = 0;
  const run = async (client: MixedClient) => {
    while (asked < requests) {
      asked++;
      if (asked % Math.ceil(requests / samples) === 0)
        taken.push({
          requests: asked,
          mb: residentBytes(server.pid) / 2 ** 20,
          delaysMs: health.delaysMs.splice(0),
        });
      await client.callSomething();
    }
  };
  const callers = Array.from(
    { length: clients },
    (_, i) => new MixedClient(server.url, `client-${i}`, pictures),
  );
  await Promise.all(callers.map(run));
  await health.stop();
  await server.stop();
  return taken;
}

function report(page: Page, taken: readonly Sample[]): void {
  page.head(['requests', 'resident memory, MB', '/healthz p50, ms', 'p99, ms']);
  for (const { requests, mb, delaysMs } of taken.filter((_, i) => (i + 1) % (samples / 10) === 0))
    page.row([
      count(requests),
      mb.toFixed(0),
      quantile(delaysMs, 0.5).toFixed(1),
      quantile(delaysMs, 0.99).toFixed(1),
    ]);
  const settled = taken.slice(taken.length >> 1);
  page.say(`\nSlope over the second half: ${(slopeOf(settled) * 1024).toFixed(1)} KB a thousand requests.`);
  const points = taken.map(({ requests, mb }) => [requests, mb] as const);
  page.plot('soak-memory', {
    title: 'Resident memory over a long run of requests',
    x: axisOver(
      'requests',
      'linear',
      points.map(([x]) => x),
    ),
    y: axisOver(
      'resident memory, MB',
      'linear',
      points.map(([, y]) => y),
    ),
    lines: [{ name: 'server', points, colour: 0 }],
  });
}

/** MB per 1,000 requests: the slope of the line that fits best. */
function slopeOf(points: readonly Sample[]): number {
  const mean = (value: (sample: Sample) => number) =>
    points.reduce((sum, sample) => sum + value(sample), 0) / points.length;
  const [x, y] = [mean((sample) => sample.requests), mean(({ mb }) => mb)];
  const across = points.reduce((sum, sample) => sum + (sample.requests - x) * (sample.mb - y), 0);
  const along = points.reduce((sum, sample) => sum + (sample.requests - x) ** 2, 0);
  return (across / along) * 1000;
}
