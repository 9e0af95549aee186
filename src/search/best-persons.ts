// Keeps the best of many scores: each person once, with its best row, best first.
import type { PersonHandle } from '../gallery/ports.ts';

export interface RankedPerson {
  readonly person: PersonHandle;
  readonly row: number;
  readonly score: number;
}

/** Among equal scores the one offered first stays ahead, so an answer does not depend on how rows lie in memory. */
export class BestPersons {
  readonly ranked: RankedPerson[] = [];
  readonly #limit: number;
  readonly #minScore: number;

  /** At most `limit` persons, none below `minScore`. */
  constructor(limit: number, minScore: number) {
    this.#limit = limit;
    this.#minScore = minScore;
  }

  offer(person: PersonHandle, row: number, score: number): void {
    // Not-a-number passes no comparison, and so never ranks.
    if (!(score >= this.#minScore) || this.#limit < 1) return;
    const { ranked } = this;
    const last = ranked.length === this.#limit ? ranked.at(-1) : undefined;
    if (last !== undefined && score <= last.score) return;
    const present = ranked.findIndex((other) => other.person === person);
    if (present !== -1) {
      if (score <= ranked[present]!.score) return;
      ranked.splice(present, 1);
    } else if (last !== undefined) {
      ranked.pop();
    }
    const below = ranked.findIndex((other) => other.score < score);
    ranked.splice(below === -1 ? ranked.length : below, 0, { person, row, score });
  }
}
