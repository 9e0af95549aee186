// How late the main loop is: a tick is due each millisecond, and a loop that was held up is late for each that passed.
import { setTimeout as pause } from 'node:timers/promises';

/** Ticks, so that a delay counts as often as a request could have come meanwhile; never below zero. */
export class LoopDelay {
  readonly delaysMs: number[] = [];
  #isStopped = false;

  constructor() {
    void this.#tick();
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** A timer of Node is itself late by up to a millisecond, which is counted in. */
  async #tick(): Promise<void> {
    let dueMs = performance.now() + 1;
    while (!this.#isStopped) {
      await pause(1);
      for (const nowMs = performance.now(); dueMs <= nowMs; dueMs++) this.delaysMs.push(nowMs - dueMs);
    }
  }
}
