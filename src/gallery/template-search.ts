// The search for the templates nearest to a probe: what is asked of it. Types only.
import type { Template } from './face-analysis.ts';
import type { FaceColumns, PersonHandle } from './persons.ts';

/** One person found, with the face that matched best. */
export interface Candidate {
  readonly person: PersonHandle;
  readonly faceId: string;
  /** Comparison score: cosine, -1 to 1. */
  readonly score: number;
}

/** Opaque number of a group, of one account, while somebody is in it. */
export type GroupHandle = number;

/** Whom to search and what to answer. */
export interface SearchWanted {
  /** Everybody who is in one of these… */
  readonly groups: readonly GroupHandle[];
  /** …and in none of these. */
  readonly excludedGroups?: readonly GroupHandle[];
  /** Persons at most. */
  readonly limit: number;
  /** Comparison score, -1 to 1, below which nobody is answered. */
  readonly minScore: number;
}

/** Nearest templates, by exact scores. Numbers and unit vectors only: it knows no names or accounts. */
export interface TemplateIndex {
  /**
   * The groups that a person is in from now on, each once; who is in none is not found.
   * @throws {Error} where there is no memory for it: nothing has changed then
   */
  setGroups(person: PersonHandle, groups: readonly GroupHandle[]): void;
  /**
   * Memory of it is taken over or copied before the call returns.
   * @param faceId a whole number up to 2^53, in decimal digits
   */
  add(person: PersonHandle, faceId: string, template: Template): void;
  /** As `add` of one after the other, in a fraction of the time. */
  addAll(faces: FaceColumns): void;
  /** The template's memory reads zero when this returns, and no search under way will answer the face. */
  remove(person: PersonHandle, faceId: string): void;
  /** With all faces and groups. */
  removePerson(person: PersonHandle): void;
  /** Whether a search can find the face. */
  has(person: PersonHandle, faceId: string): boolean;
  /** The best face of each person, best person first; of equal scores the face added first is ahead. */
  search(probe: Template, wanted: SearchWanted): Promise<Candidate[]>;
  /** How many faces such a search compares. */
  countFaces(wanted: Pick<SearchWanted, 'groups' | 'excludedGroups'>): number;
  /** Faces held. */
  readonly size: number;
  close(): Promise<void>;
}
