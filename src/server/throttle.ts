// Throttles each operation of each account at its own calls a second.

/**
 * A bucket of tokens a second wide: each call takes one, and a token comes back exactly a second after it was taken,
 * so that no second, wherever it begins, holds more calls than the limit. A refused call takes nothing.
 */
export class Throttle {
  readonly #taken = new Map<string, number[]>();

  /**
   * Takes a token of `key`, at `nowMs` on a clock that never goes back.
   * @returns false when more than `perSecond` calls would fall into one second
   */
  take(key: string, perSecond: number, nowMs: number): boolean {
    const taken = this.#taken.get(key) ?? [];
    while (taken.length > 0 && nowMs - taken[0]! >= 1000) taken.shift();
    if (taken.length >= perSecond) return false;
    taken.push(nowMs);
    this.#taken.set(key, taken);
    return true;
  }
}
