// Seals bytes so that they open only where they belong: AES-256-GCM, the keys derived by HKDF, the lookup hashes.
import {
  type Cipher,
  createCipheriv,
  createDecipheriv,
  createHmac,
  type Decipher,
  hkdfSync,
  randomBytes,
  randomFillSync,
} from 'node:crypto';

/** Bytes of a data key, of the library key and of the root key: AES-256. */
export const keyBytes = 32;
/** Bytes of a library id and of a lookup hash (SHA-256). */
export const libraryIdBytes = 16;
export const lookupBytes = 32;

// NIST SP 800-38D: 96-bit nonces, 128-bit tags.
export const nonceBytes = 12;
const tagBytes = 16;
/** Of AES. */
export const blockBytes = 16;

/** What sealing adds to the length of the plaintext. */
export const sealBytes = nonceBytes + tagBytes;

/** A call of the generator costs 3 us, whatever it draws: more than sealing a key. */
const drawnAtATime = 4096;
const drawn = Buffer.alloc(drawnAtATime);
let drawnUpTo = drawnAtATime;

/** Writes random bytes into the memory it answers; no copy of them stays behind. */
export function draw(into: Buffer, at = 0, count = into.length): Buffer {
  if (count > drawnAtATime) return randomFillSync(into, at, count);
  if (drawnUpTo + count > drawnAtATime) {
    randomFillSync(drawn);
    drawnUpTo = 0;
  }
  drawn.copy(into, at, drawnUpTo, drawnUpTo + count);
  drawn.fill(0, drawnUpTo, drawnUpTo + count);
  drawnUpTo += count;
  return into;
}

/** Encrypts under `key` and binds to `context`: nonce, ciphertext, tag. */
export function seal(key: Uint8Array, plaintext: Uint8Array, context: Uint8Array): Buffer {
  const sealed = Buffer.allocUnsafe(plaintext.length + sealBytes);
  sealInto(sealed, key, plaintext, context);
  return sealed;
}

/** As `seal`. @throws {RangeError} where the memory has another length: what stood in its rest would reach the disk */
export function sealInto(sealed: Buffer, key: Uint8Array, plaintext: Uint8Array, context: Uint8Array): void {
  if (sealed.length !== plaintext.length + sealBytes)
    throw new RangeError(`${plaintext.length} bytes do not seal into ${sealed.length}`);
  draw(sealed, 0, nonceBytes);
  const nonce = sealed.subarray(0, nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes }).setAAD(context);
  sealed.set(cipher.update(plaintext), nonceBytes);
  cipher.final();
  sealed.set(cipher.getAuthTag(), nonceBytes + plaintext.length);
}

/** What was sealed, in its three parts. */
export interface SealedParts {
  readonly nonce: Uint8Array;
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
}

/** Views of `sealed`, which has at least `sealBytes`. */
export function partsOf(sealed: Uint8Array): SealedParts {
  const tagAt = sealed.length - tagBytes;
  return {
    nonce: sealed.subarray(0, nonceBytes),
    ciphertext: sealed.subarray(nonceBytes, tagAt),
    tag: sealed.subarray(tagAt),
  };
}

/** Undoes `seal`; undefined when the key, the context or any byte differs. */
export function unseal(key: Uint8Array, sealed: Uint8Array, context: Uint8Array): Buffer | undefined {
  return sealed.length < sealBytes ? undefined : unsealParts(key, partsOf(sealed), context);
}

const ofTagBytes = { authTagLength: tagBytes };

/** As `unseal`. */
export function unsealParts(
  key: Uint8Array,
  { nonce, ciphertext, tag }: SealedParts,
  context: Uint8Array,
): Buffer | undefined {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, ofTagBytes).setAAD(context).setAuthTag(tag);
  const plaintext = decipher.update(ciphertext);
  try {
    decipher.final();
    return plaintext;
  } catch {
    plaintext.fill(0);
    return undefined;
  }
}

/**
 * AES block by block, without a nonce or a tag: for what has no two blocks alike, keys of 256 random bits above all.
 * Nothing vouches for them here: what was sealed under a key opens under no other.
 */
export const blockCipherOf = (key: Uint8Array): Cipher =>
  createCipheriv('aes-256-ecb', key, null).setAutoPadding(false);

/** Undoes `blockCipherOf`; bytes that were changed, or another's, open as other bytes. */
export const blockDecipherOf = (key: Uint8Array): Decipher =>
  createDecipheriv('aes-256-ecb', key, null).setAutoPadding(false);

/**
 * The keys of one open library. Only the wrapping key depends on the root key, so a new root key rewraps and no more;
 * those of temporary keys and of photographs' addresses do, too, so that a new root key ends them.
 */
export interface LibraryKeys {
  readonly libraryId: Buffer;
  /** Wraps data keys and the library key. */
  readonly wrappingKey: Buffer;
  /** Hashes ids into lookups. */
  readonly lookupKey: Buffer;
  /** Seals what stands in the database: access keys and group names. */
  readonly sealingKey: Buffer;
  /** Seals security tokens. */
  readonly tokenKey: Buffer;
  /** Makes the secret of a temporary key from its id. */
  readonly temporarySecretKey: Buffer;
  /** Seals the tokens that open photographs. */
  readonly photographTokenKey: Buffer;
}

const derive = (key: Uint8Array, libraryId: Uint8Array, use: string): Buffer =>
  Buffer.from(hkdfSync('sha256', key, libraryId, `lethe/1/${use}`, keyBytes));

/** A key of its own for a face's photograph, from the face's data key: gone with it, and never used for the record. */
export const photographKeyOf = (dataKey: Uint8Array, libraryId: Uint8Array): Buffer =>
  derive(dataKey, libraryId, 'photograph');

const libraryKeyContext = (libraryId: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from('library key'), libraryId]);

/** Draws a library key and answers it wrapped under the root key. */
export function drawLibraryKey(rootKey: Uint8Array, libraryId: Uint8Array): Buffer {
  const libraryKey = randomBytes(keyBytes);
  const wrapped = seal(wrappingKeyOf(rootKey, libraryId), libraryKey, libraryKeyContext(libraryId));
  libraryKey.fill(0);
  return wrapped;
}

/** What data keys and the library key are wrapped under. */
export const wrappingKeyOf = (rootKey: Uint8Array, libraryId: Uint8Array): Buffer =>
  derive(rootKey, libraryId, 'wrapping');

/** Wraps the library key under another wrapping key; undefined when the first one is not the library's. */
export function rewrapLibraryKey(
  from: Uint8Array,
  to: Uint8Array,
  libraryId: Uint8Array,
  wrappedLibraryKey: Uint8Array,
): Buffer | undefined {
  const context = libraryKeyContext(libraryId);
  const libraryKey = unseal(from, wrappedLibraryKey, context);
  if (libraryKey === undefined) return undefined;
  const rewrapped = seal(to, libraryKey, context);
  libraryKey.fill(0);
  return rewrapped;
}

/** Undefined when the root key is not the library's. */
export function openLibraryKeys(
  rootKey: Uint8Array,
  libraryId: Buffer,
  wrappedLibraryKey: Uint8Array,
): LibraryKeys | undefined {
  const wrappingKey = wrappingKeyOf(rootKey, libraryId);
  const libraryKey = unseal(wrappingKey, wrappedLibraryKey, libraryKeyContext(libraryId));
  if (libraryKey === undefined) return undefined;
  const lookupKey = derive(libraryKey, libraryId, 'lookup');
  const sealingKey = derive(libraryKey, libraryId, 'sealing');
  libraryKey.fill(0);
  const tokenKey = derive(rootKey, libraryId, 'security tokens');
  const photographTokenKey = derive(rootKey, libraryId, 'photograph tokens');
  const temporarySecretKey = derive(rootKey, libraryId, 'temporary secrets');
  return {
    libraryId,
    wrappingKey,
    lookupKey,
    sealingKey,
    tokenKey,
    temporarySecretKey,
    photographTokenKey,
  };
}

/** Overwrites them in memory. */
export function forgetKeys({ libraryId: _, ...secrets }: LibraryKeys): void {
  for (const key of Object.values(secrets)) key.fill(0);
}

/** What an id is found by in the database, which knows no id in clear: HMAC-SHA256 under the library's lookup key. */
export function lookupOf(
  keys: LibraryKeys,
  kind: 'person' | 'faces' | 'group' | 'deleted face' | 'idempotency key' | 'request',
  account: string,
  id: string,
): Buffer {
  return createHmac('sha256', keys.lookupKey)
    .update(JSON.stringify([kind, account, id]))
    .digest();
}

/** Seals a text that stands in the database, bound to its kind and its row. */
export function sealText(keys: LibraryKeys, kind: string, row: Uint8Array, text: string): Buffer {
  const plaintext = Buffer.from(text);
  const sealed = seal(keys.sealingKey, plaintext, textContext(keys, kind, row));
  plaintext.fill(0);
  return sealed;
}

/** @throws {Error} when the text was changed, or moved from another row */
export function unsealText(keys: LibraryKeys, kind: string, row: Uint8Array, sealed: Uint8Array): string {
  const plaintext = unseal(keys.sealingKey, sealed, textContext(keys, kind, row));
  if (plaintext === undefined) {
    throw new Error(`library.db is damaged: a sealed ${kind} does not open with the library's key`);
  }
  const text = plaintext.toString();
  plaintext.fill(0);
  return text;
}

const textContext = (keys: LibraryKeys, kind: string, row: Uint8Array): Buffer =>
  Buffer.concat([keys.libraryId, Buffer.from(`${kind}\0`), row]);
