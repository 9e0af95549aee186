// Looks at the photographs of a data folder: each belongs to a face and opens for it, and nothing else lies beside them.
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Check } from './check.ts';
import { photographFolderName, slotOfName } from './photograph-files.ts';
import type { SlotTable } from './sqlite/slot-table.ts';
import type { Vault } from './vault.ts';

/** What is wrong with a name in the folder; undefined where nothing is. */
type Fault = string | undefined;

/**
 * @param secondLooksMs when to look again before something is a finding: a change under way is on disk by then
 */
export async function checkPhotographs(
  folder: string,
  slots: SlotTable,
  vault: Vault,
  secondLooksMs: readonly number[],
): Promise<Check> {
  const path = join(folder, photographFolderName);
  const names = existsSync(path) ? await readdir(path) : [];
  let faults = await findFaults(names, slots, vault);
  for (const waitMs of secondLooksMs) {
    if (faults.size === 0) break;
    await pause(waitMs);
    const still = [...faults.keys()].filter((name) => existsSync(join(path, name)));
    faults = await findFaults(still, slots, vault);
  }
  const findings = [...faults].map(([name, fault]) => `${photographFolderName}/${name} ${fault}`);
  return { name: 'photographs open for their faces alone', looked: names.length, findings };
}

async function findFaults(
  names: readonly string[],
  slots: SlotTable,
  vault: Vault,
): Promise<Map<string, string>> {
  const faults = new Map<string, string>();
  for (const name of names) {
    const fault = await findFault(name, slots, vault);
    if (fault !== undefined) faults.set(name, fault);
  }
  return faults;
}

async function findFault(name: string, slots: SlotTable, vault: Vault): Promise<Fault> {
  const slot = slotOfName(name);
  if (slot === undefined) return 'is no photograph of a slot';
  const owner = slots.listOwned(slot, slot + 1).find(({ kind }) => kind === 'face');
  if (owner === undefined) return 'belongs to no face';
  const photograph = await vault.readPhotograph(owner);
  photograph?.fill(0);
  return photograph === undefined ? 'does not open for its face' : undefined;
}
