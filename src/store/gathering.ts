// When a batch shall begin: callers who were answered together ask again one after the other, and are waited for.
import { setTimeout as pause } from 'node:timers/promises';

export class Gathering {
  #size = 0;
  #tookMs = 0;
  #endedAtMs = 0;

  /**
   * Resolves once as many changes wait as the batch before had, or when half the time that it took has passed since its
   * end: then fewer callers are about. Somebody alone never waits.
   */
  async untilGathered(waiting: readonly unknown[]): Promise<void> {
    const isExpected = () =>
      waiting.length < this.#size && performance.now() < this.#endedAtMs + this.#tookMs / 2;
    while (waiting.length > 0 && isExpected()) await pause(1);
  }

  /** Carries out a batch of `size` changes and remembers how it went. */
  async remember(size: number, batch: Promise<void>): Promise<void> {
    const startedAtMs = performance.now();
    await batch;
    this.#size = size;
    this.#endedAtMs = performance.now();
    this.#tookMs = this.#endedAtMs - startedAtMs;
  }
}
