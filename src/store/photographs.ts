// From a face to a token that opens its photograph, and from such a token to the photograph, while the face lives.
import type { KeptPhotograph } from '../gallery/ports.ts';
import { faceLookupOf } from './face-ids.ts';
import { issueToken, openToken } from './photograph-tokens.ts';
import type { LibraryKeys } from './sealing.ts';
import type { Catalogue } from './sqlite/catalogue.ts';
import type { Vault } from './vault.ts';

interface Keeping {
  readonly keys: LibraryKeys;
  /** Sees committed rows only. */
  readonly catalogue: Catalogue;
  readonly vault: Vault;
  readonly nowMs: () => number;
}

/** Undefined where the account has no such face, or none of its photograph is kept. */
export function issuePhotographToken(
  { keys, catalogue, vault, nowMs }: Keeping,
  account: string,
  faceId: string,
): string | undefined {
  const face = catalogue.findFace(faceLookupOf(keys, account, faceId));
  if (face === undefined || !vault.hasPhotograph(face.slot)) return undefined;
  return issueToken(keys, face.lookup, nowMs());
}

/** Undefined where the token opens nothing, or nothing any more. */
export async function openPhotograph(
  { keys, catalogue, vault, nowMs }: Keeping,
  token: string,
): Promise<KeptPhotograph | undefined> {
  const lookup = openToken(keys, token, nowMs());
  const face = lookup && catalogue.findFace(lookup);
  if (face === undefined) return undefined;
  const isKept = () => catalogue.findFace(face.lookup) !== undefined;
  const bytes = await vault.readPhotograph({ ...face, kind: 'face' });
  if (bytes === undefined) return undefined;
  if (isKept()) return { bytes, isKept };
  bytes.fill(0);
  return undefined;
}
