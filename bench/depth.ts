// What a number of re-scored rows misses, `npm run bench -- depth [--faces 1000000] [--probes 1000] [--photographs DIR]`.
import { parseArgs } from 'node:util';
import { openTemplateIndex } from '../src/search/template-index.ts';
import { type PhotographedFace, readPhotographs } from './photographs.ts';
import { dot, type Kind, openDrawing } from './templates.ts';

const { values } = parseArgs({
  options: {
    faces: { type: 'string', default: '1000000' },
    probes: { type: 'string', default: '1000' },
    kind: { type: 'string', default: 'both' },
    seed: { type: 'string', default: '1' },
    /** Labelled photographs, a folder a person: their mates are probes beside the drawn ones. */
    photographs: { type: 'string' },
  },
});
const faces = Number(values.faces);
const probes = Number(values.probes);
/** The default model's: the least score that a search lists. */
const threshold = 0.45;
const depths = [4, 8, 16, 32, 64, 128, 256, 512, 1024];

interface Probe {
  readonly probe: Float32Array;
  readonly mate: number;
}

const photographed = values.photographs === undefined ? [] : await readPhotographs(values.photographs);

const kinds = (['like real faces', 'random'] as const satisfies Kind[]).filter(
  (kind) => values.kind === 'both' || kind.includes(values.kind),
);
for (const kind of kinds) {
  const index = await openTemplateIndex({ dimensions: 512, threads: 1 });
  const drawing = await openDrawing(kind, Number(values.seed));
  const enrol = (template: Float32Array) => {
    const person = index.size + 1;
    index.setGroups(person, [1]);
    index.add(person, `${1e12 + person}`, template);
    return person;
  };
  const sets = new Map<string, Probe[]>();
  const draw = (score?: () => number) =>
    Array.from({ length: probes }, (): Probe => {
      const face = drawing.drawFace();
      return { mate: enrol(face), probe: drawing.drawMate(face, score?.()) };
    });
  sets.set('mates as measured', draw());
  let step = 0;
  sets.set(
    'mates at 0.45 to 0.50',
    draw(() => threshold + (0.05 * step++) / probes),
  );
  if (kind === 'like real faces' && photographed.length > 0)
    sets.set('photographed', pairUp(photographed, enrol));
  while (index.size < faces + probes * 2) enrol(drawing.drawFace());
  console.log(`\n${kind}: ${index.size} faces, seed ${values.seed}`);
  console.log(`| probes | number | ${depths.join(' | ')} |`);
  console.log(`|---|---:|${depths.map(() => '---:|').join('')}`);
  for (const [name, set] of sets) await report(name, set);
  await index.close();

  /** Of the probes with their exact best above the threshold: for how many each depth misses it. */
  async function report(name: string, set: readonly Probe[]): Promise<void> {
    const wanted = { groups: [1], limit: 1, minScore: -1 };
    const missed = { best: depths.map(() => 0), mate: depths.map(() => 0) };
    let mated = 0;
    for (const { probe, mate } of set) {
      const [exact] = await index.search(probe, wanted, { mode: 'exact' });
      const isMate = exact!.person === mate && exact!.score >= threshold;
      if (isMate) mated++;
      for (const [i, depth] of depths.entries()) {
        const [found] = await index.search(probe, wanted, { mode: 'fast', depth });
        if (found!.person === exact!.person) continue;
        missed.best[i]!++;
        if (isMate) missed.mate[i]!++;
      }
    }
    const share = (counts: number[], of: number) =>
      counts.map((count) => (count === 0 ? `0 (< ${(3 / of).toPrecision(1)})` : (count / of).toPrecision(2)));
    console.log(
      `| ${name}: mate above ${threshold} missed | ${mated} | ${share(missed.mate, mated).join(' | ')} |`,
    );
    console.log(
      `| ${name}: exact best missed, whoever it is | ${set.length} | ${share(missed.best, set.length).join(' | ')} |`,
    );
  }
}
console.log('\n0 (< p): none missed; with 95 % confidence the probability is below p.');

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
