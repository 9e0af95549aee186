// What can happen to the library, each as one atomic step inside the writer's transaction.
import type { PersonHandle, PersonProfile, Template } from '../gallery/ports.ts';
import { dayOf } from '../wire/days.ts';
import { maxFacesPerPerson, maxGroupsPerAccount, maxIdLength } from '../wire/limits.ts';
import type { Change } from './change.ts';
import { type Enquirer, readConsent, readGroupId, readProfile } from './enquiries.ts';
import type { FaceIds, NewFace } from './face-ids.ts';
import { encodeFace, encodeProfile, recordBytes } from './records.ts';
import { lookupOf, sealText } from './sealing.ts';
import type { Slot } from './slot-file.ts';
import type { DeletionMemory } from './sqlite/deletion-memory.ts';
import type { Holds } from './sqlite/holds.ts';
import type { ReceiptTable } from './sqlite/receipt-table.ts';

/** The rows and the vault as seen from within one change. */
export interface Changing extends Enquirer {
  readonly receipts: ReceiptTable;
  readonly memory: DeletionMemory;
  readonly holds: Holds;
  readonly faceIds: FaceIds;
  readonly change: Change;
  readonly nowMs: number;
}

export function addPerson(
  changing: Changing,
  account: string,
  profile: PersonProfile,
  groupIds: readonly string[],
): { outcome: 'added'; person: PersonHandle } | { outcome: 'personExists' } | { outcome: 'tooManyGroups' } {
  const { keys, accounts, catalogue, change } = changing;
  const lookup = lookupOf(keys, 'person', account, profile.personId);
  if (catalogue.findPerson(lookup) !== undefined) return { outcome: 'personExists' };
  if (!hasRoomFor(changing, account, groupIds)) return { outcome: 'tooManyGroups' };
  const slot = change.enter('profile', lookup, encodeProfile(profile));
  const person = catalogue.insertPerson(accounts.enter(account), lookup, slot, dayOf(changing.nowMs));
  join(changing, account, person, groupIds);
  return { outcome: 'added', person };
}

/** Written anew in another slot under another key, the old one erased: a crash leaves the one or the other, whole. */
export function setPerson(
  changing: Changing,
  account: string,
  given: PersonProfile,
): { person: PersonHandle; profile: PersonProfile } | undefined {
  const row = findPerson(changing, account, given.personId);
  if (row === undefined) return undefined;
  const profile = {
    ...readProfile(changing, row),
    personId: given.personId,
    ...(given.name === undefined ? {} : { name: given.name }),
    ...(given.note === undefined ? {} : { note: given.note }),
  };
  const record = encodeProfile(profile, readConsent(changing, row));
  const slot = changing.change.enter('profile', row.lookup, record);
  changing.catalogue.movePerson(row.person, slot);
  changing.catalogue.noteActivity(row.person, dayOf(changing.nowMs));
  if (row.slot !== null) changing.change.erase(row.slot);
  return { person: row.person, profile };
}

export function addGroups(
  changing: Changing,
  account: string,
  personId: string,
  groupIds: readonly string[],
): { outcome: 'added'; person: PersonHandle } | { outcome: 'tooManyGroups' } | undefined {
  const row = findPerson(changing, account, personId);
  if (row === undefined) return undefined;
  if (!hasRoomFor(changing, account, groupIds)) return { outcome: 'tooManyGroups' };
  join(changing, account, row.person, groupIds);
  changing.catalogue.noteActivity(row.person, dayOf(changing.nowMs));
  return { outcome: 'added', person: row.person };
}

export function deleteGroups(
  changing: Changing,
  account: string,
  personId: string,
  groupIds: readonly string[],
): { person: PersonHandle; groupIds: string[] } | undefined {
  const { keys, catalogue, change } = changing;
  const row = findPerson(changing, account, personId);
  if (row === undefined) return undefined;
  const left = [...new Set(groupIds)].filter((groupId) => {
    const group = catalogue.findGroup(lookupOf(keys, 'group', account, groupId))?.group;
    if (group === undefined || !catalogue.leave(row.person, group)) return false;
    catalogue.deleteEmptyGroup(group);
    return true;
  });
  if (left.length > 0) {
    change.eraseRows();
    catalogue.noteActivity(row.person, dayOf(changing.nowMs));
  }
  return { person: row.person, groupIds: left };
}

export function addFaces(
  changing: Changing,
  account: string,
  person: PersonHandle,
  modelId: string,
  templates: readonly Template[],
  photographs: readonly Uint8Array[] = [],
): { person: PersonHandle; groupIds: string[]; faceIds: string[] } {
  const { catalogue, change } = changing;
  const room = maxFacesPerPerson - catalogue.countFaces(person);
  const given = templates.slice(0, room);
  const slots = change.take(given.length);
  const faces = insertFaces(changing, account, person, slots);
  const memory = Buffer.alloc(recordBytes);
  change.fill('face', slots, (i) => ({
    lookup: faces[i]!.lookup,
    plaintext: encodeFace(
      { faceId: faces[i]!.faceId, modelId, template: given[i]!, addedAtMs: changing.nowMs },
      memory,
    ),
    photograph: photographs[i],
  }));
  const faceIds = faces.map(({ faceId }) => faceId);
  catalogue.noteActivity(person, dayOf(changing.nowMs));
  const groups = catalogue.listGroupsOf(person);
  return { person, groupIds: groups.map((group) => readGroupId(changing, group)), faceIds };
}

export const findPerson = ({ keys, catalogue }: Changing, account: string, personId: string) =>
  catalogue.findPerson(lookupOf(keys, 'person', account, personId));

function hasRoomFor(
  { keys, accounts, catalogue }: Changing,
  accountName: string,
  groupIds: readonly string[],
): boolean {
  const account = accounts.find(accountName);
  const present = account === undefined ? 0 : catalogue.countGroups(account);
  const missing = [...new Set(groupIds)].filter(
    (groupId) => catalogue.findGroup(lookupOf(keys, 'group', accountName, groupId)) === undefined,
  );
  return present + missing.length <= maxGroupsPerAccount;
}

function join(
  { keys, accounts, catalogue, nowMs }: Changing,
  account: string,
  person: PersonHandle,
  groupIds: readonly string[],
): void {
  for (const groupId of groupIds) {
    if (groupId.length > maxIdLength) throw new RangeError(`a groupId has at most ${maxIdLength} characters`);
    const lookup = lookupOf(keys, 'group', account, groupId);
    const group =
      catalogue.findGroup(lookup)?.group ??
      // Padded, so that the length of the ciphertext tells nothing.
      catalogue.insertGroup(
        accounts.enter(account),
        lookup,
        sealText(keys, 'group', lookup, groupId.padEnd(maxIdLength, '\0')),
      );
    catalogue.join(person, group, dayOf(nowMs));
  }
}

/** One row a slot, under ids drawn anew. */
function insertFaces(
  { catalogue, faceIds, nowMs }: Changing,
  account: string,
  person: PersonHandle,
  slots: readonly Slot[],
): NewFace[] {
  for (;;) {
    const faces = faceIds.draw(account, slots.length);
    const lookups = faces.map(({ lookup }) => lookup);
    // Hardly ever false: it costs less to draw all again then than to look every id up first.
    if (catalogue.insertFaces(person, lookups, slots, dayOf(nowMs))) return faces;
  }
}
