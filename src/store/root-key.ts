// The root key: from a file outside the data folder, a variable or a command; made on the first start where none is named.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, open, readFile, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { makeFolder, syncFolder } from './folder.ts';
import { readKeyFromCommand } from './root-key-command.ts';
import { keyBytes } from './sealing.ts';

export interface RootKey {
  readonly key: Buffer;
  /** Where it stands: a backup needs it, apart from the data. Absent where a variable or a command gave it. */
  readonly file?: string;
  /** Made by this call. */
  readonly isNew: boolean;
}

/** At most one of them; none is the file beside the data folder. */
export interface RootKeySource {
  readonly file?: string | undefined;
  /** 64 hexadecimal digits. */
  readonly hex?: string | undefined;
  /** A program and its arguments, which prints the key. */
  readonly command?: string | undefined;
}

/** Where the root key stands unless told otherwise. */
export const defaultKeyFile = (dataFolder: string): string => `${resolve(dataFolder)}.root-key`;

/** Where a new root key waits while `lethe keys rotate-root` puts it in the default one's place. */
export const waitingKeyFile = (dataFolder: string): string => `${defaultKeyFile(dataFolder)}.new`;

/**
 * Reads the root key from its source, or from `<dataFolder>.root-key` beside the data folder, which is made when
 * neither it nor a library exists yet.
 * @returns 32 random bytes
 * @throws {Error} in plain words when the file is missing, of another length, or readable by others than its owner,
 * or the command gives no key
 */
export async function readRootKey({
  dataFolder,
  file: named,
  hex,
  command,
  mayBeMade = true,
}: RootKeySource & { dataFolder: string; mayBeMade?: boolean }): Promise<RootKey> {
  if (hex !== undefined) return { key: Buffer.from(hex, 'hex'), isNew: false };
  if (command !== undefined) return { key: await readKeyFromCommand(command), isNew: false };
  if (named === undefined && existsSync(waitingKeyFile(dataFolder))) {
    throw new Error(
      `a rotation of the root key was cut short: run lethe keys rotate-root --data ${dataFolder} again`,
    );
  }
  const file = resolve(named ?? defaultKeyFile(dataFolder));
  let isNew = false;
  if (!existsSync(file)) {
    if (named !== undefined) {
      throw new Error(
        `the root key file ${file} is missing: put it back, or make one of ${keyBytes} random bytes`,
      );
    }
    if (
      !mayBeMade ||
      ['library.db', 'keys.bin', 'templates.bin'].some((name) => existsSync(join(dataFolder, name)))
    ) {
      throw new Error(
        `the root key file ${file} is missing, and ${resolve(dataFolder)} cannot be read without it: put it back, ` +
          'or name the one it was made with',
      );
    }
    isNew = await makeRootKey(file);
  }
  return { key: await readKeyFile(file), file, isNew };
}

/** @throws {Error} in plain words when the file is of another length, or readable by others than its owner */
export async function readKeyFile(file: string): Promise<Buffer> {
  await refuseUnlessPrivate(file);
  const key = await readFile(file);
  if (key.length !== keyBytes) {
    throw new Error(`the root key file ${file} must hold ${keyBytes} bytes, not ${key.length}`);
  }
  return key;
}

/** Writes a root key, a new one unless told which, into a new file. False when another process made it meanwhile. */
export async function makeRootKey(file: string, key: Uint8Array = randomBytes(keyBytes)): Promise<boolean> {
  // Written whole under another name first: a crash never leaves half a key under the right one.
  await makeFolder(dirname(file));
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(key);
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
