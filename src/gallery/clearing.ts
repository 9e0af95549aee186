// Clears what retention says is due, of everybody page by page or of one person at once; and keeps consents.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Day, dayOf } from '../wire/days.ts';
import { Refusal } from '../wire/errors.ts';
import type { PersonHandle } from './persons.ts';
import type { KeptPhotographs } from './recognise.ts';
import {
  type Cleared,
  type Consent,
  type Judge,
  judge,
  type RecordedConsent,
  type RetentionRules,
  type RetentionStore,
} from './retention.ts';

/** Persons judged in one turn of the event loop: a few milliseconds. */
const personsAtATime = 500;

/** What holds for every account. */
export interface GalleryRules {
  /** For groups without a policy of their own. */
  readonly retention: RetentionRules;
  /** Nobody is enrolled without a consent that is recorded and has not ended. */
  readonly isConsentRequired: boolean;
  /** None when left out. */
  readonly keepPhotographs?: KeptPhotographs;
  readonly nowMs: () => number;
}

export interface ClearingOptions {
  readonly store: RetentionStore;
  /** For groups without a policy of their own. */
  readonly rules: RetentionRules;
  readonly nowMs: () => number;
  /** Told what is gone for good, before its bytes are overwritten: for a search that must forget it, too. */
  readonly onGone?: (cleared: Cleared) => void;
}

export interface ClearingCounts {
  readonly day: Day;
  readonly persons: number;
  readonly faces: number;
  /** Memberships ended of persons who stay in other groups. */
  readonly memberships: number;
}

export class Clearing {
  readonly #store: RetentionStore;
  readonly #rules: RetentionRules;
  readonly #nowMs: () => number;
  readonly #onGone: (cleared: Cleared) => void;

  constructor({ store, rules, nowMs, onGone = () => undefined }: ClearingOptions) {
    this.#store = store;
    this.#rules = rules;
    this.#nowMs = nowMs;
    this.#onGone = onGone;
  }

  /**
   * Deletes all that is due today, of one account or of all; a dry run deletes nothing and answers the same.
   * @param wanted.onCleared told of each person as it went, or would go
   * @throws {Error} when a deletion failed: the others of its page are done, and a later run finishes the rest
   */
  async run({
    account,
    isDryRun = false,
    onCleared = () => undefined,
    signal,
  }: {
    account?: string;
    isDryRun?: boolean;
    onCleared?: (cleared: Cleared) => void;
    /** Ends the run after the page under way, with an error. */
    signal?: AbortSignal;
  } = {}): Promise<ClearingCounts> {
    const day = this.#today();
    const judgeToday = this.#judgeOn(day);
    const counts = { day, persons: 0, faces: 0, memberships: 0 };
    for (let after = 0; ; await nextTurn()) {
      signal?.throwIfAborted();
      const page = await this.#store.listKept(after, personsAtATime);
      if (page.length === 0) return counts;
      after = page.at(-1)!.person;
      const due = page
        .filter((kept) => account === undefined || kept.account === account)
        .filter((kept) => judgeToday(kept) !== undefined);
      // Together, so that the deletions of a page share their syncs.
      const attempts = await Promise.allSettled(
        due.map(({ person }) => this.#act(person, judgeToday, isDryRun)),
      );
      for (const attempt of attempts) {
        if (attempt.status !== 'fulfilled' || attempt.value === undefined) continue;
        const cleared = attempt.value;
        counts.faces += cleared.faces;
        if (cleared.isPersonGone) counts.persons += 1;
        else counts.memberships += cleared.groupIds.length;
        onCleared(cleared);
      }
      const failure = attempts.find((attempt) => attempt.status === 'rejected');
      if (failure !== undefined) throw failure.reason;
    }
  }

  /** @throws {Refusal} personNotFound; consentRequired when it has ended, or is required and was never recorded */
  async checkConsent(account: string, personId: string, isRequired: boolean): Promise<void> {
    const kept = await this.#store.findKept(account, personId);
    if (kept === undefined) throw new Refusal('personNotFound');
    const { consentEndDay } = kept;
    const isMissing = consentEndDay === undefined ? isRequired : consentEndDay <= this.#today();
    if (isMissing) throw new Refusal('consentRequired');
  }

  /** @throws {Refusal} personNotFound, badRequest when the consent ends today or earlier */
  async recordConsent(account: string, personId: string, consent: Consent): Promise<void> {
    if (consent.endDay <= this.#today()) throw new Refusal('badRequest', 'endsOn: must be a day to come');
    if (!(await this.#store.setConsent(account, personId, consent))) throw new Refusal('personNotFound');
  }

  /** @throws {Refusal} personNotFound */
  async readConsent(account: string, personId: string): Promise<RecordedConsent | undefined> {
    if ((await this.#store.findKept(account, personId)) === undefined) throw new Refusal('personNotFound');
    return this.#store.getConsent(account, personId);
  }

  /**
   * Ends a person's consent today and deletes what stood on it at once.
   * @returns undefined when a legal hold keeps everything
   * @throws {Refusal} personNotFound
   */
  async withdrawConsent(account: string, personId: string): Promise<Cleared | undefined> {
    if (!(await this.#store.endConsent(account, personId))) throw new Refusal('personNotFound');
    const kept = await this.#store.findKept(account, personId);
    return kept && this.#act(kept.person, this.#judgeOn(this.#today()), false);
  }

  async #act(person: PersonHandle, judgeToday: Judge, isDryRun: boolean): Promise<Cleared | undefined> {
    if (isDryRun) return this.#store.preview(person, judgeToday);
    let gone: Cleared | undefined;
    const onGone = (cleared: Cleared): void => {
      gone = cleared;
      this.#onGone(cleared);
    };
    try {
      return await this.#store.clear(person, judgeToday, onGone);
    } finally {
      // Again: a face whose enrolment was under way has reached the search since.
      if (gone?.isPersonGone) this.#onGone(gone);
    }
  }

  #today(): Day {
    return dayOf(this.#nowMs());
  }

  #judgeOn(day: Day): Judge {
    return (kept) => judge(kept, day, this.#rules);
  }
}
