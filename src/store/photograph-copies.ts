// Photographs in backups: copied sealed as they are, and taken out again where a face went meanwhile.
import { existsSync } from 'node:fs';
import { readdir, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { copySynced } from './backup-files.ts';
import { makeFolder, syncFolder } from './folder.ts';
import { destroyFile } from './key-rotation.ts';
import { photographFolderName, photographPathOf } from './photograph-files.ts';
import type { Slot } from './slot-file.ts';

/**
 * Copies the photographs of a folder of slots into another. One that vanishes meanwhile, with its face, is left out.
 * @returns the slots of those copied; the folder is made only where there are some
 */
export async function copyPhotographs(
  from: string,
  to: string,
  isWanted: (slot: Slot) => boolean = () => true,
): Promise<Slot[]> {
  const source = join(from, photographFolderName);
  const target = join(to, photographFolderName);
  if (!existsSync(source)) return [];
  const copied: Slot[] = [];
  for (const name of await readdir(source)) {
    if (!isWanted(Number(name))) continue;
    await makeFolder(target);
    try {
      await copySynced(join(source, name), join(target, name));
      copied.push(Number(name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  if (copied.length > 0) await syncFolder(target);
  return copied;
}

/** Takes copies out again; what they hold is ciphertext without a key. */
export async function removeCopies(folder: string, slots: readonly Slot[]): Promise<void> {
  for (const slot of slots) await rm(photographPathOf(folder, slot));
}

/** Puts the copy of one slot, if there is one, in the place of another's. */
export async function moveCopy(folder: string, from: Slot, to: Slot): Promise<void> {
  const copy = photographPathOf(folder, from);
  if (existsSync(copy)) await rename(copy, photographPathOf(folder, to));
}

/** Overwrites and removes all photographs of a folder, and their folder. */
export async function destroyPhotographs(folder: string): Promise<void> {
  const photographs = join(folder, photographFolderName);
  for (const name of await readdir(photographs)) await destroyFile(join(photographs, name));
  await rmdir(photographs);
}
