// Replaces the root key of a library: the old one opens nothing afterwards. Begun again after a kill, it finishes.
import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { openEmbeddedStore } from './embedded.ts';
import { syncFolder } from './folder.ts';
import { lockFolder } from './folder-lock.ts';
import { readKeyHeadOf } from './key-file.ts';
import { destroyFile, finishRotation, overwrite, rewrapKeys } from './key-rotation.ts';
import {
  defaultKeyFile,
  makeRootKey,
  type RootKeySource,
  readKeyFile,
  readRootKey,
  waitingKeyFile,
} from './root-key.ts';
import { forgetKeys, openLibraryKeys } from './sealing.ts';

export interface RootRotation {
  readonly dataKeys: number;
  /** Files that hold the new root key. */
  readonly keyFiles: readonly string[];
  /** The library was under the new root key already: an earlier rotation had been cut short after that. */
  readonly wasDone: boolean;
}

/**
 * Rewraps all keys of a library under a new root key: the one in `newFile`, which is made when missing, or, where the
 * old one stands in the default file, a new one drawn here. The default file holds the new key afterwards in any case.
 * Needs the folder's lock; a library that crashed is recovered first.
 * @param onStep told the name of each step before it is taken
 * @throws {Error} in plain words; the library is then under the old root key or the new one, never between
 */
export async function rotateRoot({
  folder,
  source,
  newFile,
  onStep = () => undefined,
}: {
  folder: string;
  source: RootKeySource;
  newFile?: string | undefined;
  onStep?: (step: string) => void;
}): Promise<RootRotation> {
  if (!existsSync(folder)) throw new Error(`there is no library in ${folder}`);
  const isDefault = Object.values(source).every((given) => given === undefined);
  const lock = lockFolder(folder);
  try {
    await finishRotation(folder);
    const resumed = isDefault ? await finishWaiting(folder, onStep) : undefined;
    if (resumed !== undefined && newFile === undefined) return resumed;
    const old = (await readRootKey({ dataFolder: folder, ...source })).key;
    const given = await readGiven(folder, isDefault, newFile);
    const named = newFile === undefined ? [] : [resolve(newFile)];
    const keyFiles = isDefault ? [...named, defaultKeyFile(folder)] : named;
    if (given?.equals(old)) {
      if (resumed !== undefined) return { ...resumed, keyFiles };
      throw new Error('the new root key is the old one: name another file');
    }
    if (given !== undefined && !opens(folder, old) && opens(folder, given)) {
      return { dataKeys: 0, keyFiles, wasDone: true };
    }
    // Opening recovers: no key of a deleted record is carried over.
    await (await openEmbeddedStore({ folder, rootKey: old, lock: { release: () => undefined } })).close();
    const next = isDefault ? await letWait(folder, given, onStep) : given!;
    const dataKeys = await rewrapKeys(folder, old, next, onStep);
    if (dataKeys === undefined) throw new Error(`the root key does not open the library in ${folder}`);
    if (isDefault) await replaceDefault(folder, onStep);
    return { dataKeys, keyFiles, wasDone: false };
  } finally {
    lock.release();
  }
}

/** The new key of the file named, which is made when missing; undefined when one is to be drawn. */
async function readGiven(
  folder: string,
  isDefault: boolean,
  newFile: string | undefined,
): Promise<Buffer | undefined> {
  if (newFile === undefined) {
    if (isDefault) return undefined;
    throw new Error('--new-root-key FILE is needed where the root key does not stand in its default file');
  }
  if ([defaultKeyFile(folder), waitingKeyFile(folder)].includes(resolve(newFile))) {
    throw new Error('--new-root-key names the default file: leave it out, and a new key is drawn into that');
  }
  if (!existsSync(newFile)) await makeRootKey(newFile);
  return readKeyFile(newFile);
}

/** Puts the new key beside the old one in the default file: from here on a start asks to end the rotation first. */
async function letWait(
  folder: string,
  given: Buffer | undefined,
  onStep: (step: string) => void,
): Promise<Buffer> {
  onStep('let the new root key wait beside the old one');
  await makeRootKey(waitingKeyFile(folder), given);
  return readKeyFile(waitingKeyFile(folder));
}

/** Takes an earlier rotation up again that was cut short: done where the keys were rewrapped, undone otherwise. */
async function finishWaiting(
  folder: string,
  onStep: (step: string) => void,
): Promise<RootRotation | undefined> {
  const waiting = waitingKeyFile(folder);
  if (!existsSync(waiting)) return undefined;
  if (!opens(folder, await readKeyFile(waiting))) {
    await destroyFile(waiting);
    return undefined;
  }
  await replaceDefault(folder, onStep);
  return { dataKeys: 0, keyFiles: [defaultKeyFile(folder)], wasDone: true };
}

async function replaceDefault(folder: string, onStep: (step: string) => void): Promise<void> {
  const file = defaultKeyFile(folder);
  onStep('overwrite the old root key');
  if (existsSync(file)) await overwrite(file);
  onStep('put the new root key in place');
  await rename(waitingKeyFile(folder), file);
  await syncFolder(dirname(file));
}

function opens(folder: string, rootKey: Buffer): boolean {
  const { libraryId, wrappedLibraryKey } = readKeyHeadOf(folder);
  const keys = openLibraryKeys(rootKey, libraryId, wrappedLibraryKey);
  if (keys === undefined) return false;
  forgetKeys(keys);
  return true;
}
