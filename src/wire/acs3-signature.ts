// The ACS3 signature: an HMAC or RSA signature, in hex, over the digest of a canonical request.
import { constants, createPublicKey, verify } from 'node:crypto';
import { digest, isSameDigest, keyedDigest } from './digests.ts';
import { Refusal } from './errors.ts';
import type { KeyMaterial } from './key-material.ts';
import {
  acsHeaders,
  decodeQuery,
  encodeStrictly,
  headerOf,
  headersOf,
  requireHeader,
  splitTarget,
  type WireRequest,
} from './request.ts';

const algorithms = {
  'ACS3-HMAC-SHA256': { hash: 'sha256', keyKind: 'secret' },
  'ACS3-HMAC-SM3': { hash: 'sm3', keyKind: 'secret' },
  'ACS3-RSA-SHA256': { hash: 'sha256', keyKind: 'rsa-public-key' },
} as const;
export type Acs3Algorithm = keyof typeof algorithms;

export interface Acs3Authorization {
  readonly scheme: 'acs3';
  readonly accessKeyId: string;
  readonly algorithm: Acs3Algorithm;
  /** Names in lower case, sorted. */
  readonly signedHeaders: readonly string[];
  /** hex */
  readonly signature: string;
}

/** The hash over canonical request and body. */
export const hashOf = (algorithm: Acs3Algorithm): 'sha256' | 'sm3' => algorithms[algorithm].hash;

/**
 * Reads `<algorithm> Credential=…,SignedHeaders=…,Signature=…`, the three in any order (Java has its own).
 * @throws {Refusal} invalidSignatureMethod, incompleteSignature, also where a header that matters is left unsigned;
 * missingHeader where the body's digest is not declared
 */
export function readAcs3Authorization(request: WireRequest, authorization: string): Acs3Authorization {
  const [algorithm = '', ...rest] = authorization.split(' ');
  if (!isAcs3Algorithm(algorithm)) throw new Refusal('invalidSignatureMethod', algorithm);
  const parts = rest
    .join(' ')
    .split(',')
    .map((part) => part.trim());
  const accessKeyId = partOf(parts, /^Credential=([A-Za-z0-9._-]{1,64})$/);
  const signature = partOf(parts, /^Signature=([0-9a-f]+)$/);
  const names = partOf(parts, /^SignedHeaders=([0-9a-z._;-]+)$/);
  if (parts.length !== 3 || accessKeyId === undefined || signature === undefined || names === undefined) {
    const form = `${algorithm} Credential=<AccessKeyId>,SignedHeaders=<names>,Signature=<hex>`;
    throw new Refusal('incompleteSignature', `Authorization must read ${form}`);
  }
  const signedHeaders = names.split(';');
  requireSigned(request, signedHeaders);
  requireHeader(request, payloadHeader(request, algorithm));
  return { scheme: 'acs3', accessKeyId, algorithm, signedHeaders, signature };
}

const isAcs3Algorithm = (name: string): name is Acs3Algorithm => Object.hasOwn(algorithms, name);

const partOf = (parts: readonly string[], form: RegExp): string | undefined =>
  parts.map((part) => form.exec(part)?.[1]).find((value) => value !== undefined);

// Java signs no host, and nothing here depends on host or content-type: only x-acs- headers must be signed.
function requireSigned(request: WireRequest, signedHeaders: readonly string[]): void {
  const isAscending = signedHeaders.every((name, at) => at === 0 || signedHeaders[at - 1]! < name);
  if (!isAscending) throw new Refusal('incompleteSignature', 'SignedHeaders must be sorted, each name once');
  const values = headersOf(request, signedHeaders);
  const absent = signedHeaders.find((_, at) => values[at] === undefined);
  if (absent !== undefined) throw new Refusal('incompleteSignature', `signed header ${absent} is not there`);
  const signed = new Set(signedHeaders);
  const unsigned = acsHeaders(request).find(([name]) => !signed.has(name));
  if (unsigned !== undefined)
    throw new Refusal('incompleteSignature', `header ${unsigned[0]} must be signed`);
}

/** Tea sends the SM3 of a body as x-acs-content-sha256 too, Java as x-acs-content-sm3. */
function payloadHeader(request: WireRequest, algorithm: Acs3Algorithm): string {
  const isSm3Named = hashOf(algorithm) === 'sm3' && headerOf(request, 'x-acs-content-sm3') !== undefined;
  return isSm3Named ? 'x-acs-content-sm3' : 'x-acs-content-sha256';
}

/**
 * @returns undefined when the signature is that of the key, else the text that should have been signed
 * @throws {Refusal} invalidSignatureMethod when the key is of another kind than the algorithm: a public key, which is
 * no secret, never verifies an HMAC
 */
export function checkAcs3Signature(
  request: WireRequest,
  authorization: Acs3Authorization,
  material: KeyMaterial,
): { readonly stringToSign: string } | undefined {
  const { algorithm, signature } = authorization;
  const { hash, keyKind } = algorithms[algorithm];
  if (material.kind !== keyKind) throw new Refusal('invalidSignatureMethod', algorithm);
  const stringToSign = acs3StringToSign(request, authorization);
  const isSigned =
    material.kind === 'secret'
      ? material.secret !== '' &&
        isSameDigest(signature, keyedDigest(hash, material.secret, stringToSign, 'hex'))
      : isRsaSigned(stringToSign, signature, material.pem);
  return isSigned ? undefined : { stringToSign };
}

function isRsaSigned(text: string, signature: string, pem: string): boolean {
  const key = createPublicKey(pem);
  if (key.asymmetricKeyType !== 'rsa') return false;
  const bytes = Buffer.from(signature, 'hex');
  // Buffer.from stops at an odd last digit without a word.
  if (bytes.length * 2 !== signature.length) return false;
  return verify('sha256', Buffer.from(text), { key, padding: constants.RSA_PKCS1_PADDING }, bytes);
}

function acs3StringToSign(request: WireRequest, { algorithm, signedHeaders }: Acs3Authorization): string {
  const { path, query } = splitTarget(request.target);
  const values = headersOf(request, signedHeaders);
  const canonicalRequest = [
    request.method,
    // As sent: no path that Lethe serves holds a character that clients encode.
    path,
    canonicalQuery(query),
    signedHeaders.map((name, at) => `${name}:${values[at]}\n`).join(''),
    signedHeaders.join(';'),
    // As declared: whether the body is what was declared is a question of its own.
    headerOf(request, payloadHeader(request, algorithm)),
  ].join('\n');
  return `${algorithm}\n${digest(hashOf(algorithm), canonicalRequest, 'hex')}`;
}

/** Decoded and encoded anew: Java's own URL leaves `*` and writes `~` as %7E, yet it signs the strict form. */
const canonicalQuery = (query: string): string =>
  [...decodeQuery(query)]
    .sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0))
    .map(([key, value]) => `${encodeStrictly(key)}=${encodeStrictly(value)}`)
    .join('&');
