// Searching while faces come and go, `npm run bench -- churn [--faces 1000000] [--minutes 10] [--search exact]`.
import { parseArgs } from 'node:util';
import { openTemplateIndex } from '../src/search/template-index.ts';
import { dimensions, openDrawing, Random } from './templates.ts';

const { values } = parseArgs({
  options: {
    faces: { type: 'string', default: '1000000' },
    minutes: { type: 'string', default: '10' },
    search: { type: 'string', default: 'fast' },
    seed: { type: 'string', default: '1' },
  },
});
const mode = values.search === 'exact' ? 'exact' : 'fast';
/** Adds, and as many deletes, while one search is under way. */
const changesPerSearch = 25;
const minScore = 0.99;

const drawing = await openDrawing('like real faces', Number(values.seed));
const random = new Random(Number(values.seed));
const index = await openTemplateIndex({ dimensions, mode });
const living: { person: number; template: Float32Array }[] = [];
let persons = 0;
const add = () => {
  const face = { person: persons++, template: drawing.drawFace() };
  index.setGroups(face.person, [1]);
  index.add(face.person, String(1e12 + face.person), face.template);
  living.push(face);
  return face;
};
const pick = () => Math.floor(random.next() * living.length);
/** The last comes to its place. */
const remove = (at: number) => {
  const face = living[at]!;
  living[at] = living.at(-1)!;
  living.pop();
  index.removePerson(face.person);
  return face;
};
const find = async ({ template }: { template: Float32Array }) =>
  (await index.search(template, { groups: [1], limit: 1, minScore }))[0]?.person;

while (living.length < Number(values.faces)) add();
console.log(`${living.length} faces, ${mode}, seed ${values.seed}: half of the changes add, half delete\n`);
console.log(
  '| minute | searches | adds and deletes | p50, ms | p95, ms | stale hits | missed hits | RSS with a second copy of every face, MB |',
);
console.log('|---:|---:|---:|---:|---:|---:|---:|---:|');
const faults = { stale: 0, missed: 0 };
for (let minute = 1; minute <= Number(values.minutes); minute++) {
  const until = performance.now() + 60_000;
  const times: number[] = [];
  let changes = 0;
  while (performance.now() < until) {
    // One that stays and one that goes while they are searched; then one that went and one that came before.
    const stays = living[0]!;
    const goes = 1 + Math.floor(random.next() * (living.length - 1));
    const start = performance.now();
    const searches = [find(stays), find(living[goes]!)];
    const gone = remove(goes);
    const came = add();
    for (let i = 1; i < changesPerSearch; i++) {
      remove(Math.max(1, pick()));
      add();
    }
    const [kept, lost] = await Promise.all(searches);
    times.push(performance.now() - start);
    const isHere = living.includes(came);
    const [met, again] = await Promise.all([find(came), find(gone)]);
    if (kept !== stays.person || (isHere && met !== came.person)) faults.missed++;
    if (lost === gone.person || again === gone.person) faults.stale++;
    changes += changesPerSearch * 2;
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor(times.length * share)]!.toFixed(1);
  const megabytes = Math.round(process.memoryUsage().rss / 1e6);
  console.log(
    `| ${minute} | ${times.length * 4} | ${changes} | ${at(0.5)} | ${at(0.95)} | ${faults.stale} | ${faults.missed} | ${megabytes} |`,
  );
}
await index.close();
if (faults.stale + faults.missed > 0) process.exitCode = 1;
