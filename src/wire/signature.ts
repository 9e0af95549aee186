// Who sent a request: what its headers claim, and whether the signature bears the claim out.
import {
  type Acs3Authorization,
  checkAcs3Signature,
  hashOf,
  readAcs3Authorization,
} from './acs3-signature.ts';
import { verifyBody } from './body-digests.ts';
import { Refusal } from './errors.ts';
import type { KeyMaterial } from './key-material.ts';
import { maxAuthorizationLength, maxNonceLength } from './limits.ts';
import { headerOf, requireHeader, type WireRequest } from './request.ts';
import { checkRoaSignature, type RoaAuthorization, readRoaAuthorization } from './roa-signature.ts';

/** What a request claims about its sender; nothing of it is proven before `verifySignature`. */
export type Credential = (RoaAuthorization | Acs3Authorization) & {
  /** When the sender says it signed, ms since 1970. */
  readonly timestampMs: number;
  /** Absent from some SDKs' requests. */
  readonly nonce?: string;
  /** Sent with the keys of a temporary session. */
  readonly securityToken?: string;
};

/**
 * Reads the headers that say who calls; the body is not needed.
 * @throws {Refusal} missingHeader, incompleteSignature, invalidSignatureMethod, timestampFormat, malformedRequest
 */
export function readCredential(request: WireRequest): Credential {
  const text = requireHeader(request, 'authorization');
  if (text.length > maxAuthorizationLength) {
    throw new Refusal(
      'incompleteSignature',
      `Authorization is longer than ${maxAuthorizationLength} characters`,
    );
  }
  const scheme = /^([A-Za-z0-9-]+) /.exec(text)?.[1];
  if (scheme === undefined)
    throw new Refusal('incompleteSignature', 'Authorization must begin with a scheme');
  const authorization =
    scheme === 'acs' ? readRoaAuthorization(request, text) : readAcs3Authorization(request, text);
  const timestampMs =
    authorization.scheme === 'roa'
      ? parseHttpDate(requireHeader(request, 'date'))
      : parseIsoDate(requireHeader(request, 'x-acs-date'));
  const nonce = readNonce(request);
  const securityToken = headerOf(request, 'x-acs-security-token');
  return {
    ...authorization,
    timestampMs,
    ...(nonce === undefined ? {} : { nonce }),
    ...(securityToken === undefined ? {} : { securityToken }),
  };
}

function readNonce(request: WireRequest): string | undefined {
  const nonce = headerOf(request, 'x-acs-signature-nonce');
  if (nonce !== undefined && (nonce === '' || nonce.length > maxNonceLength)) {
    throw new Refusal(
      'incompleteSignature',
      `x-acs-signature-nonce must have 1 to ${maxNonceLength} characters`,
    );
  }
  return nonce;
}

/**
 * `Tue, 24 Nov 2026 10:56:56 GMT` and no other form; a wrong weekday does not pass either.
 * @throws {Refusal} timestampFormat
 */
export function parseHttpDate(text: string): number {
  const timestampMs = Date.parse(text);
  if (Number.isNaN(timestampMs) || new Date(timestampMs).toUTCString() !== text) {
    throw new Refusal('timestampFormat');
  }
  return timestampMs;
}

/** `2026-11-24T10:56:56Z` and no other form. */
function parseIsoDate(text: string): number {
  const timestampMs = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(timestampMs) || new Date(timestampMs).toISOString() !== text.replace('Z', '.000Z')) {
    throw new Refusal('timestampFormat');
  }
  return timestampMs;
}

export interface VerifyOptions {
  /** Accepts a body under ACS3 whose signed digest is that of no body, as aliyun-java-sdk-core 4.7.10 sends it. */
  readonly isUnprotectedBodyAllowed: boolean;
}

/**
 * Checks the signature, then the body against every digest that was declared.
 * A secret verifies HMAC only, a public key RSA only, an empty secret nothing.
 * @throws {Refusal} signatureDoesNotMatch with the text that should have been signed, invalidSignatureMethod,
 * contentDigestDoesNotMatch, bodyNotSigned
 */
export function verifySignature(
  request: WireRequest,
  credential: Credential,
  material: KeyMaterial,
  { isUnprotectedBodyAllowed }: VerifyOptions,
): void {
  const mismatch =
    credential.scheme === 'roa'
      ? checkRoaSignature(request, credential, secretFor(credential, material))
      : checkAcs3Signature(request, credential, material);
  if (mismatch !== undefined) throw new Refusal('signatureDoesNotMatch', mismatch.stringToSign);
  const acs3Hash = credential.scheme === 'acs3' ? hashOf(credential.algorithm) : undefined;
  verifyBody(request, { acs3Hash, isUnprotectedBodyAllowed });
}

function secretFor({ algorithm }: RoaAuthorization, material: KeyMaterial): string {
  if (material.kind !== 'secret') throw new Refusal('invalidSignatureMethod', algorithm);
  return material.secret;
}
