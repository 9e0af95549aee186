// Digests in the encodings of the wire, compared without telling how much of them was right.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

export type HashName = 'md5' | 'sha1' | 'sha256' | 'sm3';
export type DigestEncoding = 'hex' | 'base64';

export const digest = (hash: HashName, data: Uint8Array | string, encoding: DigestEncoding): string =>
  createHash(hash).update(data).digest(encoding);

export const keyedDigest = (hash: HashName, secret: string, text: string, encoding: DigestEncoding): string =>
  createHmac(hash, secret).update(text).digest(encoding);

/**
 * Compares the encoded texts, in a time that depends on their lengths only. Comparing texts rather than bytes leaves
 * one spelling of a digest: padding left out, or bits that a base64 decoder drops, do not pass.
 */
export function isSameDigest(given: string, expected: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
}
