// Gives out temporary keys that nobody stores: the token is the record, sealed; the secret follows from the id.
import { createHmac, randomInt } from 'node:crypto';
import type { TemporaryGrant, TemporaryKey } from '../gallery/ports.ts';
import { maxSecurityTokenLength } from '../wire/limits.ts';
import { type LibraryKeys, seal, unseal } from './sealing.ts';

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** 24 letters are 142 random bits: no two tokens share an id. */
const drawId = (): string =>
  `STS.${Array.from({ length: 24 }, () => letters[randomInt(letters.length)]).join('')}`;

const contextOf = ({ libraryId }: LibraryKeys): Buffer =>
  Buffer.concat([Buffer.from('security token'), libraryId]);

/** 256 bits that only the holder of the root key can make from the id. */
const secretOf = ({ temporarySecretKey }: LibraryKeys, id: string): string =>
  createHmac('sha256', temporarySecretKey).update(id).digest('base64url');

export function issueTemporaryKey(
  keys: LibraryKeys,
  grant: TemporaryGrant,
): TemporaryKey & { readonly securityToken: string } {
  const id = drawId();
  const sealed = seal(keys.tokenKey, Buffer.from(JSON.stringify({ id, ...grant })), contextOf(keys));
  return { ...grant, id, secret: secretOf(keys, id), securityToken: sealed.toString('base64') };
}

/** Undefined where the token was not given out by this library under its present root key. */
export function openSecurityToken(keys: LibraryKeys, securityToken: string): TemporaryKey | undefined {
  if (securityToken.length > maxSecurityTokenLength) return undefined;
  const opened = unseal(keys.tokenKey, Buffer.from(securityToken, 'base64'), contextOf(keys));
  if (opened === undefined) return undefined;
  const grant = JSON.parse(opened.toString()) as TemporaryGrant & { id: string };
  return { ...grant, secret: secretOf(keys, grant.id) };
}
