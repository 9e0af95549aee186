// What the gallery asks of the world: a store, a search, pictures and a face analyser. Types only.
import type { KeyStore } from './keys.ts';
import type { Hold, HoldStore } from './legal-holds.ts';
import type { Box, KeptPhotograph, Picture } from './pictures.ts';
import type { DeletionCause, ReceiptStore, ReceiptTicket } from './receipts.ts';
import type { RetentionStore } from './retention.ts';

export type * from './callbacks.ts';
export type * from './keys.ts';
export type * from './pictures.ts';
export type * from './retention.ts';
export type { Hold, HoldStore };

/** Unit-length vector of one face, comparable only with templates of the same model. */
export type Template = Float32Array;

/** Degrees: yaw positive to the subject's left, pitch positive upwards, roll clockwise. */
export interface Pose {
  readonly yaw: number;
  readonly pitch: number;
  readonly roll: number;
}

export interface FaceQuality {
  /** 0 (featureless) to 1 (sharp), from the Laplacian's variance on the aligned face. */
  readonly sharpness: number;
  /** 0 (part of the face outside the picture) to 1 (whole). */
  readonly integrity: number;
  /** Mean luma of the aligned face, 0 to 1. */
  readonly brightness: number;
}

export interface FaceAttributes {
  readonly gender: { readonly value: 'male' | 'female'; readonly probability: number };
  /** Years, an estimate. */
  readonly age: number;
  /** Probability of a smile, 0 to 1. */
  readonly smile: number;
}

/** One face found in a picture. */
export interface FoundFace {
  readonly box: Box;
  /** Detector's confidence, 0 to 1. */
  readonly confidence: number;
  readonly pose: Pose;
  readonly quality: FaceQuality;
  readonly template: Template;
  /** Only where attributes were asked for. */
  readonly attributes?: FaceAttributes;
}

/** Finds faces and turns them into templates. */
export interface FaceAnalyser {
  /** Names the embedding model; stands beside every template, and templates of two models are never compared. */
  readonly modelId: string;
  readonly dimensions: number;
  /** Rate curve and thresholds of the model's comparison scores. */
  readonly calibration: Calibration;
  /**
   * Every face of the picture, largest first. Takes the picture's memory over: `pixels` is empty afterwards.
   * @throws {Refusal} algorithmFailed
   */
  analyse(picture: Picture, wanted?: { attributes?: boolean; maxFaces?: number }): Promise<FoundFace[]>;
  close(): Promise<void>;
}

/** What a comparison score (cosine, -1 to 1) of one model means. */
export interface Calibration {
  /** Rising [score, rate] points; rate is the cloud's 0 to 100. Linear between them, flat outside. */
  readonly rateCurve: readonly (readonly [score: number, rate: number])[];
  /** Score from which two faces count as one person (1:1), and its false-match rate. */
  readonly verify: { readonly threshold: number; readonly falseMatchRate: number };
  /** Lowest score a search lists (1:N). */
  readonly identify: { readonly threshold: number };
  /** Where they were measured. */
  readonly falseMatches?: FalseMatchCurve | undefined;
}

/** How often two persons reach a score, as measured. */
export interface FalseMatchCurve {
  /** Rising scores, each with the share of the comparisons that reach it, 0 to 1, falling. */
  readonly points: readonly (readonly [score: number, fmr: number])[];
  /** Comparisons of two persons that the last point was measured by. */
  readonly comparisons: number;
  /** Words of whoever measured: which photographs. */
  readonly measuredOn: string;
}

/** Opaque, stable number of a person within the whole store; never shown outside. */
export type PersonHandle = number;
/** Number of a sealed slot; reused after the face it held is gone. */
export type Slot = number;

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

/** How a deletion goes about. */
export interface DeletionManner {
  /** `request` when left out. */
  readonly cause?: DeletionCause;
  /**
   * Called once it is certain that these are gone for good, and before their bytes are overwritten; not called when
   * nothing went. Only then may a search forget them: a face under a legal hold, for one, does not go.
   */
  readonly onGone?: (gone: { person: PersonHandle; faceIds: readonly string[] }) => void;
}

/** What became of one face id that was asked to be deleted; whose a face of another person is, is not told. */
export type FaceFate = 'DELETED' | 'ALREADY_DELETED' | 'NOT_FOUND' | 'OTHER_PERSON' | 'HELD';

/**
 * Durable truth. Every promise resolves only once its effect is on disk and survives a power cut; a deletion only
 * once the face's key and ciphertext are overwritten. Checks and writes of one call are one atomic step, so that two
 * callers cannot both pass a limit. Account names select the library: no call sees another account's persons.
 */
export interface Store extends KeyStore, HoldStore, ReceiptStore {
  readonly retention: RetentionStore;

  addPerson(
    account: string,
    profile: PersonProfile,
    groupIds: readonly string[],
  ): Promise<
    { outcome: 'added'; person: PersonHandle } | { outcome: 'personExists' } | { outcome: 'tooManyGroups' }
  >;

  /** Fields left out stay as they are. Undefined when there is no such person. */
  setPerson(
    account: string,
    change: PersonProfile,
  ): Promise<{ person: PersonHandle; profile: PersonProfile } | undefined>;

  getPerson(account: string, personId: string): Promise<Person | undefined>;

  /**
   * Deletes the person with all its faces. Undefined when there is no such person.
   * @throws {Refusal} personHeld when the person or one of its faces is under a legal hold: nothing is deleted then
   */
  deletePerson(
    account: string,
    personId: string,
    manner?: DeletionManner,
  ): Promise<{ person: PersonHandle; faceIds: readonly string[]; receipt: ReceiptTicket } | undefined>;

  /** Creates missing groups. Undefined when there is no such person. */
  addGroups(
    account: string,
    personId: string,
    groupIds: readonly string[],
  ): Promise<{ outcome: 'added'; person: PersonHandle } | { outcome: 'tooManyGroups' } | undefined>;

  /** Answers the groups the person was taken out of; a group vanishes with its last person. */
  deleteGroups(
    account: string,
    personId: string,
    groupIds: readonly string[],
  ): Promise<{ person: PersonHandle; groupIds: readonly string[] } | undefined>;

  /**
   * Ids are drawn by the store, never reused while remembered, in the order of `templates`; fewer where the person is full.
   * @param photographs one a template, or none: kept with its face, and gone with it
   * @throws {Refusal} consentRequired when the person's consent has ended, or is required and was never recorded
   */
  addFaces(
    account: string,
    personId: string,
    modelId: string,
    templates: readonly Template[],
    isConsentRequired?: boolean,
    photographs?: readonly Uint8Array[],
  ): Promise<{ person: PersonHandle; groupIds: readonly string[]; faceIds: readonly string[] } | undefined>;

  /** Opens the face's photograph for 15 minutes, to whoever has it; undefined where no photograph is kept. */
  issuePhotographToken(account: string, faceId: string): Promise<string | undefined>;

  /** Undefined where the token is none, or has ended, and once the face is deleted. */
  openPhotograph(token: string): Promise<KeptPhotograph | undefined>;

  /**
   * Unknown ids, other persons' ids and faces under a legal hold are skipped; answers exactly what went, in the order
   * asked, each once, and a receipt where something went.
   */
  deleteFaces(
    account: string,
    personId: string,
    faceIds: readonly string[],
    manner?: DeletionManner,
  ): Promise<{ person: PersonHandle; faceIds: readonly string[]; receipt?: ReceiptTicket } | undefined>;

  /**
   * As `deleteFaces`, with what became of each id, in the order asked, each once; a person who is not there has lost
   * the faces or never had them. A day long, the same idempotency key answers what it answered before.
   * @throws {Refusal} idempotencyKeyReused when the key came with another person or other faces
   */
  forgetFaces(
    account: string,
    personId: string,
    faceIds: readonly string[],
    manner?: DeletionManner & { readonly idempotencyKey?: string },
  ): Promise<{ fates: readonly { faceId: string; fate: FaceFate }[]; receipt?: ReceiptTicket }>;

  /** Sorted by id. */
  listGroups(account: string): Promise<readonly string[]>;

  /** Persons of a group in the order they joined, `offset` skipped, at most `limit`, and how many there are in all. */
  listPersons(
    account: string,
    groupId: string,
    page: { offset: number; limit: number },
  ): Promise<{ personIds: readonly string[]; totalCount: number }>;

  /** Every live person, then every live face, for the search to be filled with at start, some at a time. */
  persons(): AsyncIterable<readonly StoredPerson[]>;
  /** Templates last until the next ones are asked for: then their memory reads zero, or is not there any more. */
  faces(): AsyncIterable<readonly StoredFace[]>;
  /** How many `faces` will answer, but for damaged ones. */
  countFaces(): number;

  close(): Promise<void>;
}

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
  /** Memory of it is taken over or copied before the call returns. */
  add(person: PersonHandle, faceId: string, template: Template): void;
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
