// Remembers the nonces of accepted requests, so that a request cannot be sent twice.

/** Holds each nonce for at least `keepMs`, in two generations: memory follows the rate of requests, not their sum. */
export class Nonces {
  readonly #keepMs: number;
  #current = new Set<string>();
  #previous = new Set<string>();
  #startedAtMs = Number.NEGATIVE_INFINITY;

  constructor(keepMs: number) {
    this.#keepMs = keepMs;
  }

  /** @returns false when the key has used the nonce already */
  use(accessKeyId: string, nonce: string, nowMs: number): boolean {
    if (nowMs - this.#startedAtMs >= this.#keepMs) {
      this.#previous = nowMs - this.#startedAtMs >= 2 * this.#keepMs ? new Set() : this.#current;
      this.#current = new Set();
      this.#startedAtMs = nowMs;
    }
    // An AccessKey id holds no slash.
    const key = `${accessKeyId}/${nonce}`;
    if (this.#current.has(key) || this.#previous.has(key)) return false;
    this.#current.add(key);
    return true;
  }
}
