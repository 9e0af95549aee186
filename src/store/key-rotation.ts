// Rewraps every key of a library under another root key: a new key file takes the old one's place, whose bytes go.
import { existsSync } from 'node:fs';
import { link, open, readFile, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncFolder } from './folder.ts';
import {
  decodeKeyHead,
  encodeKeyHead,
  keyDraftName,
  keyFileName,
  keyHeadBytes,
  keySlotBytes,
} from './key-file.ts';
import { blockCipherOf, blockDecipherOf, keyBytes, rewrapLibraryKey, wrappingKeyOf } from './sealing.ts';

/** The old key file's second name, from just before the new one takes its place until its bytes are gone. */
const outgoingName = 'keys.bin.old';

/**
 * Writes `keys.bin` anew under another root key. Ended at any instant, the folder holds the old file or the new one,
 * whole; what is left over, `finishRotation` clears. The folder's lock is the caller's.
 * @param onStep told the name of each step before it is taken
 * @returns how many data keys; undefined when `oldRootKey` is not the library's, and nothing is changed then
 */
export async function rewrapKeys(
  folder: string,
  oldRootKey: Uint8Array,
  newRootKey: Uint8Array,
  onStep: (step: string) => void = () => undefined,
): Promise<number | undefined> {
  const path = join(folder, keyFileName);
  const draft = join(folder, keyDraftName);
  const old = await readFile(path);
  const rewrapped = rewrap(path, old, oldRootKey, newRootKey);
  if (rewrapped === undefined) return undefined;
  onStep('write the new key file');
  await writeSynced(draft, 'w', rewrapped.bytes);
  onStep('give the old key file its second name');
  await link(path, join(folder, outgoingName));
  await syncFolder(folder);
  onStep('put the new key file in place');
  await rename(draft, path);
  await syncFolder(folder);
  onStep('overwrite the old key file');
  await finishRotation(folder, onStep);
  return rewrapped.dataKeys;
}

/** Clears what a rotation left that was cut short. The folder's lock is the caller's. */
export async function finishRotation(
  folder: string,
  onStep: (step: string) => void = () => undefined,
): Promise<void> {
  const outgoing = join(folder, outgoingName);
  if (existsSync(outgoing)) {
    // One file under two names: the new one had not taken its place yet.
    if (!(await isSameFile(outgoing, join(folder, keyFileName)))) await overwrite(outgoing);
    onStep('remove the old key file');
    await unlink(outgoing);
    await syncFolder(folder);
  }
  const draft = join(folder, keyDraftName);
  if (existsSync(draft)) await destroyFile(draft);
}

/** Overwrites a file with zeros, on disk, and removes it. */
export async function destroyFile(path: string): Promise<void> {
  await overwrite(path);
  await unlink(path);
  await syncFolder(dirname(path));
}

/** Overwrites a file with zeros, on disk. */
export const overwrite = async (path: string): Promise<void> =>
  writeSynced(path, 'r+', Buffer.alloc((await stat(path)).size));

async function writeSynced(path: string, flags: 'w' | 'r+', bytes: Buffer): Promise<void> {
  const file = await open(path, flags, 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function isSameFile(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([one, other].map((path) => stat(path, { bigint: true })));
  return a!.dev === b!.dev && a!.ino === b!.ino;
}

function rewrap(
  path: string,
  old: Buffer,
  oldRootKey: Uint8Array,
  newRootKey: Uint8Array,
): { bytes: Buffer; dataKeys: number } | undefined {
  const { libraryId, wrappedLibraryKey } = decodeKeyHead(path, old);
  const [from, to] = [wrappingKeyOf(oldRootKey, libraryId), wrappingKeyOf(newRootKey, libraryId)];
  const libraryKey = rewrapLibraryKey(from, to, libraryId, wrappedLibraryKey);
  if (libraryKey === undefined) return undefined;
  const bytes = Buffer.alloc(old.length);
  encodeKeyHead({ libraryId, wrappedLibraryKey: libraryKey }).copy(bytes);
  const [unwrapping, wrapping] = [blockDecipherOf(from), blockCipherOf(to)];
  let dataKeys = 0;
  for (let at = keyHeadBytes; at + keySlotBytes <= old.length; at += keySlotBytes) {
    const slot = old.subarray(at, at + keySlotBytes);
    if (slot.every((byte) => byte === 0)) continue;
    const dataKey = unwrapping.update(slot.subarray(0, keyBytes));
    wrapping.update(dataKey).copy(bytes, at);
    dataKey.fill(0);
    // The mark says whose the slot is, and stays: a damaged record is not taken for a deleted one.
    slot.copy(bytes, at + keyBytes, keyBytes);
    dataKeys += 1;
  }
  unwrapping.final();
  wrapping.final();
  from.fill(0);
  to.fill(0);
  return { bytes, dataKeys };
}
