// What opens a photograph for a short time: a sealed token that names one face and says when it ends.
import { type LibraryKeys, lookupBytes, seal, unseal } from './sealing.ts';

/** Long enough to look at a page of faces, short enough that a URL in a history or a log is soon worth nothing. */
const tokenLifetimeMs = 15 * 60 * 1000;

const tokenBytes = lookupBytes + 8;

/** Of letters, digits, - and _; says nothing of the face to whoever has no key. */
export function issueToken(keys: LibraryKeys, lookup: Uint8Array, nowMs: number): string {
  const plaintext = Buffer.alloc(tokenBytes);
  plaintext.set(lookup);
  plaintext.writeDoubleLE(nowMs + tokenLifetimeMs, lookupBytes);
  return seal(keys.photographTokenKey, plaintext, keys.libraryId).toString('base64url');
}

/** The face's lookup; undefined where the token was changed, is another library's, or has ended. */
export function openToken(keys: LibraryKeys, token: string, nowMs: number): Buffer | undefined {
  const sealed = Buffer.from(token, 'base64url');
  // Node skips what is no digit: only one spelling of a token is a token.
  if (sealed.toString('base64url') !== token) return undefined;
  const plaintext = unseal(keys.photographTokenKey, sealed, keys.libraryId);
  if (plaintext?.length !== tokenBytes || plaintext.readDoubleLE(lookupBytes) <= nowMs) return undefined;
  return plaintext.subarray(0, lookupBytes);
}
