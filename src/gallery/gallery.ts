// The gallery: who is enrolled, who is found, who is forgotten. Every operation of the wire ends here.
import { Refusal } from '../wire/errors.ts';
import { maxGroupsPerAccount } from '../wire/limits.ts';
import { Clearing, type GalleryRules } from './clearing.ts';
import { type Enrolled, enrol } from './enrolling.ts';
import { type IdentifyQuery, identify, type ProbeFace, type Searched } from './identify.ts';
import type {
  Cleared,
  FaceFate,
  FoundFace,
  KeptPhotograph,
  Person,
  PersonHandle,
  PersonProfile,
  Store,
  StoredFaces,
  TemplateIndex,
} from './ports.ts';
import type { DeletionCause, Receipt, ReceiptTicket } from './receipts.ts';
import { findFaces, type Recogniser, type Verification, verify } from './recognise.ts';
import { Roster } from './roster.ts';

export class Gallery {
  readonly #store: Store;
  readonly #index: TemplateIndex;
  readonly #recogniser: Recogniser;
  readonly #rules: GalleryRules;
  readonly #roster: Roster;
  /** What goes by itself, and the consents that faces stand on. */
  readonly clearing: Clearing;

  private constructor(store: Store, index: TemplateIndex, recogniser: Recogniser, rules: GalleryRules) {
    this.#store = store;
    this.#index = index;
    this.#roster = new Roster((person, groups) => index.setGroups(person, groups));
    this.#recogniser = recogniser;
    this.#rules = rules;
    this.clearing = new Clearing({
      store: store.retention,
      rules: rules.retention,
      nowMs: rules.nowMs,
      onGone: (cleared) => this.#forgetCleared(cleared),
    });
  }

  /**
   * Loads every live person and face of the store into memory.
   * @param onProgress called with the faces loaded so far
   * @throws {Error} when a stored template was made by another model than the recogniser's
   */
  static async open(
    store: Store,
    index: TemplateIndex,
    recogniser: Recogniser,
    rules: GalleryRules,
    onProgress: (faces: number) => void = () => undefined,
  ): Promise<Gallery> {
    const gallery = new Gallery(store, index, recogniser, rules);
    for await (const { persons, faces } of store.load()) {
      for (const person of persons) gallery.#roster.enter(person);
      for (const ofModel of faces) gallery.#load(ofModel);
      onProgress(index.size);
    }
    return gallery;
  }

  #load(faces: StoredFaces): void {
    const { modelId } = faces;
    const chosen = this.#recogniser.analyser.modelId;
    if (modelId !== chosen) {
      throw new Error(
        `the library holds templates of model ${modelId}, but ${chosen} is chosen: ` +
          'templates of two models cannot be compared; start with the models that made them',
      );
    }
    this.#index.addAll(faces);
  }

  /** @throws {Refusal} personExists, tooManyGroups */
  async addPerson(account: string, profile: PersonProfile, groupIds: readonly string[]): Promise<void> {
    const added = await this.#store.addPerson(account, profile, groupIds);
    if (added.outcome === 'personExists') throw new Refusal('personExists');
    if (added.outcome === 'tooManyGroups') throw new Refusal('tooManyGroups', String(maxGroupsPerAccount));
    this.#roster.enter({ account, person: added.person, profile, groupIds });
  }

  /** @throws {Refusal} personNotFound */
  async setPerson(account: string, change: PersonProfile): Promise<void> {
    const { person, profile } = known(await this.#store.setPerson(account, change));
    this.#roster.rename(person, profile);
  }

  /** @throws {Refusal} personNotFound */
  async getPerson(account: string, personId: string): Promise<Person> {
    return known(await this.#store.getPerson(account, personId));
  }

  /**
   * Deletes a person with all faces: unsearchable from the moment that nothing can bring it back, gone for good when
   * the promise resolves.
   * @throws {Refusal} personNotFound, personHeld
   */
  async deletePerson(
    account: string,
    personId: string,
    cause: DeletionCause = 'request',
  ): Promise<ReceiptTicket> {
    let gone: PersonHandle | undefined;
    const strike = ({ person }: { person: PersonHandle }) => {
      gone = person;
      this.#index.removePerson(person);
      this.#roster.strike(person);
    };
    try {
      return known(await this.#store.deletePerson(account, personId, { cause, onGone: strike })).receipt;
    } finally {
      // Again: a face whose enrolment was under way has reached the index since.
      if (gone !== undefined) this.#index.removePerson(gone);
    }
  }

  /**
   * Enrols the one face of each picture; a picture that cannot be enrolled says why and spares its neighbours.
   * @throws {Refusal} personNotFound, consentRequired
   */
  async addFaces(account: string, personId: string, urls: readonly string[]): Promise<Enrolled> {
    // Asked first: an unknown person costs no picture, and nobody is measured without consent.
    await this.clearing.checkConsent(account, personId, this.#rules.isConsentRequired);
    const enrolling = {
      store: this.#store,
      index: this.#index,
      recogniser: this.#recogniser,
      rules: this.#rules,
      withdraw: (...faces: [string, string, readonly string[]]) => this.deleteFaces(...faces),
    };
    return enrol(enrolling, account, personId, urls);
  }

  /** Opens a face's photograph for 15 minutes; undefined where none is kept, or where none shall be any more. */
  async issuePhotographToken(account: string, faceId: string): Promise<string | undefined> {
    return this.#keepsPhotographs ? this.#store.issuePhotographToken(account, faceId) : undefined;
  }

  /** Undefined where the token opens nothing, or nothing any more. */
  async openPhotograph(token: string): Promise<(KeptPhotograph & { mediaType: string }) | undefined> {
    const photograph = this.#keepsPhotographs ? await this.#store.openPhotograph(token) : undefined;
    return (
      photograph && { ...photograph, mediaType: this.#recogniser.pictures.mediaTypeOf(photograph.bytes) }
    );
  }

  get #keepsPhotographs(): boolean {
    return (this.#rules.keepPhotographs ?? 'none') !== 'none';
  }

  /**
   * Deletes faces of a person: unsearchable from the moment that nothing can bring them back, gone for good when the
   * promise resolves. Answers exactly the ids that went, in the order asked, and a receipt where something went; a face
   * that the person does not have, or that is under a legal hold, is skipped, not refused.
   * @throws {Refusal} personNotFound
   */
  async deleteFaces(
    account: string,
    personId: string,
    faceIds: readonly string[],
    cause: DeletionCause = 'request',
  ): Promise<{ faceIds: readonly string[]; receipt?: ReceiptTicket }> {
    return known(await this.#store.deleteFaces(account, personId, faceIds, { cause, onGone: this.#forget }));
  }

  /**
   * As `deleteFaces`, with what became of each id, and the whole receipt with its salt where something went. The same
   * idempotency key answers the same for a day.
   * @throws {Refusal} idempotencyKeyReused
   */
  async forgetFaces(
    account: string,
    personId: string,
    faceIds: readonly string[],
    idempotencyKey?: string,
  ): Promise<{ fates: readonly { faceId: string; fate: FaceFate }[]; receipt?: Receipt; salt?: string }> {
    const { fates, receipt: ticket } = await this.#store.forgetFaces(account, personId, faceIds, {
      onGone: this.#forget,
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    });
    if (ticket === undefined) return { fates };
    const receipt = await this.#store.getReceipt(account, ticket.id);
    if (receipt === undefined)
      throw new Error('the deletion holds but is not finished: it has no receipt yet');
    return { fates, receipt, salt: ticket.salt };
  }

  /** @throws {Refusal} receiptNotFound, also where the receipt is another account's */
  async getReceipt(account: string, id: string): Promise<{ receipt: Receipt; publicKey: string }> {
    const receipt = await this.#store.getReceipt(account, id);
    if (receipt === undefined) throw new Refusal('receiptNotFound');
    return { receipt, publicKey: this.#store.receiptKey };
  }

  readonly #forget = ({ person, faceIds }: { person: PersonHandle; faceIds: readonly string[] }): void => {
    for (const faceId of faceIds) this.#index.remove(person, faceId);
  };

  #forgetCleared({ person, faceIds, groupIds, isPersonGone }: Cleared): void {
    this.#forget({ person, faceIds });
    this.#roster.leave(person, groupIds);
    if (!isPersonGone) return;
    this.#index.removePerson(person);
    this.#roster.strike(person);
  }

  /** @throws {Refusal} personNotFound, tooManyGroups */
  async addGroups(account: string, personId: string, groupIds: readonly string[]): Promise<void> {
    const added = known(await this.#store.addGroups(account, personId, groupIds));
    if (added.outcome === 'tooManyGroups') throw new Refusal('tooManyGroups', String(maxGroupsPerAccount));
    this.#roster.join(added.person, groupIds);
  }

  /**
   * Answers the groups the person was taken out of.
   * @throws {Refusal} personNotFound
   */
  async deleteGroups(
    account: string,
    personId: string,
    groupIds: readonly string[],
  ): Promise<readonly string[]> {
    const left = known(await this.#store.deleteGroups(account, personId, groupIds));
    this.#roster.leave(left.person, left.groupIds);
    return left.groupIds;
  }

  listGroups(account: string): Promise<readonly string[]> {
    return this.#store.listGroups(account);
  }

  listPersons(...asked: Parameters<Store['listPersons']>): ReturnType<Store['listPersons']> {
    return this.#store.listPersons(...asked);
  }

  /** Searches groups for the faces of a picture (1:N): see `identify`. @throws {Refusal} badRequest */
  identify(account: string, query: IdentifyQuery): Promise<{ faces: ProbeFace[]; searched: Searched }> {
    const { retention } = this.#store;
    const parts = { recogniser: this.#recogniser, index: this.#index, roster: this.#roster, retention };
    return identify(parts, account, query);
  }

  /** Whether a search would still find the face: from the moment a deletion is certain, it would not. */
  isEnrolled(account: string, personId: string, faceId: string): boolean {
    const person = this.#roster.find(account, personId);
    return person !== undefined && this.#index.has(person, faceId);
  }

  /**
   * Compares the largest faces of two pictures (1:1).
   * @throws {Refusal} badRequest when a picture shows no face
   */
  verify(account: string, url: string, otherUrl: string): Promise<Verification> {
    return verify(this.#recogniser, account, url, otherUrl);
  }

  /** Every face of a picture with what can be said of it, largest first. */
  detect(account: string, url: string): Promise<FoundFace[]> {
    return findFaces(this.#recogniser, account, url, { attributes: true });
  }

  /** Does a request's work, or a job's; the uploads that it opens are gone when it has ended. */
  during<Value>(account: string, work: () => Promise<Value>): Promise<Value> {
    return this.#recogniser.pictures.during(account, work);
  }

  /** Faces that a search can find. */
  get size(): number {
    return this.#index.size;
  }
}

function known<Found>(found: Found | undefined): Found {
  if (found === undefined) throw new Refusal('personNotFound');
  return found;
}
