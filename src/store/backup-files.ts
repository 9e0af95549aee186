// What a backup's folders hold: copies for their owner alone, and a manifest that says what they are and their hashes.
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { copyFile, open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, syncFile, syncFolder } from './folder.ts';
import { photographFolderName } from './photograph-files.ts';

const manifestName = 'backup.json';

export type BackupKind = 'data' | 'keys';

interface Described {
  readonly bytes: number;
  readonly sha256: string;
}

export interface Manifest {
  readonly backup: 1;
  readonly kind: BackupKind;
  readonly libraryId: string;
  /** What the copy shows is not older than this. */
  readonly takenAt: string;
  /** Photographs together, as one entry for their folder. */
  readonly files: Readonly<Record<string, Described>>;
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
  const files: Record<string, Described> = {};
  for (const name of names) {
    await syncFile(join(folder, name));
    files[name] = await describe(join(folder, name));
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
  const optional = [photographFolderName].filter((name) => Object.hasOwn(manifest.files, name));
  for (const name of kind === 'data' ? ['library.db', 'templates.bin', ...optional] : ['keys.bin']) {
    const copy = join(folder, name);
    const isWhole = existsSync(copy) && (await describe(copy)).sha256 === manifest.files[name]?.sha256;
    if (!isWhole) {
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

/** Copies a file for its owner alone; resolves once its bytes, not its name, are on disk. */
export async function copySynced(from: string, to: string): Promise<void> {
  await copyFile(from, to);
  const file = await open(to, 'r+');
  try {
    await file.chmod(0o600);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Of a folder: the bytes of its files, and the hash of their names and hashes. */
async function describe(path: string): Promise<Described> {
  const digest = createHash('sha256');
  const { size, isFolder } = await stat(path).then((is) => ({ size: is.size, isFolder: is.isDirectory() }));
  if (!isFolder) {
    for await (const chunk of createReadStream(path)) digest.update(chunk as Buffer);
    return { bytes: size, sha256: digest.digest('hex') };
  }
  let bytes = 0;
  for (const name of (await readdir(path)).sort()) {
    const file = await describe(join(path, name));
    bytes += file.bytes;
    digest.update(`${name} ${file.sha256}\n`);
  }
  return { bytes, sha256: digest.digest('hex') };
}
