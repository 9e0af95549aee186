// What a start owes before anybody is served: deletions finished, stray bytes wiped, faces without a key gone.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { draftReceipt } from '../gallery/receipts.ts';
import { erasePerson } from './deletions.ts';
import type { Erasure } from './erasure.ts';
import { hasKeyOf } from './key-file.ts';
import { slotsAtATime } from './record-file.ts';
import { firstSlot, type Slot } from './slot-file.ts';
import type { Catalogue } from './sqlite/catalogue.ts';
import type { Connection } from './sqlite/database.ts';
import type { DeletionMemory } from './sqlite/deletion-memory.ts';
import type { Holds } from './sqlite/holds.ts';
import { purgeLedger } from './sqlite/ledger.ts';
import type { ReceiptHandle, ReceiptTable } from './sqlite/receipt-table.ts';
import type { OwnedSlot, SlotTable } from './sqlite/slot-table.ts';
import { isEmpty, type SealedSlot, type Vault } from './vault.ts';

/** Name of the row of `meta` that a backup adds to its copy of the database, until the first start on it. */
export const copyMark = 'copy';

/** What a start found and did. */
export interface Recovery {
  /** Deletions that were committed but whose bytes were not yet overwritten. */
  readonly intentsFinished: number;
  /** Slots with bytes that no face or person owned: left by an enrolment that never committed. */
  readonly slotsWiped: number;
  /** Files of photographs in slots that no face owned and that held nothing else: left in the same way. */
  readonly photographsErased: number;
  /** Faces deleted since the restored database was copied: their keys are gone, so they went too. */
  readonly facesWithoutKey: number;
  /** Persons likewise. */
  readonly personsWithoutKey: number;
  /** Persons whose present name and note are in no file, since they changed after the restored copy; faces kept. */
  readonly personsWithoutProfile: number;
}

/** The rows and files of a library that is being opened. */
export interface Recovering {
  readonly connection: Connection;
  readonly catalogue: Catalogue;
  readonly slots: SlotTable;
  readonly receipts: ReceiptTable;
  readonly memory: DeletionMemory;
  readonly holds: Holds;
  readonly vault: Vault;
  readonly erasure: Erasure;
  readonly nowMs: number;
}

export async function recover(recovering: Recovering): Promise<Recovery> {
  const { connection, catalogue, slots, memory, holds, vault, erasure, nowMs } = recovering;
  const intents = slots.listIntents();
  // Also the receipts of deletions that had no slot to overwrite.
  await erasure.overwrite([]);
  await overwriteAll(intents, (batch) => erasure.overwrite(batch));
  const isCopy = connection.prepare('SELECT 1 FROM meta WHERE name = ?').get(copyMark) !== undefined;
  const { stray, keyless, photographs } = await inspect(slots, vault, isCopy);
  await overwriteAll(stray, (batch) => vault.wipe(batch));
  await overwriteAll(photographs, (batch) => vault.erasePhotographs(batch));
  const gone = connection
    .transaction(() => {
      memory.purge(nowMs);
      holds.purge(nowMs);
      purgeLedger(connection);
      connection.prepare('DELETE FROM meta WHERE name = ?').run(copyMark);
      return eraseKeyless(recovering, keyless);
    })
    .immediate();
  await overwriteAll(slots.listIntents(), (batch) => erasure.overwrite(batch));
  await erasure.emptyLog();
  return {
    intentsFinished: intents.length,
    slotsWiped: stray.length,
    photographsErased: photographs.length,
    ...gone,
    personsWithoutProfile: catalogue.countPersonsWithoutProfile(),
  };
}

/**
 * Every slot of both files against the rows that own it. In a copy, a person's key may be that of a later profile in
 * the same slot: a profile counts as the key's only where it opens.
 */
async function inspect(
  slots: SlotTable,
  vault: Vault,
  isCopy: boolean,
): Promise<{ stray: Slot[]; keyless: Set<Slot>; photographs: Slot[] }> {
  const stray: Slot[] = [];
  const keyless = new Set<Slot>();
  const ofFaces = new Set<Slot>();
  const end = Math.max(vault.slotCount, slots.next);
  for (let from = firstSlot; from < end; from += slotsAtATime) {
    // Others are starting, too.
    await nextTurn();
    const compared = slots.compareKeys(from, vault.readKeys(from, slotsAtATime));
    if (compared.owned === slotsAtATime && !isCopy) {
      // Of a slot that somebody owns, the key tells enough: most records of a large library need no reading.
      for (const slot of compared.keyless) keyless.add(slot);
      continue;
    }
    const owners = slots.listOwned(from, from + slotsAtATime);
    const owned = new Map(owners.map((owner) => [owner.slot, owner]));
    for (const slot of vault.read(from, slotsAtATime)) {
      const owner = owned.get(slot.slot);
      if (owner !== undefined && !(isCopy ? opens(vault, owner, slot) : hasKeyOf(owner, slot))) {
        keyless.add(slot.slot);
      }
      if (owner === undefined && !isEmpty(slot)) stray.push(slot.slot);
      if (owner?.kind === 'face' && vault.hasPhotograph(slot.slot)) ofFaces.add(slot.slot);
    }
  }
  const strays = new Set(stray);
  const photographs = [...vault.photographSlots].filter((slot) => !ofFaces.has(slot) && !strays.has(slot));
  return { stray, keyless, photographs };
}

function opens(vault: Vault, owner: OwnedSlot, slot: SealedSlot): boolean {
  if (!hasKeyOf(owner, slot) || owner.kind === 'face') return hasKeyOf(owner, slot);
  const record = vault.unseal(owner, slot);
  record?.fill(0);
  return record !== undefined;
}

/** Their ids are lost with their keys, so that their receipts can only count them: one for each account. */
function eraseKeyless(
  recovering: Recovering,
  keyless: ReadonlySet<Slot>,
): { facesWithoutKey: number; personsWithoutKey: number } {
  const { catalogue, slots, holds, vault } = recovering;
  const sweeps = new Map<number, Sweep>();
  const owners = [...keyless].flatMap((slot) => slots.listOwned(slot, slot + 1));
  for (const { kind, lookup, slot } of owners) {
    const face = kind === 'face' ? catalogue.findFace(lookup) : undefined;
    if (face === undefined) continue;
    const sweep = sweepOf(recovering, sweeps, catalogue.accountOf(face.person));
    catalogue.deleteFace(lookup);
    slots.intend(slot, sweep.receipt);
    if (vault.hasPhotograph(slot)) sweep.photographs += 1;
    sweep.faces += 1;
    sweep.slots += 1;
  }
  for (const { kind, lookup, slot } of owners) {
    const person = kind === 'profile' ? catalogue.findPerson(lookup) : undefined;
    if (person === undefined) continue;
    if (catalogue.countFaces(person.person) === 0) {
      const sweep = sweepOf(recovering, sweeps, catalogue.accountOf(person.person));
      // The log is emptied after this in any case.
      const change = {
        erase: (erased: Slot, receipt?: ReceiptHandle) => slots.intend(erased, receipt),
        eraseRows: () => undefined,
      };
      erasePerson({ catalogue, holds, change }, person, sweep.receipt);
      sweep.persons += 1;
      sweep.slots += 1;
    } else {
      // Faces that still have their keys say the person was renamed since, not deleted.
      catalogue.movePerson(person.person, null);
      slots.intend(slot);
    }
  }
  for (const sweep of sweeps.values())
    recovering.receipts.amend(sweep.receipt, draftOf(sweep, recovering), sweep.slots);
  const count = (what: 'faces' | 'persons') =>
    [...sweeps.values()].reduce((sum, sweep) => sum + sweep[what], 0);
  return { facesWithoutKey: count('faces'), personsWithoutKey: count('persons') };
}

/** What goes from one account in one start. */
interface Sweep {
  readonly receipt: ReceiptHandle;
  faces: number;
  persons: number;
  photographs: number;
  slots: number;
}

function sweepOf(recovering: Recovering, sweeps: Map<number, Sweep>, account: number): Sweep {
  const present = sweeps.get(account);
  if (present !== undefined) return present;
  const counts = { faces: 0, persons: 0, photographs: 0, slots: 0 };
  const sweep = { receipt: recovering.receipts.begin(account, draftOf(counts, recovering), 0), ...counts };
  sweeps.set(account, sweep);
  return sweep;
}

const draftOf = ({ faces, persons, photographs }: Omit<Sweep, 'receipt'>, { nowMs }: Recovering) =>
  draftReceipt(
    { class: 'sweep', deleted: { faces, persons, photographs }, cause: 'restore', faceIds: [] },
    nowMs,
  ).draft;

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
