// Searching while faces come and go: whether an answer is ever stale or missed, and whether it gets slower or larger.
import { type OpenTemplateIndex, openTemplateIndex } from '../src/search/template-index.ts';
import { defineBench, type Page } from './bench.ts';
import { count, median, quantile } from './figures.ts';
import { axisOver } from './plot-axes.ts';
import { type Drawing, dimensions, openDrawing, Random } from './templates.ts';

/** Adds, and as many deletes, while two searches are under way. */
const changesPerRound = 25;
const minScore = 0.99;

interface Face {
  readonly person: number;
  readonly template: Float32Array;
}

interface Minute {
  readonly times: number[];
  changes: number;
  mb: number;
}

export const bench = defineBench({
  sentence:
    'Searches while faces come and go, half adds and half deletes: stale and missed hits, latency and memory by the minute.',
  minutes: { full: 12, short: 1.2 },
  options: {
    faces: ['1000000', '100000', 'in the index'],
    minutes: ['10', '1', 'of churn'],
    search: ['fast', 'fast', 'or exact'],
    seed: ['1', '1', 'of the templates'],
  },
  async run(options, page) {
    const faces = Number(options.faces);
    const mode = options.search === 'exact' ? 'exact' : 'fast';
    const seed = Number(options.seed);
    const index = await openTemplateIndex({ dimensions, mode });
    const churn = new Churn(index, await openDrawing('like real faces', seed), new Random(seed), faces);
    page.say(
      `${count(faces)} faces, ${mode}, seed ${seed}; in each round two searches, ${changesPerRound} adds and ${changesPerRound} deletes while they run, and two searches more. The times are from asking the first two, through the changes, to their answers. Memory is the whole process's, which keeps a copy of every face to ask with.\n`,
    );
    page.head([
      'minute',
      'searches',
      'adds and deletes',
      'p50, ms',
      'p95, ms',
      'stale hits',
      'missed hits',
      'RSS, MB',
    ]);
    const minutes: Minute[] = [];
    for (let i = 1; i <= Number(options.minutes); i++) {
      const minute = await churn.runMinute();
      minutes.push(minute);
      const { times, changes, mb } = minute;
      const { stale, missed } = churn.faults;
      page.row([
        i,
        count(times.length * 4),
        count(changes),
        median(times).toFixed(1),
        quantile(times, 0.95).toFixed(1),
        stale,
        missed,
        mb.toFixed(0),
      ]);
    }
    draw(page, minutes);
    await index.close();
    if (churn.faults.stale + churn.faults.missed > 0) throw new Error('an answer was stale or missed');
  },
});

class Churn {
  readonly faults = { stale: 0, missed: 0 };
  readonly #index: OpenTemplateIndex;
  readonly #drawing: Drawing;
  readonly #random: Random;
  readonly #living: Face[] = [];
  #persons = 0;

  constructor(index: OpenTemplateIndex, drawing: Drawing, random: Random, faces: number) {
    this.#index = index;
    this.#drawing = drawing;
    this.#random = random;
    while (this.#living.length < faces) this.#add();
  }

  async runMinute(): Promise<Minute> {
    const minute: Minute = { times: [], changes: 0, mb: 0 };
    const untilMs = performance.now() + 60_000;
    while (performance.now() < untilMs) await this.#runRound(minute);
    minute.mb = process.memoryUsage().rss / 2 ** 20;
    return minute;
  }

  /** One that stays and one that goes while they are searched; then one that went and one that came before. */
  async #runRound(minute: Minute): Promise<void> {
    const living = this.#living;
    const stays = living[0]!;
    const goes = 1 + Math.floor(this.#random.next() * (living.length - 1));
    const startedAtMs = performance.now();
    const searches = [this.#find(stays), this.#find(living[goes]!)];
    const gone = this.#remove(goes);
    const came = this.#add();
    for (let i = 1; i < changesPerRound; i++) {
      this.#remove(Math.max(1, Math.floor(this.#random.next() * living.length)));
      this.#add();
    }
    const [kept, lost] = await Promise.all(searches);
    minute.times.push(performance.now() - startedAtMs);
    minute.changes += changesPerRound * 2;
    const isHere = living.includes(came);
    const [met, again] = await Promise.all([this.#find(came), this.#find(gone)]);
    if (kept !== stays.person || (isHere && met !== came.person)) this.faults.missed++;
    if (lost === gone.person || again === gone.person) this.faults.stale++;
  }

  #add(): Face {
    const face = { person: this.#persons++, template: this.#drawing.drawFace() };
    this.#index.setGroups(face.person, [1]);
    this.#index.add(face.person, String(1e12 + face.person), face.template);
    this.#living.push(face);
    return face;
  }

  /** The last comes to its place. */
  #remove(at: number): Face {
    const face = this.#living[at]!;
    this.#living[at] = this.#living.at(-1)!;
    this.#living.pop();
    this.#index.removePerson(face.person);
    return face;
  }

  async #find({ template }: Face): Promise<number | undefined> {
    const [best] = await this.#index.search(template, { groups: [1], limit: 1, minScore });
    return best?.person;
  }
}

function draw(page: Page, minutes: readonly Minute[]): void {
  const points = (figure: (minute: Minute) => number) =>
    minutes.map((minute, i) => [i + 1, figure(minute)] as const);
  const x = { label: 'minute', kind: 'linear', from: 0, to: Math.max(2, minutes.length) } as const;
  const p50 = points(({ times }) => median(times));
  const p95 = points(({ times }) => quantile(times, 0.95));
  const memory = points(({ mb }) => mb);
  const most = (line: typeof p50) => line.map(([, y]) => y);
  page.plot('churn-latency', {
    title: 'Searches while faces come and go',
    x,
    y: axisOver('two searches and the changes beside, ms', 'linear', most(p95)),
    lines: [
      { name: 'p50', points: p50, colour: 0, isDotted: true },
      { name: 'p95', points: p95, colour: 1, isDotted: true },
    ],
  });
  page.plot('churn-memory', {
    title: 'Memory while faces come and go',
    x,
    y: axisOver('resident memory, MB', 'linear', most(memory)),
    lines: [{ name: 'process', points: memory, colour: 0, isDotted: true }],
  });
}
