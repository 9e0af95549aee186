// What the library answers without changing: one person, the groups, and a group's members.
import type { Person, PersonProfile } from '../gallery/ports.ts';
import type { SlotOwner } from './record-contexts.ts';
import { type ConsentWords, decodeConsent, decodeProfile, faceIdOf } from './records.ts';
import { type LibraryKeys, lookupOf, unsealText } from './sealing.ts';
import type { Accounts } from './sqlite/accounts.ts';
import type { Catalogue, FaceRow, GroupRow, PersonRow } from './sqlite/catalogue.ts';

export interface Enquirer {
  readonly keys: LibraryKeys;
  readonly accounts: Accounts;
  readonly catalogue: Catalogue;
  /** The record in clear, or undefined when it does not open. */
  readonly read: (owner: SlotOwner) => Buffer | undefined;
}

/** Undefined where the record is lost or damaged: name and note are gone, and the id for who does not know it. */
export const readProfile = (enquirer: Enquirer, row: PersonRow): PersonProfile | undefined =>
  readRecord(enquirer, row, decodeProfile);

/** Undefined where none was recorded, or the record is lost. */
export const readConsent = (enquirer: Enquirer, row: PersonRow): ConsentWords | undefined =>
  readRecord(enquirer, row, decodeConsent);

function readRecord<Value>(
  enquirer: Enquirer,
  { lookup, slot }: PersonRow,
  decode: (record: Buffer) => Value,
): Value | undefined {
  const record = slot === null ? undefined : enquirer.read({ slot, lookup, kind: 'profile' });
  if (record === undefined) return undefined;
  const value = decode(record);
  record.fill(0);
  return value;
}

/** The ids of faces that can be read; a damaged record has lost its own. */
export function readFaceIds(enquirer: Enquirer, rows: readonly FaceRow[]): string[] {
  return rows.flatMap((row) => {
    const record = enquirer.read({ ...row, kind: 'face' });
    if (record === undefined) return [];
    const faceId = faceIdOf(record);
    record.fill(0);
    return [faceId];
  });
}

export const readGroupId = (enquirer: Enquirer, { lookup, sealedId }: GroupRow): string =>
  unsealText(enquirer.keys, 'group', lookup, sealedId).replace(/\0+$/, '');

export function getPerson(enquirer: Enquirer, account: string, personId: string): Person | undefined {
  const { keys, catalogue } = enquirer;
  const row = catalogue.findPerson(lookupOf(keys, 'person', account, personId));
  if (row === undefined) return undefined;
  return {
    ...(readProfile(enquirer, row) ?? { personId }),
    groupIds: catalogue.listGroupsOf(row.person).map((group) => readGroupId(enquirer, group)),
    faceIds: readFaceIds(enquirer, catalogue.listFaces(row.person)),
  };
}

export function listGroups(enquirer: Enquirer, accountName: string): string[] {
  const account = enquirer.accounts.find(accountName);
  if (account === undefined) return [];
  return enquirer.catalogue
    .listGroups(account)
    .map((group) => readGroupId(enquirer, group))
    .sort();
}

export function listPersons(
  enquirer: Enquirer,
  account: string,
  groupId: string,
  { offset, limit }: { offset: number; limit: number },
): { personIds: string[]; totalCount: number } {
  const { keys, catalogue } = enquirer;
  const row = catalogue.findGroup(lookupOf(keys, 'group', account, groupId));
  if (row === undefined) return { personIds: [], totalCount: 0 };
  const personIds = catalogue
    .listMembers(row.group, limit, offset)
    .flatMap((member) => readProfile(enquirer, member)?.personId ?? []);
  return { personIds, totalCount: catalogue.countMembers(row.group) };
}
