// Searching beside other engines and the memory's speed: time, recall, what building takes, and what deletions leave.
import { availableParallelism } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Line } from '../src/cli/line-chart.ts';
import { type OpenTemplateIndex, openTemplateIndex } from '../src/search/template-index.ts';
import { defineBench, type Page } from './bench.ts';
import { alternate, type Contestant, contest, manner } from './contest.ts';
import { count, median, quantile } from './figures.ts';
import { LoopDelay } from './loop-delay.ts';
import { axisOfSizes, axisOver } from './plot-axes.ts';
import { type Peer, peers } from './search-peers.ts';
import { dimensions, dot, type Kind, kindsOf, openDrawing } from './templates.ts';

export const bench = defineBench({
  sentence:
    'Searches at several sizes beside usearch, hnswlib-node, LanceDB, sqlite-vec, PGlite and the speed of memory.',
  minutes: { full: 35, short: 2 },
  options: {
    faces: ['10000,100000,1000000', '5000,20000', 'sizes of the library'],
    probes: ['1000', '200', 'with a mate, for the recall'],
    rounds: ['100', '30', 'of all engines by turns'],
    peers: ['usual', 'usual', 'all: also where one takes long to build; none; or a part of their names'],
    kind: ['both', 'like real faces', 'like real faces, random, or both'],
    seed: ['1', '1', 'of the templates'],
  },
  async run(options, page) {
    page.say(`${dimensions} dimensions, float32; seed ${options.seed}.`);
    for (const [i, kind] of kindsOf(options.kind).entries()) {
      const measured: Measured[] = [];
      for (const faces of options.faces.split(',').map(Number))
        measured.push(
          await measure(page, kind, faces, {
            seed: Number(options.seed),
            probes: Number(options.probes),
            rounds: Number(options.rounds),
            tellsMemory: i === 0,
            isWanted: ({ name, mostFaces }) =>
              options.peers === 'all' ||
              (options.peers === 'usual'
                ? faces <= mostFaces
                : options.peers !== 'none' && name.includes(options.peers)),
          }),
        );
      draw(page, kind, measured);
    }
  },
});

interface Wanted {
  readonly seed: number;
  readonly probes: number;
  readonly rounds: number;
  /** Only of the first kind: the growth of a process that has freed a million faces says nothing. */
  readonly tellsMemory: boolean;
  readonly isWanted: (peer: Peer) => boolean;
}

interface Measured {
  readonly faces: number;
  readonly contestants: readonly Contestant[];
  /** Reading every float32 once, at the memory's speed. */
  readonly limitMs: number;
}

type Manner = NonNullable<Parameters<OpenTemplateIndex['search']>[2]>;

async function nearest(index: OpenTemplateIndex, probe: Float32Array, how: Manner = {}): Promise<number> {
  const [best] = await index.search(probe, { groups: [1], limit: 1, minScore: -1 }, how);
  return best!.person;
}

function enrol(index: OpenTemplateIndex, person: number, face: Float32Array): void {
  index.setGroups(person, [1]);
  index.add(person, String(1e12 + person), face);
}

async function measure(page: Page, kind: Kind, size: number, wanted: Wanted): Promise<Measured> {
  const { faces, mates } = await drawFaces(kind, size, wanted);
  const index = await openTemplateIndex({ dimensions });
  const one = await contest('Lethe, one core', '', size, async () => {
    for (const [i, face] of faces.entries()) enrol(index, i, face);
    return { search: (probe) => nearest(index, probe, { threads: 1 }) };
  });
  const contestants = [one];
  const cores = availableParallelism();
  if (cores > 1) contestants.push(manner(`Lethe, ${cores} cores`, '', one, (probe) => nearest(index, probe)));
  const exact = { mode: 'exact', threads: 1 } as const;
  contestants.push(manner('Lethe, exact, one core', '', one, (probe) => nearest(index, probe, exact)));
  for (const peer of peers.filter(wanted.isWanted)) {
    try {
      contestants.push(await contest(peer.name, peer.note, size, () => peer.build(faces)));
    } catch (error) {
      page.say(`\n${peer.name} could not be tried: ${(error as Error).message.split('\n')[0]}`);
    }
  }
  const truth: number[] = [];
  for (const probe of mates) truth.push(await nearest(index, probe, { mode: 'exact' }));
  const bandwidth = await alternate(contestants, mates, truth, wanted.rounds);
  const limitMs = (size * dimensions * 4) / (bandwidth / 1000);
  sayTable(page, kind, { faces: size, contestants, limitMs }, bandwidth, wanted.tellsMemory);
  let missed = 0;
  for (const [i, probe] of mates.entries())
    if ((await nearest(index, probe, { threads: 1 })) !== truth[i]) missed++;
  page.say(
    `\nRecall@1 of all ${count(mates.length)} probes with a mate: ${(1 - missed / mates.length).toFixed(4)}.`,
  );
  await measureLoopDelay(page, index, mates);
  await measureAfterDeletions(page, index, { faces, mates, rounds: wanted.rounds });
  for (const { engine } of contestants) await engine.close?.();
  await index.close();
  return { faces: size, contestants, limitMs };
}

/** Faces, and probes whose mates are among them and score above the threshold. */
async function drawFaces(
  kind: Kind,
  size: number,
  { seed, probes }: Wanted,
): Promise<{ faces: Float32Array[]; mates: Float32Array[] }> {
  const drawing = await openDrawing(kind, seed);
  // One block, and views of it, so that what an engine adds can be told apart.
  const block = new Float32Array(size * dimensions);
  const faces = Array.from({ length: size }, (_, i) => block.subarray(i * dimensions, (i + 1) * dimensions));
  for (const face of faces) face.set(drawing.drawFace());
  const mates = Array.from({ length: probes }, (_, i) => {
    const face = faces[(i * 7919) % size]!;
    return drawing.drawMate(face, Math.max(0.45, dot(face, drawing.drawMate(face))));
  });
  return { faces, mates };
}

function sayTable(
  page: Page,
  kind: Kind,
  { faces, contestants, limitMs }: Measured,
  bandwidth: number,
  tellsMemory: boolean,
): void {
  page.say(`\n### ${count(faces)} faces, ${kind}\n`);
  page.head(['engine', 'p50, ms', 'p95, ms', 'recall@1', 'build, s', 'bytes a face']);
  for (const { name, note, times, found, buildMs, bytesPerFace } of contestants)
    page.row([
      note === '' ? name : `${name} (${note})`,
      median(times).toFixed(2),
      quantile(times, 0.95).toFixed(2),
      (found / times.length).toFixed(3),
      (buildMs / 1000).toFixed(1),
      tellsMemory && bytesPerFace > 0 ? count(Math.round(bytesPerFace)) : '',
    ]);
  const gigabytes = (bandwidth / 1e9).toFixed(1);
  const reading = `reading every float32 once, at the memory's ${gigabytes} GB/s, one core`;
  page.row([reading, limitMs.toFixed(2), '', '', '', '']);
  const mine = median(contestants[0]!.times);
  const int8 = contestants.find(({ name }) => name === 'usearch, exact, int8');
  page.say(
    `\nThat reading takes ${(limitMs / mine).toFixed(1)} times as long as Lethe on one core` +
      (int8 === undefined
        ? '.'
        : `, and usearch's exact int8 ${(median(int8.times) / mine).toFixed(1)} times as long.`),
  );
}

const loopDelayMs = 5_000;
const callers = 4;

/** Each search in a turn of its own, as requests come: of a promise that is kept at once the loop would not turn. */
async function measureLoopDelay(
  page: Page,
  index: OpenTemplateIndex,
  probes: readonly Float32Array[],
): Promise<void> {
  const delay = new LoopDelay();
  const untilMs = performance.now() + loopDelayMs;
  let searches = 0;
  const call = async () => {
    while (performance.now() < untilMs) {
      await nextTurn();
      await nearest(index, probes[searches++ % probes.length]!);
    }
  };
  await Promise.all(Array.from({ length: callers }, call));
  delay.stop();
  const [p50, p99] = [0.5, 0.99].map((share) => quantile(delay.delaysMs, share).toFixed(1));
  page.say(
    `\nThe main loop's delay during ${count(searches)} searches, ${callers} at a time on all cores, over ${count(delay.delaysMs.length)} ticks: ` +
      `p50 ${p50} ms, p99 ${p99} ms.`,
  );
}

interface Left {
  readonly faces: readonly Float32Array[];
  readonly mates: readonly Float32Array[];
  readonly rounds: number;
}

/** Nine of ten removed, beside a fresh index of those that are left. */
async function measureAfterDeletions(
  page: Page,
  index: OpenTemplateIndex,
  { faces, mates, rounds }: Left,
): Promise<void> {
  const startedAtMs = performance.now();
  for (const i of faces.keys()) if (i % 10 !== 3) index.removePerson(i);
  const removalUs = ((performance.now() - startedAtMs) * 1000) / (faces.length * 0.9);
  const fresh = await openTemplateIndex({ dimensions });
  for (const [i, face] of faces.entries()) if (i % 10 === 3) enrol(fresh, i, face);
  const times = { left: [] as number[], fresh: [] as number[] };
  let same = 0;
  for (let round = -10; round < rounds; round++) {
    const probe = mates[(round + 10) % mates.length]!;
    const found: number[] = [];
    for (const [which, searched] of Object.entries({ left: index, fresh })) {
      const beganMs = performance.now();
      found.push(await nearest(searched, probe, { threads: 1 }));
      if (round >= 0) times[which as 'left' | 'fresh'].push(performance.now() - beganMs);
    }
    if (round >= 0 && found[0] === found[1]) same++;
  }
  await fresh.close();
  page.say(
    `\nAfter nine of ten faces were removed (${removalUs.toFixed(1)} µs each), on one core: p50 ${median(times.left).toFixed(2)} ms, ` +
      `in a fresh index of those left ${median(times.fresh).toFixed(2)} ms; ${same} of ${rounds} answers are the same.`,
  );
}

function draw(page: Page, kind: Kind, measured: readonly Measured[]): void {
  const names = [...new Set(measured.flatMap(({ contestants }) => contestants.map(({ name }) => name)))];
  const lines = names.map((name, i): Line => {
    const points = measured.flatMap(({ faces, contestants }) =>
      contestants.filter((one) => one.name === name).map(({ times }) => [faces, median(times)] as const),
    );
    // The eighth colour is the limit's.
    return { name, points, colour: i % 7, isDotted: true, isDashed: i >= 7 };
  });
  const limit = measured.map(({ faces, limitMs }) => [faces, limitMs] as const);
  lines.push({
    name: 'reading every float32 once',
    points: limit,
    colour: 7,
    isDotted: true,
    isDashed: true,
  });
  const times = lines.flatMap(({ points }) => points.map(([, ms]) => ms));
  const sizes = measured.map(({ faces }) => faces);
  page.plot(`search-${kind.replaceAll(' ', '-')}`, {
    title: `Searches by faces in the library, templates ${kind === 'random' ? 'in random directions' : kind}`,
    x: axisOfSizes('faces', sizes),
    y: axisOver('p50, ms', 'log', times),
    lines,
  });
}
