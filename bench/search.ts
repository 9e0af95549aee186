// Searching beside other engines, `npm run bench -- search [--faces 10000,100000] [--peers none] [--kind random] [--write]`.
import { availableParallelism, cpus, totalmem } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type OpenTemplateIndex, openTemplateIndex } from '../src/search/template-index.ts';
import { type Engine, type Peer, peers } from './search-peers.ts';
import { dimensions, dot, type Kind, openDrawing } from './templates.ts';
import { writeSection } from './write-section.ts';

const { values } = parseArgs({
  options: {
    faces: { type: 'string', default: '10000,100000,1000000' },
    probes: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '100' },
    /** all: also where a peer takes long to build; none; or a part of their names. */
    peers: { type: 'string', default: 'usual' },
    kind: { type: 'string', default: 'both' },
    seed: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
/** What one engine's searches may take in all; slower ones have fewer rounds. */
const budgetMs = 20_000;
const collectGarbage = enableGarbageCollection();

interface Contestant {
  readonly name: string;
  readonly note: string;
  readonly engine: Engine;
  readonly buildMs: number;
  readonly bytesPerFace: number;
  readonly times: number[];
  found: number;
}

const lines: string[] = [
  `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}; ` +
    `${dimensions} dimensions, float32; seed ${values.seed}.`,
];
const say = (line: string) => {
  lines.push(line);
  console.log(line);
};
console.log(lines[0]);
for (const kind of (['like real faces', 'random'] as Kind[]).filter((one) =>
  values.kind === 'both' ? true : one.includes(values.kind),
))
  for (const count of values.faces.split(',').map(Number)) await measure(kind, count);
if (values.write) await writeSection('search', lines.join('\n'));

async function measure(kind: Kind, count: number): Promise<void> {
  const drawing = await openDrawing(kind, Number(values.seed));
  // One block, and views of it, so that what an engine adds can be told apart.
  const block = new Float32Array(count * dimensions);
  const faces = Array.from({ length: count }, (_, i) => block.subarray(i * dimensions, (i + 1) * dimensions));
  for (const face of faces) face.set(drawing.drawFace());
  const mates = Array.from({ length: Number(values.probes) }, (_, i) => {
    const number = (i * 7919) % count;
    return drawing.drawMate(
      faces[number]!,
      Math.max(0.45, dot(faces[number]!, drawing.drawMate(faces[number]!))),
    );
  });
  const one = await contest('Lethe, one core', '', count, () => openLethe(faces, 1));
  const index = (one.engine as LetheEngine).index;
  const all = manner('Lethe, exact, one core', '--search exact', one, (probe) =>
    nearest(index, probe, 'exact'),
  );
  const contestants = [one, all];
  if (availableParallelism() > 1)
    contestants.push(
      await contest(`Lethe, ${availableParallelism()} cores`, '', count, () =>
        openLethe(faces, availableParallelism()),
      ),
    );
  for (const peer of peers.filter((candidate) => isWanted(candidate, count))) {
    try {
      contestants.push(await contest(peer.name, peer.note, count, () => peer.build(faces)));
    } catch (error) {
      say(`\n${peer.name} could not be tried: ${(error as Error).message.split('\n')[0]}`);
    }
  }
  const truth: number[] = [];
  for (const probe of mates) truth.push(await nearest(index, probe, 'exact'));
  const bandwidth = await alternate(contestants, mates, truth);
  await printTable(kind, count, contestants, bandwidth);
  let missed = 0;
  for (const [i, probe] of mates.entries()) if ((await nearest(index, probe, 'fast')) !== truth[i]) missed++;
  say(`\nRecall@1 of all ${mates.length} probes with a mate: ${(1 - missed / mates.length).toFixed(4)}.`);
  await measureLoopDelay(index, mates, count);
  await measureAfterDeletions(index, faces, mates);
  for (const { engine } of contestants) await engine.close?.();
}

interface LetheEngine extends Engine {
  readonly index: OpenTemplateIndex;
}

async function openLethe(faces: readonly Float32Array[], threads: number): Promise<LetheEngine> {
  const index = await openTemplateIndex({ dimensions, threads });
  for (const [i, face] of faces.entries()) enrol(index, i, face);
  return { index, search: (probe) => nearest(index, probe, 'fast'), close: () => index.close() };
}

function enrol(index: OpenTemplateIndex, person: number, face: Float32Array): void {
  index.setGroups(person, [1]);
  index.add(person, String(1e12 + person), face);
}

async function nearest(
  index: OpenTemplateIndex,
  probe: Float32Array,
  mode: 'fast' | 'exact',
): Promise<number> {
  const [best] = await index.search(probe, { groups: [1], limit: 1, minScore: -1 }, { mode });
  return best!.person;
}

function isWanted({ name, mostFaces }: Peer, count: number): boolean {
  return (
    values.peers === 'all' ||
    (values.peers === 'usual' ? count <= mostFaces : values.peers !== 'none' && name.includes(values.peers))
  );
}

async function contest(
  name: string,
  note: string,
  count: number,
  build: () => Promise<Engine>,
): Promise<Contestant> {
  collectGarbage();
  const before = process.memoryUsage().rss;
  const start = performance.now();
  const engine = await build();
  const buildMs = performance.now() - start;
  collectGarbage();
  const bytesPerFace = (process.memoryUsage().rss - before) / count;
  return { name, note, engine, buildMs, bytesPerFace, times: [], found: 0 };
}

function manner(name: string, note: string, of: Contestant, search: Engine['search']): Contestant {
  return {
    ...of,
    name,
    note,
    engine: { search },
    times: [],
  };
}

/** Every engine once a round, so that all see the same machine; answers the memory's bytes a second, measured likewise. */
async function alternate(
  contestants: readonly Contestant[],
  probes: readonly Float32Array[],
  truth: readonly number[],
): Promise<number> {
  const unread = Buffer.alloc(2 ** 29, 0x55);
  const rates: number[] = [];
  const spent = new Map(contestants.map(({ name }) => [name, 0]));
  for (let round = -3; round < rounds; round++) {
    const at = (round + 3) % probes.length;
    for (const contestant of contestants) {
      const { name, engine, times } = contestant;
      if (spent.get(name)! > budgetMs) continue;
      const start = performance.now();
      const answer = await engine.search(probes[at]!);
      const tookMs = performance.now() - start;
      spent.set(name, spent.get(name)! + tookMs);
      // The first rounds compile and warm up.
      if (round < 0) continue;
      times.push(tookMs);
      if (answer === truth[at]) contestant.found++;
    }
    // A byte that is not there: the C library reads all of it, as fast as memory gives.
    const start = performance.now();
    unread.indexOf(0xaa);
    if (round >= 0) rates.push(unread.length / ((performance.now() - start) / 1000));
  }
  return median(rates);
}

async function printTable(
  kind: Kind,
  count: number,
  contestants: readonly Contestant[],
  bandwidth: number,
): Promise<void> {
  const limitMs = (count * dimensions * 4) / (bandwidth / 1000);
  say(`\n### ${count.toLocaleString('en')} faces, ${kind}\n`);
  say('| engine | p50, ms | p95, ms | recall@1 | build, s | bytes a face |');
  say('|---|---:|---:|---:|---:|---:|');
  for (const { name, note, times, found, buildMs, bytesPerFace } of contestants) {
    const cells = [
      note === '' ? name : `${name} (${note})`,
      median(times).toFixed(2),
      quantile(times, 0.95).toFixed(2),
      (found / times.length).toFixed(3),
      (buildMs / 1000).toFixed(1),
      Math.round(bytesPerFace).toLocaleString('en'),
    ];
    say(`| ${cells.join(' | ')} |`);
  }
  const gigabytes = (bandwidth / 1e9).toFixed(1);
  say(
    `| reading every float32 once, at the memory's ${gigabytes} GB/s, one core | ${limitMs.toFixed(2)} | | | | |`,
  );
  const mine = median(contestants[0]!.times);
  const int8 = contestants.find(({ name }) => name === 'usearch, exact, int8');
  say(
    `\nLethe on one core takes 1/${(limitMs / mine).toFixed(1)} of that reading` +
      (int8 === undefined
        ? '.'
        : `, and 1/${(median(int8.times) / mine).toFixed(1)} of usearch's exact int8.`),
  );
}

/** How late the main thread's timers are while searches follow one another. */
async function measureLoopDelay(
  index: OpenTemplateIndex,
  probes: readonly Float32Array[],
  count: number,
): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const until = performance.now() + 5_000;
  let searches = 0;
  while (performance.now() < until) {
    await Promise.all(
      [0, 1, 2, 3].map((i) => nearest(index, probes[(searches + i) % probes.length]!, 'fast')),
    );
    searches += 4;
  }
  delay.disable();
  // The monitor counts its own period of 1 ms in.
  const [p50, p99] = [50, 99].map((at) => (delay.percentile(at) / 1e6 - 1).toFixed(1));
  say(
    `\nThe main loop's delay during ${searches} searches of ${count.toLocaleString('en')} faces, four at a time: ` +
      `p50 ${p50} ms, p99 ${p99} ms.`,
  );
}

/** Nine of ten removed, beside a fresh index of those that are left. */
async function measureAfterDeletions(
  index: OpenTemplateIndex,
  faces: readonly Float32Array[],
  probes: readonly Float32Array[],
): Promise<void> {
  const start = performance.now();
  for (const i of faces.keys()) if (i % 10 !== 3) index.removePerson(i);
  const removalUs = ((performance.now() - start) * 1000) / (faces.length * 0.9);
  const fresh = await openTemplateIndex({ dimensions, threads: 1 });
  for (const [i, face] of faces.entries()) if (i % 10 === 3) enrol(fresh, i, face);
  const times: { left: number[]; fresh: number[] } = { left: [], fresh: [] };
  let same = 0;
  for (let round = -10; round < rounds; round++) {
    const probe = probes[(round + 10) % probes.length]!;
    const found: number[] = [];
    for (const [which, searched] of [
      ['left', index],
      ['fresh', fresh],
    ] as const) {
      const began = performance.now();
      found.push(await nearest(searched, probe, 'fast'));
      if (round >= 0) times[which].push(performance.now() - began);
    }
    if (round >= 0 && found[0] === found[1]) same++;
  }
  await fresh.close();
  say(
    `\nAfter nine of ten faces were removed (${removalUs.toFixed(1)} µs each): p50 ${median(times.left).toFixed(2)} ms, ` +
      `in a fresh index of those left ${median(times.fresh).toFixed(2)} ms; ${same} of ${rounds} answers are the same.`,
  );
}

function quantile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function median(numbers: readonly number[]): number {
  return quantile(numbers, 0.5);
}

/** So that what is garbage is not counted as an engine's memory. */
function enableGarbageCollection(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
