// What the gallery asks of the world: a store, a search, pictures and a face analyser. Types only.
import type { Template } from './face-analysis.ts';
import type { KeyStore } from './keys.ts';
import type { HoldStore } from './legal-holds.ts';
import type { Person, PersonHandle, PersonProfile, StoredBatch } from './persons.ts';
import type { KeptPhotograph } from './pictures.ts';
import type { DeletionCause, ReceiptStore, ReceiptTicket } from './receipts.ts';
import type { RetentionStore } from './retention.ts';

export type * from './callbacks.ts';
export type * from './face-analysis.ts';
export type * from './keys.ts';
export type * from './legal-holds.ts';
export type * from './persons.ts';
export type * from './pictures.ts';
export type * from './retention.ts';
export type * from './template-search.ts';

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

  /**
   * Every live person and every live face, for the search to be filled with at start, some at a time; a person may come
   * after faces of its own. Templates last until the next batch is asked for: then their memory reads zero, or is not
   * there any more.
   */
  load(): AsyncIterable<StoredBatch>;
  /** How many faces `load` will answer, but for damaged ones. */
  countFaces(): number;

  close(): Promise<void>;
}
