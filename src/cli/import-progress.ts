// Shows how far an import is, on a terminal only: a bar, faces a second, the time left.
import { type Options, SingleBar } from 'cli-progress';

const options: Options = {
  format:
    '{bar} {percentage}% | {value} of {total} {unit} | {enrolled} enrolled, {rate}/s | {eta_formatted} left',
  barCompleteChar: '█',
  barIncompleteChar: '░',
  barsize: 24,
  hideCursor: true,
  // A lot may happen between two pictures of a second.
  etaBuffer: 200,
  fps: 5,
  linewrap: null,
  gracefulExit: false,
};

export class Progress {
  readonly #bar = new SingleBar(options);
  readonly #startedMs = performance.now();
  readonly #total: number;
  #done = 0;
  #enrolled = 0;
  #persons = 0;

  constructor(total: number, unit: string) {
    this.#total = total;
    this.#bar.start(total, 0, { unit, enrolled: 0, rate: '0' });
  }

  notePerson(): void {
    this.#persons += 1;
  }

  noteFace(isEnrolled: boolean): void {
    if (isEnrolled) this.#enrolled += 1;
  }

  step(steps: number): void {
    this.#done += steps;
    if (!this.#bar.isActive) return;
    // More may have come since they were counted.
    if (this.#done > this.#total) this.#bar.setTotal(this.#done);
    this.#bar.update(this.#done, { enrolled: this.#enrolled, rate: this.facesASecond.toFixed(1) });
  }

  get enrolled(): number {
    return this.#enrolled;
  }

  /** Persons added. */
  get persons(): number {
    return this.#persons;
  }

  get facesASecond(): number {
    return this.#enrolled / Math.max(0.001, (performance.now() - this.#startedMs) / 1000);
  }

  stop(): void {
    this.#bar.stop();
  }
}
