// Reads who is enrolled and on what terms, beside a running server or alone: what an export needs; a photograph where one is kept, no template, no key.
import type { Hold, PersonProfile, RecordedConsent } from '../gallery/ports.ts';
import { type Enquirer, readConsent, readFaceIds, readGroupId, readProfile } from './enquiries.ts';
import { faceLookupOf } from './face-ids.ts';
import { openBlockFile } from './slot-file.ts';
import { Accounts } from './sqlite/accounts.ts';
import { Catalogue, type PersonRow } from './sqlite/catalogue.ts';
import { openBeside, openRows } from './sqlite/database.ts';
import { Holds } from './sqlite/holds.ts';
import { Vault } from './vault.ts';

/** One person as an export has it. */
export interface RollPerson extends PersonProfile {
  readonly groupIds: readonly string[];
  readonly faceIds: readonly string[];
  readonly consent?: RecordedConsent;
  /** Those that stand now, on the person or on one of its faces. */
  readonly holds: readonly Hold[];
}

export interface Roll {
  /** Persons by account, those without a readable profile left out. */
  readonly accounts: ReadonlyMap<string, number>;
  /** Persons of all accounts whose id, name and note are lost. */
  readonly nameless: number;
  /** Those who are there when their turn comes. */
  persons(account: string): Iterable<RollPerson>;
  /** As it is kept, a picture's bytes; undefined where none is, or once the face is deleted. */
  readPhotograph(account: string, faceId: string): Promise<Buffer | undefined>;
  close(): Promise<void>;
}

/**
 * @param readRootKey called once it is certain that there is a library
 * @throws {Error} in plain words when there is no library of this format, or the root key is another
 */
export async function openRoll(
  folder: string,
  readRootKey: () => Promise<Uint8Array>,
  nowMs = Date.now(),
): Promise<Roll> {
  openRows(folder).close();
  const { connection, keys } = openBeside(folder, await readRootKey());
  try {
    const vault = await Vault.open(folder, keys, { isNew: false, openFile: openBlockFile });
    const accounts = new Accounts(connection);
    const catalogue = new Catalogue(connection);
    const enquirer: Enquirer = {
      keys,
      accounts,
      catalogue,
      read: (owner) => vault.unseal(owner, vault.read(owner.slot)[0]!),
    };
    // All at once: a person whose profile moves meanwhile is neither passed by nor met twice.
    const rows = catalogue.listAllPersons();
    const counts = new Map<string, number>();
    for (const { account } of rows) counts.set(account, (counts.get(account) ?? 0) + 1);
    const holds = new Map<string, Hold[]>();
    for (const hold of new Holds(connection, keys, accounts).list(nowMs)) {
      holds.set(nameOf(hold), [...(holds.get(nameOf(hold)) ?? []), hold]);
    }
    return {
      accounts: counts,
      nameless: catalogue.countPersonsWithoutProfile(),
      *persons(account) {
        for (const { lookup } of rows.filter((row) => row.account === account)) {
          const person = readPerson(enquirer, lookup);
          if (person !== undefined) {
            yield { ...person, holds: holds.get(nameOf({ account, personId: person.personId })) ?? [] };
          }
        }
      },
      async readPhotograph(account, faceId) {
        const face = catalogue.findFace(faceLookupOf(keys, account, faceId));
        return face && vault.readPhotograph({ ...face, kind: 'face' });
      },
      async close() {
        connection.close();
        await vault.close();
      },
    };
  } catch (error) {
    connection.close();
    throw error;
  }
}

const nameOf = ({ account, personId }: Pick<Hold, 'account' | 'personId'>): string =>
  JSON.stringify([account, personId]);

/** How often a profile is followed to the slot it has moved to. */
const maxMoves = 5;

function readPerson(enquirer: Enquirer, lookup: Buffer): Omit<RollPerson, 'holds'> | undefined {
  const { catalogue } = enquirer;
  for (let moves = 0; moves < maxMoves; moves += 1) {
    const row = catalogue.findPerson(lookup);
    // Deleted since.
    if (row === undefined) return undefined;
    const profile = readProfile(enquirer, row);
    if (profile === undefined) continue;
    return {
      ...profile,
      groupIds: catalogue.listGroupsOf(row.person).map((group) => readGroupId(enquirer, group)),
      faceIds: readFaceIds(enquirer, catalogue.listFaces(row.person)),
      ...consentOf(enquirer, row),
    };
  }
  return undefined;
}

function consentOf(enquirer: Enquirer, row: PersonRow): { consent?: RecordedConsent } {
  const endDay = enquirer.catalogue.consentEndDay(row.person);
  return endDay === undefined ? {} : { consent: { ...readConsent(enquirer, row), endDay } };
}
