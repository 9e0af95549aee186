// keys.bin: its head says whose it is and holds the library key, then one slot a record holds a data key; all wrapped.
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from './folder.ts';
import { keyBytes, libraryIdBytes, sealBytes } from './sealing.ts';

export const keyFileName = 'keys.bin';
/** A file of keys that is being written and takes the place of `keys.bin` whole, or not at all. */
export const keyDraftName = 'keys.bin.new';

// The wrapped key and the last bytes of its owner's lookup, by which a start tells a key that is the owner's from one
// that a later record put into the same slot (a restored backup).
export const markBytes = 4;
export const keySlotBytes = keyBytes + markBytes;

/** Three slots: "lethe", format, size of a slot, library id, wrapped library key, zeros. */
export const keyHeadBytes = 3 * keySlotBytes;
const formatAt = 8;
const slotBytesAt = 12;
const libraryIdAt = 16;
const libraryKeyAt = libraryIdAt + libraryIdBytes;
const libraryKeyEnd = libraryKeyAt + keyBytes + sealBytes;

/** 1 had the library key in the database, 2 a nonce and a tag with each data key. */
const keyFormat = 3;

export interface KeyFileHead {
  readonly libraryId: Buffer;
  readonly wrappedLibraryKey: Buffer;
}

export function encodeKeyHead({ libraryId, wrappedLibraryKey }: KeyFileHead): Buffer {
  const head = Buffer.alloc(keyHeadBytes);
  head.write('lethe');
  head.writeUInt32LE(keyFormat, formatAt);
  head.writeUInt32LE(keySlotBytes, slotBytesAt);
  libraryId.copy(head, libraryIdAt);
  wrappedLibraryKey.copy(head, libraryKeyAt);
  return head;
}

/** @throws {Error} in plain words when the file is no key file, or of a format that this program does not know */
export function decodeKeyHead(path: string, head: Buffer): KeyFileHead {
  const isKeyFile = head.length >= keyHeadBytes && head.toString('latin1', 0, formatAt) === 'lethe\0\0\0';
  const format = isKeyFile ? head.readUInt32LE(formatAt) : 0;
  if (format > keyFormat) throw new Error(`${path} was written by a newer Lethe`);
  if (format < keyFormat || head.readUInt32LE(slotBytesAt) !== keySlotBytes) {
    throw new Error(`${path} holds no keys that this Lethe can read: put back the file that does`);
  }
  return {
    libraryId: Buffer.from(head.subarray(libraryIdAt, libraryKeyAt)),
    wrappedLibraryKey: Buffer.from(head.subarray(libraryKeyAt, libraryKeyEnd)),
  };
}

/** @throws {Error} in plain words when the file is missing, not a key file, or another library's */
export function readKeyHead(folder: string, libraryId: Buffer): KeyFileHead {
  const head = readKeyHeadOf(folder);
  if (!head.libraryId.equals(libraryId)) {
    throw new Error(
      `${join(folder, keyFileName)} does not belong to this library: put back the file that does`,
    );
  }
  return head;
}

/** Whichever library's it is. */
export function readKeyHeadOf(folder: string): KeyFileHead {
  const path = join(folder, keyFileName);
  if (!existsSync(path)) {
    throw new Error(
      `${path} is missing, and nothing can be read without it: put the file back (a backup keeps keys apart)`,
    );
  }
  const head = Buffer.alloc(keyHeadBytes);
  const file = openSync(path, 'r');
  try {
    readSync(file, head);
  } finally {
    closeSync(file);
  }
  return decodeKeyHead(path, head);
}

/**
 * Makes the key file of a new library, in place of one that never held a key (a crash before the library was committed).
 * @throws {Error} when there is one that holds keys
 */
export async function makeKeyFile(folder: string, head: KeyFileHead): Promise<void> {
  const path = join(folder, keyFileName);
  if (existsSync(path) && (await readFile(path)).subarray(keyHeadBytes).some((byte) => byte !== 0)) {
    throw new Error(`${path} holds keys, but library.db is empty: put library.db back`);
  }
  const draft = join(folder, keyDraftName);
  const file = await open(draft, 'w', 0o600);
  try {
    await file.writeFile(encodeKeyHead(head));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
  await syncFolder(folder);
}

/** Whether a slot's key was made for the owner; its authenticity shows only when it opens the record. */
export function hasKeyOf({ lookup }: { lookup: Uint8Array }, { key }: { key: Uint8Array }): boolean {
  const markAt = lookup.length - markBytes;
  for (let i = 0; i < markBytes; i++) if (key[keyBytes + i] !== lookup[markAt + i]) return false;
  // An empty slot's key would pass for one whose mark is zero.
  return key.some((byte) => byte !== 0);
}
