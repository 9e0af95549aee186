// Holds a body against the digests that its headers declare.
import { digest, isSameDigest } from './digests.ts';
import { Refusal } from './errors.ts';
import { headerOf, type WireRequest } from './request.ts';

export interface BodyRules {
  /** Hash of an ACS3 signature; undefined for ROA, where x-acs-content-sha256 can only be SHA-256. */
  readonly acs3Hash: 'sha256' | 'sm3' | undefined;
  /** Lets a body pass whose declared digest is that of no body: aliyun-java-sdk-core signs so under ACS3. */
  readonly isUnprotectedBodyAllowed: boolean;
}

/**
 * Checks Content-MD5, x-acs-content-sha256 and x-acs-content-sm3, each only where sent.
 * @throws {Refusal} contentDigestDoesNotMatch, bodyNotSigned
 */
export function verifyBody(request: WireRequest, { acs3Hash, isUnprotectedBodyAllowed }: BodyRules): void {
  const { body } = request;
  const md5 = headerOf(request, 'content-md5');
  if (md5 !== undefined && !isSameDigest(md5, digest('md5', body, 'base64'))) {
    throw new Refusal('contentDigestDoesNotMatch', 'Content-MD5');
  }
  const hexDigests = [
    ['x-acs-content-sha256', acs3Hash ?? 'sha256'],
    ['x-acs-content-sm3', 'sm3'],
  ] as const;
  for (const [name, hash] of hexDigests) {
    const declared = headerOf(request, name)?.toLowerCase();
    if (declared === undefined || isSameDigest(declared, digest(hash, body, 'hex'))) continue;
    if (acs3Hash === undefined || !isSameDigest(declared, digest(hash, '', 'hex'))) {
      throw new Refusal('contentDigestDoesNotMatch', name);
    }
    if (!isUnprotectedBodyAllowed) throw new Refusal('bodyNotSigned', name);
  }
}
