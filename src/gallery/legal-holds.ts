// Legal holds: what must not be deleted for now, why, who says so and until when. Types only.

/** Keeps a person, or one face of a person, from being deleted until its end. */
export interface Hold {
  /** Random; names the hold in refusals. */
  readonly id: string;
  readonly account: string;
  readonly personId: string;
  /** All faces of the person where it is left out. */
  readonly faceId?: string;
  readonly reason: string;
  /** Who answers for it. */
  readonly owner: string;
  readonly setAtMs: number;
  readonly untilMs: number;
}

export interface HoldStore {
  /** Undefined when there is no such person or face. */
  setHold(hold: Omit<Hold, 'id' | 'setAtMs'>): Promise<Hold | undefined>;
  /** Those that hold now, in the order they were set. */
  listHolds(): Promise<Hold[]>;
  /** False when there is no such hold. */
  endHold(id: string): Promise<boolean>;
}
