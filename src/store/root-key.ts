// The root key: read from a file outside the data folder, made on the first start where none is named.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, open, readFile, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { makeFolder, syncFolder } from './folder.ts';
import { keyBytes } from './sealing.ts';

export interface RootKey {
  readonly key: Buffer;
  /** Where it stands: a backup needs it, apart from the data. */
  readonly file: string;
  /** Made by this call. */
  readonly isNew: boolean;
}

/**
 * Reads the root key from `file`, or from `<dataFolder>.root-key` beside the data folder, which is made when neither
 * it nor a library exists yet.
 * @returns 32 random bytes, as the file holds them
 * @throws {Error} in plain words when the file is missing, of another length, or readable by others than its owner
 */
export async function readRootKey({
  dataFolder,
  file: named,
}: {
  dataFolder: string;
  file?: string | undefined;
}): Promise<RootKey> {
  const file = resolve(named ?? `${resolve(dataFolder)}.root-key`);
  let isNew = false;
  if (!existsSync(file)) {
    if (named !== undefined) {
      throw new Error(
        `the root key file ${file} is missing: put it back, or make one of ${keyBytes} random bytes`,
      );
    }
    if (['library.db', 'keys.bin', 'templates.bin'].some((name) => existsSync(join(dataFolder, name)))) {
      throw new Error(
        `the root key file ${file} is missing, and ${resolve(dataFolder)} cannot be read without it: put it back, ` +
          'or name the one it was made with',
      );
    }
    isNew = await makeRootKey(file);
  }
  await refuseUnlessPrivate(file);
  const key = await readFile(file);
  if (key.length !== keyBytes) {
    throw new Error(`the root key file ${file} must hold ${keyBytes} bytes, not ${key.length}`);
  }
  return { key, file, isNew };
}

/** False when another process made it meanwhile. */
async function makeRootKey(file: string): Promise<boolean> {
  // Written whole under another name first: a crash never leaves half a key under the right one.
  await makeFolder(dirname(file));
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(randomBytes(keyBytes));
    await handle.sync();
    await link(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await handle.close();
    await unlink(draft);
    await syncFolder(dirname(file));
  }
}

async function refuseUnlessPrivate(file: string): Promise<void> {
  const { mode } = await stat(file);
  // Windows has no such bits.
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw new Error(
      `the root key file ${file} can be read by others (mode ${(mode & 0o777).toString(8)}): chmod 600 it`,
    );
  }
}
