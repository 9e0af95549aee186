// Persons and their faces, as the wire reads them and as the search is filled with them. Types only.
import type { Template } from './face-analysis.ts';

/** Opaque, stable number of a person within the whole store; never shown outside. */
export type PersonHandle = number;

export interface PersonProfile {
  readonly personId: string;
  readonly name?: string;
  readonly note?: string;
}

export interface Person extends PersonProfile {
  readonly groupIds: readonly string[];
  /** In the order they were added. */
  readonly faceIds: readonly string[];
}

/** A live face as the search needs it. */
export interface StoredFace {
  readonly person: PersonHandle;
  readonly faceId: string;
  readonly modelId: string;
  readonly template: Template;
}

/** A live person as the search needs it: who it is and where it belongs. */
export interface StoredPerson {
  readonly account: string;
  readonly person: PersonHandle;
  readonly profile: PersonProfile;
  readonly groupIds: readonly string[];
}

export interface StoredBatch {
  readonly persons: readonly StoredPerson[];
  readonly faces: readonly StoredFace[];
}
