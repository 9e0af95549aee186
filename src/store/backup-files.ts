// What a backup's folders hold: copies for their owner alone, and a manifest that says what they are and their hashes.
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, syncFolder } from './folder.ts';

const manifestName = 'backup.json';

export type BackupKind = 'data' | 'keys';

export interface Manifest {
  readonly backup: 1;
  readonly kind: BackupKind;
  readonly libraryId: string;
  /** What the copy shows is not older than this. */
  readonly takenAt: string;
  readonly files: Readonly<Record<string, { bytes: number; sha256: string }>>;
}

/** @throws {Error} in plain words when something is there already */
export async function makeEmptyFolder(folder: string): Promise<void> {
  await makeFolder(folder);
  if ((await readdir(folder)).length > 0)
    throw new Error(`${folder} is not empty: a backup takes a folder of its own`);
}

/** Written last: a folder without it holds no backup. */
export async function writeManifest(
  folder: string,
  names: readonly string[],
  described: Pick<Manifest, 'kind' | 'libraryId' | 'takenAt'>,
): Promise<void> {
  const files: Record<string, { bytes: number; sha256: string }> = {};
  for (const name of names) {
    const path = join(folder, name);
    await sync(path);
    files[name] = { bytes: (await stat(path)).size, sha256: await hash(path) };
  }
  const manifest: Manifest = { backup: 1, ...described, files };
  const file = await open(join(folder, manifestName), 'wx', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(manifest, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await syncFolder(folder);
}

/**
 * Reads a manifest and checks every file it names.
 * @throws {Error} in plain words when it is no whole backup of that kind
 */
export async function checkBackup(folder: string, kind: BackupKind): Promise<Manifest> {
  const path = join(folder, manifestName);
  if (!existsSync(path)) throw new Error(`${folder} holds no backup, or one that was never finished`);
  const manifest = readManifest(path, await readFile(path, 'utf8'));
  if (manifest.kind !== kind)
    throw new Error(`${folder} holds a backup of the ${manifest.kind}, not of the ${kind}`);
  for (const name of kind === 'data' ? ['library.db', 'templates.bin'] : ['keys.bin']) {
    const said = manifest.files[name];
    const copy = join(folder, name);
    if (said === undefined || !existsSync(copy) || (await hash(copy)) !== said.sha256) {
      throw new Error(`${copy} is missing or was changed since the backup was made`);
    }
  }
  return manifest;
}

function readManifest(path: string, text: string): Manifest {
  try {
    const manifest = JSON.parse(text) as Manifest;
    const isWhole =
      manifest.backup === 1 &&
      /^[0-9a-f]{32}$/.test(manifest.libraryId) &&
      !Number.isNaN(Date.parse(manifest.takenAt)) &&
      typeof manifest.files === 'object';
    if (!isWhole) throw new Error();
    return manifest;
  } catch (cause) {
    throw new Error(`${path} is no manifest of a backup that this Lethe can read`, { cause });
  }
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

async function hash(path: string): Promise<string> {
  const digest = createHash('sha256');
  for await (const chunk of createReadStream(path)) digest.update(chunk as Buffer);
  return digest.digest('hex');
}
