// What the library answers without changing: one person, the groups, a group's members, and everything at start.
import type { Person, PersonProfile, StoredFace, StoredPerson } from '../gallery/ports.ts';
import { type ConsentWords, decodeConsent, decodeFace, decodeProfile, faceIdOf } from './records.ts';
import { type LibraryKeys, lookupOf, unsealText } from './sealing.ts';
import { firstSlot } from './slot-file.ts';
import type { Accounts } from './sqlite/accounts.ts';
import type { Catalogue, FaceRow, GroupRow, PersonRow } from './sqlite/catalogue.ts';
import type { SlotOwner, Vault } from './vault.ts';

/** Slots read at a time when the library is loaded: 2 MiB of records. */
const slotsAtATime = 1024;

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

interface Loader extends Enquirer {
  readonly vault: Vault;
  /** Called for each record that does not open. */
  readonly onDamage: (owner: SlotOwner) => void;
}

export function* loadPersons(loader: Loader): Iterable<StoredPerson> {
  const { catalogue } = loader;
  const groupIds = new Map<number, string>();
  const nameGroup = (row: GroupRow): string => {
    const known = groupIds.get(row.group) ?? readGroupId(loader, row);
    groupIds.set(row.group, known);
    return known;
  };
  for (const [row, record] of loadRecords(loader, 'profile', (range) => catalogue.listPersonsIn(range))) {
    const profile = decodeProfile(record);
    record.fill(0);
    const groups = catalogue.listGroupsOf(row.person).map(nameGroup);
    yield { account: row.account, person: row.person, profile, groupIds: groups };
  }
}

export function* loadFaces(loader: Loader): Iterable<StoredFace> {
  const { catalogue } = loader;
  for (const [row, record] of loadRecords(loader, 'face', (range) => catalogue.listFacesIn(range))) {
    const { faceId, modelId, template } = decodeFace(record);
    record.fill(0);
    yield { account: row.account, person: row.person, faceId, modelId, template };
  }
}

/** Front to back through the vault, so that the disk reads in sequence. */
function* loadRecords<Row extends FaceRow & { account: string }>(
  { vault, onDamage }: Loader,
  kind: SlotOwner['kind'],
  list: (range: { from: number; to: number }) => Row[],
): Iterable<[Row, Buffer]> {
  for (let from = firstSlot; from < vault.slotCount; from += slotsAtATime) {
    const rows = list({ from, to: from + slotsAtATime });
    if (rows.length === 0) continue;
    const sealed = vault.read(from, slotsAtATime);
    for (const row of rows) {
      const owner = { slot: row.slot, lookup: row.lookup, kind };
      const record = vault.unseal(owner, sealed[row.slot - from]!);
      if (record === undefined) onDamage(owner);
      else yield [row, record];
    }
  }
}
