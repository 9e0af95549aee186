// Folders and files that outlive a power cut: made private, and on disk.
import { mkdir, open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** Makes a folder that only its owner can enter, parents included; leaves one that is there as it is. */
export async function makeFolder(folder: string): Promise<void> {
  const made = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (made !== undefined) await syncFolder(dirname(resolve(made)));
}

/** Resolves once files made, renamed or removed in the folder are so on disk. */
export const syncFolder = (folder: string): Promise<void> => syncFile(folder);

/** Resolves once what was written to the file, by whomever, is on disk. */
export async function syncFile(path: string): Promise<void> {
  const file = await open(path);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
