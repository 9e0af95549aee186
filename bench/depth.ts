// What a number of re-scored rows misses: the measured rule from which rescoredRows in src/search/template-index.ts follows.
import type { Line } from '../src/cli/line-chart.ts';
import { type OpenTemplateIndex, openTemplateIndex, rescoredRows } from '../src/search/template-index.ts';
import { defineBench, type Page } from './bench.ts';
import { count } from './figures.ts';
import { type PhotographedFace, readPhotographs } from './photographs.ts';
import { axisOfSizes, axisOver } from './plot-axes.ts';
import { dimensions, dot, type Kind, kindsOf, openDrawing } from './templates.ts';

/** The default model's: the least score that a search lists. */
const threshold = 0.45;
const depths = [4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096];

interface Probe {
  readonly probe: Float32Array;
  readonly mate: number;
}

/** How many of the probes each depth misses. */
interface Misses {
  readonly name: string;
  readonly mated: number;
  readonly all: number;
  readonly ofMates: readonly number[];
  readonly ofBest: readonly number[];
}

export const bench = defineBench({
  sentence:
    'How many rows must be scored exactly: the probability that a number of them misses a mate above the threshold.',
  minutes: { full: 21, short: 1 },
  options: {
    faces: ['1000000', '100000', 'distractors'],
    probes: ['1000', '200', 'of each set'],
    kind: ['both', 'both', 'like real faces, random, or both'],
    seed: ['1', '1', 'of the templates'],
    photographs: ['', '', 'a folder of labelled photographs, a folder a person: their mates are probes, too'],
  },
  async run(options, page) {
    const photographed = options.photographs === '' ? [] : await readPhotographs(options.photographs);
    const measured: Misses[] = [];
    for (const kind of kindsOf(options.kind)) {
      const { index, sets } = await prepare(
        kind,
        Number(options.faces),
        Number(options.probes),
        Number(options.seed),
        photographed,
      );
      page.say(`\n${kind}: ${count(index.size)} faces, seed ${options.seed}\n`);
      page.head(['probes', 'number', ...depths.map(String)]);
      for (const [name, set] of sets) {
        const misses = await measure(
          index,
          `${kind === 'random' ? kind : 'like real'}: ${name.replace('mates ', '')}`,
          set,
        );
        report(page, name, misses);
        measured.push(misses);
      }
      await index.close();
    }
    page.say('\n0 (< p): none missed; with 95 % confidence the probability is below p.');
    sayRule(page, measured);
    draw(page, measured);
  },
});

async function prepare(
  kind: Kind,
  faces: number,
  probes: number,
  seed: number,
  photographed: readonly PhotographedFace[],
): Promise<{ index: OpenTemplateIndex; sets: Map<string, readonly Probe[]> }> {
  const index = await openTemplateIndex({ dimensions });
  const drawing = await openDrawing(kind, seed);
  const enrol = (template: Float32Array) => {
    const person = index.size + 1;
    index.setGroups(person, [1]);
    index.add(person, `${1e12 + person}`, template);
    return person;
  };
  const drawProbes = (score?: (i: number) => number) =>
    Array.from({ length: probes }, (_, i): Probe => {
      const face = drawing.drawFace();
      return { mate: enrol(face), probe: drawing.drawMate(face, score?.(i)) };
    });
  const sets = new Map<string, readonly Probe[]>([
    ['mates as measured', drawProbes()],
    ['mates at 0.45 to 0.50', drawProbes((i) => threshold + (0.05 * i) / probes)],
  ]);
  if (kind === 'like real faces' && photographed.length > 0)
    sets.set('photographed', pairUp(photographed, enrol));
  const distractors = index.size + faces;
  while (index.size < distractors) enrol(drawing.drawFace());
  return { index, sets };
}

/** The exact search is done by all cores, the others by one: a search in parts re-scores so many rows in each. */
async function measure(index: OpenTemplateIndex, name: string, set: readonly Probe[]): Promise<Misses> {
  const wanted = { groups: [1], limit: 1, minScore: -1 };
  const ofMates = depths.map(() => 0);
  const ofBest = depths.map(() => 0);
  let mated = 0;
  for (const { probe, mate } of set) {
    const [exact] = await index.search(probe, wanted, { mode: 'exact' });
    const isMate = exact!.person === mate && exact!.score >= threshold;
    if (isMate) mated++;
    // What a depth finds, every greater one finds, since it re-scores the same rows and more.
    for (const [i, depth] of depths.entries()) {
      const [found] = await index.search(probe, wanted, { mode: 'fast', depth, threads: 1 });
      if (found!.person === exact!.person) break;
      ofBest[i]!++;
      if (isMate) ofMates[i]!++;
    }
  }
  return { name, mated, all: set.length, ofMates, ofBest };
}

function report(page: Page, name: string, { mated, all, ofMates, ofBest }: Misses): void {
  const shares = (missed: readonly number[], of: number) =>
    missed.map((one) => (one === 0 ? `0 (< ${(3 / of).toPrecision(1)})` : (one / of).toPrecision(2)));
  page.row([`${name}: mate above ${threshold} missed`, mated, ...shares(ofMates, mated)]);
  page.row([`${name}: exact best missed, whoever it is`, all, ...shares(ofBest, all)]);
}

/** The least depth from which on no probe of any set missed its mate, and what stands in the search. */
function sayRule(page: Page, measured: readonly Misses[]): void {
  const mated = measured.reduce((sum, one) => sum + one.mated, 0);
  const least = depths.find((_, i) => measured.every(({ ofMates }) => ofMates[i] === 0));
  const at = depths.indexOf(rescoredRows);
  const missed = measured.reduce((sum, { ofMates }) => sum + ofMates[at]!, 0);
  const bound = `with 95 % confidence the probability is below ${(3 / mated).toPrecision(1)}`;
  page.say(
    `\n**The rule**: \`rescoredRows\` is ${rescoredRows}. At that depth ${missed} of ${count(mated)} probes with a mate above ${threshold} missed it${missed === 0 ? ` (${bound})` : ''}; ` +
      (least === undefined
        ? 'no depth tried misses none.'
        : `the least depth that misses none is ${least}, and the number in use is ${rescoredRows / least} times that.`),
  );
}

function draw(page: Page, measured: readonly Misses[]): void {
  const lines = measured.map(({ name, mated, ofMates }, i): Line => {
    const points = depths.map((depth, at) => [depth, ofMates[at]! / mated] as const);
    return { name, points: points.filter(([, share]) => share > 0), colour: i, isDotted: true };
  });
  const shares = lines.flatMap(({ points }) => points.map(([, share]) => share));
  page.plot('depth', {
    title: 'Mates above the threshold missed, by rows scored exactly',
    x: axisOfSizes('rows scored exactly', depths),
    y: axisOver('share missed (no dot: none)', 'log', [...shares, 1e-3, 1]),
    lines,
    marks: [{ at: rescoredRows, label: `in use: ${rescoredRows}` }],
  });
}

/** Enrols one face of each person of whom there are two, and asks with the other. */
function pairUp(all: readonly PhotographedFace[], enrol: (template: Float32Array) => number): Probe[] {
  const pairs: Probe[] = [];
  const firsts = new Map<string, { template: Float32Array; mate: number }>();
  for (const { person, template } of all) {
    const first = firsts.get(person);
    if (first === undefined) firsts.set(person, { template, mate: enrol(template) });
    else if (dot(first.template, template) < 0.999) pairs.push({ probe: template, mate: first.mate });
  }
  return pairs;
}
