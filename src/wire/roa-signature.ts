// The ROA signature, version 1: `acs <AccessKeyId>:<base64 HMAC>` over a text made of method, headers, path and query.
import { digest, isSameDigest, keyedDigest } from './digests.ts';
import { Refusal } from './errors.ts';
import {
  acsHeaders,
  decodeQuery,
  headerOf,
  type QueryPair,
  splitTarget,
  type WireRequest,
} from './request.ts';

const hashes = { 'HMAC-SHA1': 'sha1', 'HMAC-SM3': 'sm3' } as const;
export type RoaAlgorithm = keyof typeof hashes;

export interface RoaAuthorization {
  readonly scheme: 'roa';
  readonly accessKeyId: string;
  readonly algorithm: RoaAlgorithm;
  /** base64 */
  readonly signature: string;
}

/**
 * Reads `acs <AccessKeyId>:<signature>`; the algorithm stands in x-acs-signature-method and is HMAC-SHA1 by default.
 * @throws {Refusal} incompleteSignature, invalidSignatureMethod
 */
export function readRoaAuthorization(request: WireRequest, authorization: string): RoaAuthorization {
  const [, accessKeyId, signature] =
    /^acs ([A-Za-z0-9._-]{1,64}):([A-Za-z0-9+/=]+)$/.exec(authorization) ?? [];
  if (accessKeyId === undefined || signature === undefined) {
    throw new Refusal('incompleteSignature', 'Authorization must read acs <AccessKeyId>:<Signature>');
  }
  const algorithm = headerOf(request, 'x-acs-signature-method') ?? 'HMAC-SHA1';
  if (!isRoaAlgorithm(algorithm)) throw new Refusal('invalidSignatureMethod', algorithm);
  return { scheme: 'roa', accessKeyId, algorithm, signature };
}

const isRoaAlgorithm = (name: string): name is RoaAlgorithm => Object.hasOwn(hashes, name);

/**
 * @returns undefined when the signature is that of the secret, else the text that should have been signed
 */
export function checkRoaSignature(
  request: WireRequest,
  { algorithm, signature }: RoaAuthorization,
  secret: string,
): { readonly stringToSign: string } | undefined {
  const candidates = roaStringsToSign(request, algorithm);
  const isSigned = candidates.some((text) =>
    isSameDigest(signature, keyedDigest(hashes[algorithm], secret, text, 'base64')),
  );
  // Whoever knows the id of a key whose secret is empty would know the secret.
  return isSigned && secret !== '' ? undefined : { stringToSign: candidates[0]! };
}

/**
 * Every text that a client may have signed for this request, the likeliest first: the official SDKs differ in how they
 * write a query (at most three ways), and the documentation of HMAC-SM3 can be read in three ways.
 * Source: help.aliyun.com/document_detail/53415.html and the SDKs; docs/wire-format.md has the table.
 */
export function roaStringsToSign(request: WireRequest, algorithm: RoaAlgorithm): readonly string[] {
  const { path, query } = splitTarget(request.target);
  const resources = canonicalQueries(decodeQuery(query)).map((text) =>
    text === '' ? path : `${path}?${text}`,
  );
  const acs = acsHeaders(request).map(([name, value]) => `${name}:${value}\n`);
  return standardHeaders(request, algorithm).flatMap((lines) =>
    resources.map((resource) => `${[request.method, ...lines].join('\n')}\n${acs.join('')}${resource}`),
  );
}

/** The header lines in the layouts that the algorithm allows; the date, last, keeps one layout from posing as another. */
function standardHeaders(request: WireRequest, algorithm: RoaAlgorithm): readonly (readonly string[])[] {
  const [accept, md5, type, date] = ['accept', 'content-md5', 'content-type', 'date'].map(
    (name) => headerOf(request, name) ?? '',
  ) as [string, string, string, string];
  const usual = [accept, md5, type, date];
  return algorithm === 'HMAC-SM3' ? [usual, [accept, type, date], [type, date]] : [usual];
}

/** Nothing in it is percent-encoded, and a client signs the query it had before its own encoding. */
function canonicalQueries(pairs: readonly QueryPair[]): readonly string[] {
  const sorted = [...pairs].sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0));
  const lists = new Map<string, string[]>(sorted.map(([key]) => [key, []]));
  for (const [key, value] of sorted) lists.get(key)!.push(value);
  return [
    ...new Set([
      // Java, Go and PHP leave the `=` of an empty value out; the other SDKs keep it.
      sorted.map(([key, value]) => (value === '' ? key : `${key}=${value}`)).join('&'),
      sorted.map(([key, value]) => `${key}=${value}`).join('&'),
      // pop-core prints a list into its text: it signs `k=a,b` and sends `k=a&k=b`.
      [...lists].map(([key, list]) => `${key}=${list.join(',')}`).join('&'),
    ]),
  ];
}

export interface RoaCall {
  readonly method: string;
  /** Path and query, percent-encoded. */
  readonly target: string;
  readonly body: Uint8Array;
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly date: Date;
  /** Never used before with this key. */
  readonly nonce: string;
  /** Of a temporary key. */
  readonly securityToken?: string | undefined;
  /** HMAC-SHA1 unless said otherwise. */
  readonly algorithm?: RoaAlgorithm;
}

/** The headers, names in lower case, with which a client sends the call; all of them, and the body's MD5, are signed. */
export function signRoa(call: RoaCall): Record<string, string> {
  const { method, target, body, securityToken, algorithm = 'HMAC-SHA1' } = call;
  const headers = {
    accept: 'application/json',
    'content-md5': digest('md5', body, 'base64'),
    'content-type': 'application/json',
    date: call.date.toUTCString(),
    ...(securityToken === undefined ? {} : { 'x-acs-security-token': securityToken }),
    'x-acs-signature-method': algorithm,
    'x-acs-signature-nonce': call.nonce,
    'x-acs-signature-version': '1.0',
    'x-acs-version': '2018-05-09',
  };
  const rawHeaders = Object.entries(headers).flat();
  const [stringToSign] = roaStringsToSign({ method, target, rawHeaders, body }, algorithm);
  const signature = keyedDigest(hashes[algorithm], call.accessKeySecret, stringToSign!, 'base64');
  return { ...headers, authorization: `acs ${call.accessKeyId}:${signature}` };
}
