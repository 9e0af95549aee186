// What opens a photograph for a short time: a sealed token that names one face and says when it ends.
import type { Enquirer } from './enquiries.ts';
import { type LibraryKeys, lookupBytes, lookupOf, seal, unseal } from './sealing.ts';
import type { Vault } from './vault.ts';

/** Long enough to look at a page of faces, short enough that a URL in a history or a log is worth nothing. */
const tokenLifetimeMs = 15 * 60 * 1000;

const tokenBytes = lookupBytes + 8;

/** Undefined where the account has no such face, or no photograph of it. */
export function issuePhotographToken(
  { catalogue, keys }: Enquirer,
  vault: Vault,
  account: string,
  faceId: string,
  nowMs: number,
): string | undefined {
  const face = catalogue.findFace(lookupOf(keys, 'face', account, faceId));
  if (face === undefined || !vault.hasPhotograph(face.slot)) return undefined;
  return issueToken(keys, face.lookup, nowMs);
}

/** Undefined where the token is none or has ended, and once the face is deleted. */
export async function readPhotograph(
  { catalogue, keys }: Enquirer,
  vault: Vault,
  token: string,
  nowMs: number,
): Promise<Buffer | undefined> {
  const lookup = openToken(keys, token, nowMs);
  const face = lookup && catalogue.findFace(lookup);
  if (face === undefined) return undefined;
  const photograph = await vault.readPhotograph({ ...face, kind: 'face' });
  // The face may have been deleted while its file was read.
  return catalogue.findFace(face.lookup) === undefined ? undefined : photograph;
}

/** Of letters, digits, - and _; says nothing of the face to whoever has no key. */
function issueToken(keys: LibraryKeys, lookup: Uint8Array, nowMs: number): string {
  const plaintext = Buffer.alloc(tokenBytes);
  plaintext.set(lookup);
  plaintext.writeDoubleLE(nowMs + tokenLifetimeMs, lookupBytes);
  return seal(keys.photographTokenKey, plaintext, contextOf(keys)).toString('base64url');
}

/** The face's lookup; undefined where the token was changed, is another library's, or has ended. */
function openToken(keys: LibraryKeys, token: string, nowMs: number): Buffer | undefined {
  const sealed = Buffer.from(token, 'base64url');
  // Node skips what is no digit: only one spelling of a token is a token.
  if (sealed.toString('base64url') !== token) return undefined;
  const plaintext = unseal(keys.photographTokenKey, sealed, contextOf(keys));
  if (plaintext?.length !== tokenBytes || plaintext.readDoubleLE(lookupBytes) <= nowMs) return undefined;
  return plaintext.subarray(0, lookupBytes);
}

const contextOf = ({ libraryId }: LibraryKeys): Buffer =>
  Buffer.concat([Buffer.from('photograph token'), libraryId]);
