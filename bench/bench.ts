// What a benchmark is: a sentence, its options in a full and a short form, and a run that says its figures to a page.
import { availableParallelism, cpus, totalmem } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { type Chart, drawChart } from '../src/cli/line-chart.ts';

/** An option's value in the full form, in the short one, and what it means. */
type Choice = readonly [full: string, short: string, meaning: string];

export interface Bench<Name extends string = string> {
  readonly sentence: string;
  /** About how long it takes on two cores. */
  readonly minutes: { readonly full: number; readonly short: number };
  readonly options: Readonly<Record<Name, Choice>>;
  /** @throws {Error} where it cannot be run, or what it looks at is wrong: then nothing is written */
  run(options: Readonly<Record<Name, string>>, page: Page): Promise<void>;
}

export function defineBench<Name extends string>(bench: Bench<Name>): Bench<Name> {
  return bench;
}

/** Markdown, printed as it comes and kept for the document. */
export class Page {
  readonly #lines: string[] = [];
  readonly #plots = new Map<string, string>();

  say(line: string): void {
    this.#lines.push(line);
    console.log(line);
  }

  /** A table's head; every column but the first is of figures. */
  head(columns: readonly string[]): void {
    this.say(`| ${columns.join(' | ')} |`);
    this.say(
      `|---|${columns
        .slice(1)
        .map(() => '---:|')
        .join('')}`,
    );
  }

  row(cells: readonly (string | number)[]): void {
    this.say(`| ${cells.join(' | ')} |`);
  }

  /** @param name of the file without its ending */
  plot(name: string, chart: Chart): void {
    this.#plots.set(name, drawChart(chart));
    this.say(`\n![${chart.title}](plots/${name}.svg)`);
  }

  get text(): string {
    return this.#lines.join('\n');
  }

  /** SVG documents by name. */
  get plots(): ReadonlyMap<string, string> {
    return this.#plots;
  }
}

const idlenessMs = 2000;

/** The machine, the day, and what else it was doing just before. */
export async function describeMachine(): Promise<string> {
  const before = readCpuTimes();
  await pause(idlenessMs);
  const after = readCpuTimes();
  const cores = availableParallelism();
  const busy = (cpus().length * (after.busy - before.busy)) / Math.max(1, after.all - before.all);
  return [
    cpus()[0]?.model.trim() ?? 'unknown processor',
    `${cores} core${cores === 1 ? '' : 's'}`,
    `${Math.round(totalmem() / 2 ** 30)} GiB`,
    `Node ${process.version}`,
    new Date().toISOString().slice(0, 10),
    `${busy.toFixed(1)} cores busy with other things just before`,
  ].join(', ');
}

function readCpuTimes(): { busy: number; all: number } {
  let [busy, all] = [0, 0];
  for (const { times } of cpus()) {
    const sum = Object.values(times).reduce((total, one) => total + one, 0);
    all += sum;
    busy += sum - times.idle;
  }
  return { busy, all };
}
