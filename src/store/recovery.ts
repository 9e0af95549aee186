// What a start owes before anybody is served: deletions finished, stray bytes wiped, faces without a key gone.
import type { Slot } from '../gallery/ports.ts';
import { erasePerson } from './changes.ts';
import type { Erasure } from './erasure.ts';
import type { Catalogue } from './sqlite/catalogue.ts';
import type { Connection } from './sqlite/database.ts';
import type { SlotTable } from './sqlite/slot-table.ts';
import { firstSlot, hasKeyOf, isEmpty, type Vault } from './vault.ts';

/** What a start found and did. */
export interface Recovery {
  /** Deletions that were committed but whose bytes were not yet overwritten. */
  readonly intentsFinished: number;
  /** Slots with bytes that no face or person owned: left by an enrolment that never committed. */
  readonly slotsWiped: number;
  /** Faces deleted since the restored database was copied: their keys are gone, so they went too. */
  readonly facesWithoutKey: number;
  /** Persons likewise. */
  readonly personsWithoutKey: number;
  /** Persons whose present name and note are in no file, since they changed after the restored copy; faces kept. */
  readonly personsWithoutProfile: number;
}

/** Slots looked at in one reading: 2 MiB of records. */
const slotsAtATime = 1024;

export async function recover(
  connection: Connection,
  catalogue: Catalogue,
  slots: SlotTable,
  vault: Vault,
  erasure: Erasure,
): Promise<Recovery> {
  const intents = slots.listIntents();
  await overwriteAll(intents, (batch) => erasure.overwrite(batch));
  const { stray, keyless } = inspect(slots, vault);
  await overwriteAll(stray, (batch) => vault.wipe(batch));
  const gone = connection.transaction(() => eraseKeyless(catalogue, slots, keyless)).immediate();
  await overwriteAll(slots.listIntents(), (batch) => erasure.overwrite(batch));
  await erasure.emptyLog();
  return {
    intentsFinished: intents.length,
    slotsWiped: stray.length,
    ...gone,
    personsWithoutProfile: catalogue.countPersonsWithoutProfile(),
  };
}

/** Every slot of both files against the rows that own it. */
function inspect(slots: SlotTable, vault: Vault): { stray: Slot[]; keyless: Set<Slot> } {
  const stray: Slot[] = [];
  const keyless = new Set<Slot>();
  const end = Math.max(vault.slotCount, slots.next);
  for (let from = 0; from < end; from += slotsAtATime) {
    const sealed = vault.read(from, slotsAtATime);
    const owned = new Map(slots.listOwned(from, from + slotsAtATime).map((owner) => [owner.slot, owner]));
    for (const slot of sealed) {
      const owner = owned.get(slot.slot);
      if (owner !== undefined && !hasKeyOf(owner, slot)) keyless.add(slot.slot);
      if (owner === undefined && slot.slot >= firstSlot && !isEmpty(slot)) stray.push(slot.slot);
    }
  }
  return { stray, keyless };
}

function eraseKeyless(
  catalogue: Catalogue,
  slots: SlotTable,
  keyless: ReadonlySet<Slot>,
): { facesWithoutKey: number; personsWithoutKey: number } {
  let facesWithoutKey = 0;
  let personsWithoutKey = 0;
  // The log is emptied after this in any case.
  const change = { erase: (slot: Slot) => slots.intend(slot), eraseRows: () => undefined };
  const owners = [...keyless].flatMap((slot) => slots.listOwned(slot, slot + 1));
  for (const { kind, lookup, slot } of owners) {
    if (kind !== 'face') continue;
    catalogue.deleteFace(lookup);
    change.erase(slot);
    facesWithoutKey += 1;
  }
  for (const { kind, lookup, slot } of owners) {
    const person = kind === 'profile' ? catalogue.findPerson(lookup) : undefined;
    if (person === undefined) continue;
    if (catalogue.countFaces(person.person) === 0) {
      erasePerson({ catalogue, change }, person);
      personsWithoutKey += 1;
    } else {
      // Faces that still have their keys say the person was renamed since, not deleted.
      catalogue.movePerson(person.person, null);
      change.erase(slot);
    }
  }
  return { facesWithoutKey, personsWithoutKey };
}

async function overwriteAll(
  slots: readonly Slot[],
  overwrite: (slots: readonly Slot[]) => Promise<void>,
): Promise<void> {
  try {
    for (let at = 0; at < slots.length; at += slotsAtATime) {
      await overwrite(slots.slice(at, at + slotsAtATime));
    }
  } catch (error) {
    throw new Error(`bytes of what was deleted cannot be overwritten: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
