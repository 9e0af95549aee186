// The gallery: who is enrolled, who is found, who is forgotten. Every operation of the wire ends here.
import { Refusal } from '../wire/errors.ts';
import { maxFacesPerPerson, maxGroupsPerAccount, maxPersonsPerFace } from '../wire/limits.ts';
import { isSamePerson, rateOf } from './decision.ts';
import type {
  Box,
  FaceFate,
  FoundFace,
  Person,
  PersonHandle,
  PersonProfile,
  Store,
  Template,
  TemplateIndex,
} from './ports.ts';
import type { DeletionCause, Receipt, ReceiptTicket } from './receipts.ts';
import { compare, findEnrollableFace, findFaces, findLargestFace, type Recogniser } from './recognise.ts';
import { Roster } from './roster.ts';

/** What became of one picture of an enrolment. */
export type Enrolment = { readonly faceId: string } | { readonly refusal: Refusal };

/** One person found for a probe face. */
export interface Identification extends PersonProfile {
  readonly faceId: string;
  /** Comparison score, -1 to 1. */
  readonly score: number;
  /** The cloud's 0 to 100. */
  readonly rate: number;
}

/** One face of a probe picture, with the persons it may be, best first; nobody is an answer. */
export interface ProbeFace {
  readonly box: Box;
  readonly persons: readonly Identification[];
}

export interface Verification {
  readonly score: number;
  readonly rate: number;
  readonly isSamePerson: boolean;
}

export class Gallery {
  readonly #store: Store;
  readonly #index: TemplateIndex;
  readonly #recogniser: Recogniser;
  readonly #roster = new Roster();

  private constructor(store: Store, index: TemplateIndex, recogniser: Recogniser) {
    this.#store = store;
    this.#index = index;
    this.#recogniser = recogniser;
  }

  /**
   * Loads every live person and face of the store into memory.
   * @throws {Error} when a stored template was made by another model than the recogniser's
   */
  static open(store: Store, index: TemplateIndex, recogniser: Recogniser): Gallery {
    const gallery = new Gallery(store, index, recogniser);
    for (const person of store.persons()) gallery.#roster.enter(person);
    for (const face of store.faces()) {
      if (face.modelId !== recogniser.analyser.modelId) {
        throw new Error(
          `the library holds templates of model ${face.modelId}, but ${recogniser.analyser.modelId} is chosen: ` +
            'templates of two models cannot be compared; start with the models that made them',
        );
      }
      index.add(face.person, face.faceId, face.template);
    }
    return gallery;
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
   * @throws {Refusal} personNotFound
   */
  async addFaces(
    account: string,
    personId: string,
    urls: readonly string[],
  ): Promise<{ groupIds: readonly string[]; enrolments: Enrolment[] }> {
    // Asked first, so that an unknown person costs no picture.
    known(await this.#store.getPerson(account, personId));
    const found = await Promise.all(urls.map((url) => orRefusal(findEnrollableFace(this.#recogniser, url))));
    const faces = found.filter((face): face is FoundFace => !(face instanceof Refusal));
    const templates = faces.map((face) => face.template);
    const { modelId } = this.#recogniser.analyser;
    const stored = known(await this.#store.addFaces(account, personId, modelId, templates));
    await this.#makeSearchable(account, personId, stored, templates);
    const faceIds = stored.faceIds[Symbol.iterator]();
    const enrolments = found.map((face): Enrolment => {
      if (face instanceof Refusal) return { refusal: face };
      const faceId = faceIds.next().value;
      return faceId === undefined
        ? { refusal: new Refusal('tooManyFaces', String(maxFacesPerPerson)) }
        : { faceId };
    });
    return { groupIds: stored.groupIds, enrolments };
  }

  /** A face that finds no room in the index is not kept in the store either: enrolled means searchable. */
  async #makeSearchable(
    account: string,
    personId: string,
    { person, faceIds }: { person: PersonHandle; faceIds: readonly string[] },
    templates: readonly Template[],
  ): Promise<void> {
    try {
      for (const [i, faceId] of faceIds.entries()) this.#index.add(person, faceId, templates[i]!);
    } catch (error) {
      await this.deleteFaces(account, personId, faceIds);
      throw error;
    }
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

  listPersons(
    account: string,
    groupId: string,
    page: { offset: number; limit: number },
  ): Promise<{ personIds: readonly string[]; totalCount: number }> {
    return this.#store.listPersons(account, groupId, page);
  }

  /** Searches a group for every face of a picture (1:N), largest face first. */
  async identify(account: string, groupId: string, url: string): Promise<ProbeFace[]> {
    const probes = await findFaces(this.#recogniser, url);
    return Promise.all(
      probes.map(async ({ box, template }) => ({
        box,
        persons: await this.#identifyFace(account, groupId, template),
      })),
    );
  }

  async #identifyFace(account: string, groupId: string, template: Float32Array): Promise<Identification[]> {
    const { calibration } = this.#recogniser.analyser;
    const candidates = await this.#index.search(template, this.#roster.membersOf(account, groupId), {
      limit: maxPersonsPerFace,
      minScore: calibration.identify.threshold,
    });
    return candidates.flatMap(({ person, faceId, score }) => {
      const profile = this.#roster.profileOf(person);
      return profile === undefined ? [] : [{ ...profile, faceId, score, rate: rateOf(score, calibration) }];
    });
  }

  /**
   * Compares the largest faces of two pictures (1:1).
   * @throws {Refusal} badRequest when a picture shows no face
   */
  async verify(url: string, otherUrl: string): Promise<Verification> {
    const [face, other] = await Promise.all([
      findLargestFace(this.#recogniser, url, 'url'),
      findLargestFace(this.#recogniser, otherUrl, 'extras.faceUrl'),
    ]);
    const { calibration } = this.#recogniser.analyser;
    const score = compare(face, other);
    return { score, rate: rateOf(score, calibration), isSamePerson: isSamePerson(score, calibration) };
  }

  /** Every face of a picture with what can be said of it, largest first. */
  detect(url: string): Promise<FoundFace[]> {
    return findFaces(this.#recogniser, url, { attributes: true });
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

async function orRefusal<Value>(promise: Promise<Value>): Promise<Value | Refusal> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}
