// What a deletion does to the rows, in one atomic step: holds respected, receipt drafted, intents recorded.
import type { FaceFate, PersonHandle } from '../gallery/ports.ts';
import { type DeletionCause, draftReceipt, type ReceiptTicket } from '../gallery/receipts.ts';
import { Refusal } from '../wire/errors.ts';
import type { Change } from './change.ts';
import type { Changing } from './changes.ts';
import { readFaceIds } from './enquiries.ts';
import { faceLookupOf } from './face-ids.ts';
import { lookupOf } from './sealing.ts';
import type { Catalogue, FaceRow, PersonRow } from './sqlite/catalogue.ts';
import type { Holds } from './sqlite/holds.ts';
import type { ReceiptHandle } from './sqlite/receipt-table.ts';

const countPhotographs = ({ change }: Changing, faces: readonly FaceRow[]): number =>
  faces.filter(({ slot }) => change.hasPhotograph(slot)).length;

/** @throws {Refusal} personHeld */
export function deletePerson(
  changing: Changing,
  account: string,
  personId: string,
  cause: DeletionCause,
): { person: PersonHandle; faceIds: string[]; receipt: ReceiptTicket } | undefined {
  const { catalogue, holds, keys, nowMs } = changing;
  const row = catalogue.findPerson(lookupOf(keys, 'person', account, personId));
  if (row === undefined) return undefined;
  const hold = holds.findOnPerson(row.person, nowMs);
  if (hold !== undefined) throw new Refusal('personHeld', hold);
  return { person: row.person, ...forgetPerson(changing, { account, personId, row, cause }) };
}

/** Erases a person with all faces under one receipt; that no hold is on it, the caller has made sure. */
export function forgetPerson(
  changing: Changing,
  {
    account,
    personId,
    row,
    cause,
  }: { account: string; personId: string | undefined; row: PersonRow; cause: DeletionCause },
): { faceIds: string[]; receipt: ReceiptTicket } {
  const faces = changing.catalogue.listFaces(row.person);
  const faceIds = readFaceIds(changing, faces);
  const deleted = { faces: faces.length, persons: 1, photographs: countPhotographs(changing, faces) };
  const { draft, salt } = draftReceipt({ class: 'person', deleted, cause, faceIds }, changing.nowMs);
  const slots = faces.length + (row.slot === null ? 0 : 1);
  erasePerson(changing, row, changing.receipts.begin(changing.accounts.enter(account), draft, slots));
  remember(changing, account, personId, faceIds);
  return { faceIds, receipt: { id: draft.id, salt } };
}

/** Rows and slots of a person, readable or not. */
export function erasePerson(
  {
    catalogue,
    holds,
    change,
  }: { catalogue: Catalogue; holds: Holds; change: Pick<Change, 'erase' | 'eraseRows'> },
  row: PersonRow,
  receipt: ReceiptHandle,
): void {
  for (const face of catalogue.listFaces(row.person)) {
    catalogue.deleteFace(face.lookup);
    change.erase(face.slot, receipt);
  }
  for (const { group } of catalogue.listGroupsOf(row.person)) {
    catalogue.leave(row.person, group);
    catalogue.deleteEmptyGroup(group);
  }
  holds.forgetPerson(row.person);
  catalogue.deletePerson(row.person);
  if (row.slot === null) change.eraseRows();
  else change.erase(row.slot, receipt);
}

export function deleteFaces(
  changing: Changing,
  account: string,
  personId: string,
  faceIds: readonly string[],
  cause: DeletionCause,
): { person: PersonHandle; faceIds: string[]; receipt?: ReceiptTicket } | undefined {
  const row = changing.catalogue.findPerson(lookupOf(changing.keys, 'person', account, personId));
  if (row === undefined) return undefined;
  const judged = [...new Set(faceIds)].map((faceId) => judge(changing, account, personId, row, faceId));
  return { person: row.person, ...eraseJudged(changing, account, personId, judged, cause) };
}

/** Erases faces of a person under one receipt; that no hold is on them, the caller has made sure. */
export function eraseFaces(
  changing: Changing,
  {
    account,
    personId,
    faces,
    faceIds,
    cause,
  }: {
    account: string;
    personId: string | undefined;
    faces: readonly FaceRow[];
    /** Those that can be read. */
    faceIds: readonly string[];
    cause: DeletionCause;
  },
): ReceiptTicket {
  const { catalogue, change, receipts, accounts } = changing;
  const deleted = { faces: faces.length, persons: 0, photographs: countPhotographs(changing, faces) };
  const { draft, salt } = draftReceipt({ class: 'faces', deleted, cause, faceIds }, changing.nowMs);
  const receipt = receipts.begin(accounts.enter(account), draft, faces.length);
  for (const face of faces) {
    catalogue.deleteFace(face.lookup);
    change.erase(face.slot, receipt);
  }
  remember(changing, account, personId, faceIds);
  return { id: draft.id, salt };
}

/** What is kept under an idempotency key: the ids come with the request again. */
interface KeptAnswer {
  readonly fates: readonly FaceFate[];
  readonly receipt?: ReceiptTicket;
}

export interface Forgotten {
  readonly fates: { faceId: string; fate: FaceFate }[];
  readonly receipt?: ReceiptTicket;
  /** Where something went now. */
  readonly gone?: { person: PersonHandle; faceIds: string[] };
}

/** @throws {Refusal} idempotencyKeyReused */
export function forgetFaces(
  changing: Changing,
  account: string,
  personId: string,
  given: readonly string[],
  { cause, idempotencyKey }: { cause: DeletionCause; idempotencyKey: string | undefined },
): Forgotten {
  const { catalogue, memory, change, keys, nowMs } = changing;
  const faceIds = [...new Set(given)];
  const request = JSON.stringify([personId, ...faceIds]);
  if (idempotencyKey !== undefined) {
    const kept = memory.findAnswer(account, idempotencyKey, request, nowMs);
    if (kept?.isSameRequest === false) throw new Refusal('idempotencyKeyReused');
    if (kept !== undefined) {
      const { fates, ...rest } = JSON.parse(kept.answer) as KeptAnswer;
      // The first call may share this batch: this one is answered when that one is finished, too.
      change.eraseRows();
      return { fates: faceIds.map((faceId, i) => ({ faceId, fate: fates[i]! })), ...rest };
    }
  }
  const row = catalogue.findPerson(lookupOf(keys, 'person', account, personId));
  const judged = faceIds.map((faceId) => judge(changing, account, personId, row, faceId));
  const fates = judged.map(({ faceId, fate }) => ({ faceId, fate }));
  const { faceIds: went, receipt } = eraseJudged(changing, account, personId, judged, cause);
  const answer = receipt === undefined ? {} : { receipt };
  if (idempotencyKey !== undefined) {
    const kept: KeptAnswer = { fates: fates.map(({ fate }) => fate), ...answer };
    memory.keepAnswer(account, idempotencyKey, request, JSON.stringify(kept), nowMs);
  }
  return { fates, ...answer, ...(went.length === 0 ? {} : { gone: { person: row!.person, faceIds: went } }) };
}

interface Judged {
  readonly faceId: string;
  readonly fate: FaceFate;
  /** Where its fate is to be deleted. */
  readonly face?: FaceRow;
}

function judge(
  { keys, catalogue, holds, memory, nowMs }: Changing,
  account: string,
  personId: string,
  person: PersonRow | undefined,
  faceId: string,
): Judged {
  const face = catalogue.findFace(faceLookupOf(keys, account, faceId));
  if (face === undefined) {
    const isRemembered = memory.remembers(account, personId, faceId, nowMs);
    return { faceId, fate: isRemembered ? 'ALREADY_DELETED' : 'NOT_FOUND' };
  }
  if (face.person !== person?.person) return { faceId, fate: 'OTHER_PERSON' };
  if (holds.isFaceHeld(face.person, face.lookup, nowMs)) return { faceId, fate: 'HELD' };
  return { faceId, fate: 'DELETED', face };
}

/** Erases those whose fate it is. */
function eraseJudged(
  changing: Changing,
  account: string,
  personId: string,
  judged: readonly Judged[],
  cause: DeletionCause,
): { faceIds: string[]; receipt?: ReceiptTicket } {
  const due = judged.filter(({ face }) => face !== undefined);
  const faceIds = due.map(({ faceId }) => faceId);
  if (due.length === 0) return { faceIds };
  const faces = due.map(({ face }) => face!);
  return { faceIds, receipt: eraseFaces(changing, { account, personId, faces, faceIds, cause }) };
}

function remember(
  { memory, nowMs }: Changing,
  account: string,
  personId: string | undefined,
  faceIds: readonly string[],
): void {
  // Of a person whose id is lost, nobody can ask.
  if (personId !== undefined) for (const faceId of faceIds) memory.remember(account, personId, faceId, nowMs);
}
