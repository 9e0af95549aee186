// Puts staged files of a restore in the place of a folder's own: whole and on disk first, then swapped, at any kill.
import { existsSync } from 'node:fs';
import { mkdir, open, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from './folder.ts';
import { keyFileName } from './key-file.ts';
import { destroyFile } from './key-rotation.ts';
import { destroyPhotographs } from './photograph-copies.ts';
import { photographFolderName } from './photograph-files.ts';
import { recordFileName } from './record-file.ts';

/** Where files wait, within the data folder so that a rename reaches it. */
export const stagingOf = (folder: string): string => join(folder, 'restore');
const readyName = 'ready';
const outgoingName = 'before';

/** Each file with those that belong to it and must not be met by its successor. */
const groups: readonly (readonly string[])[] = [
  ['library.db', 'library.db-wal', 'library.db-shm'],
  [recordFileName],
  [photographFolderName],
  [keyFileName],
];

/** From here on the restore is finished whatever happens, by `finishRestore`. The staged files are on disk. */
export async function decideRestore(folder: string): Promise<void> {
  const staging = stagingOf(folder);
  await mkdir(join(staging, outgoingName), { recursive: true, mode: 0o700 });
  await (await open(join(staging, readyName), 'w', 0o600)).close();
  await syncFolder(staging);
  await syncFolder(folder);
}

/**
 * Finishes a restore that was decided and removes one that was not. The folder's lock is the caller's.
 * @param onStep told the name of each step before it is taken
 */
export async function finishRestore(
  folder: string,
  onStep: (step: string) => void = () => undefined,
): Promise<void> {
  const staging = stagingOf(folder);
  if (!existsSync(staging)) return;
  if (existsSync(join(staging, readyName))) {
    if (existsSync(join(staging, outgoingName))) await swap(folder, staging, onStep);
  } else if (existsSync(join(staging, keyFileName))) {
    await destroyFile(join(staging, keyFileName));
  }
  onStep('remove the staging folder');
  await rm(staging, { recursive: true });
  await syncFolder(folder);
}

async function swap(folder: string, staging: string, onStep: (step: string) => void): Promise<void> {
  const outgoing = join(staging, outgoingName);
  for (const group of groups) {
    const [name] = group as [string];
    if (!existsSync(join(staging, name))) continue;
    for (const old of group) {
      if (!existsSync(join(folder, old))) continue;
      onStep(`move the old ${old} aside`);
      await rename(join(folder, old), join(outgoing, old));
    }
    onStep(`put the restored ${name} in place`);
    await rename(join(staging, name), join(folder, name));
  }
  await syncFolder(outgoing);
  await syncFolder(folder);
  for (const old of groups.flat().filter((name) => existsSync(join(outgoing, name)))) {
    onStep(`overwrite the old ${old}`);
    if (old === photographFolderName) await destroyPhotographs(outgoing);
    else await destroyFile(join(outgoing, old));
  }
  await rmdir(outgoing);
}
