// Folders that outlive a power cut: made private, and their entries on disk.
import { mkdir, open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** Makes a folder that only its owner can enter, parents included; leaves one that is there as it is. */
export async function makeFolder(folder: string): Promise<void> {
  const made = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (made !== undefined) await syncFolder(dirname(resolve(made)));
}

/** Resolves once files made, renamed or removed in the folder are so on disk. */
export async function syncFolder(folder: string): Promise<void> {
  const directory = await open(folder);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
