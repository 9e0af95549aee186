// The signatures of the cloud's object storage, in headers: version 1 (HMAC-SHA1) and version 4 (OSS4-HMAC-SHA256).
import { createHmac } from 'node:crypto';
import { digest, isSameDigest, keyedDigest } from './digests.ts';
import { Refusal } from './errors.ts';
import { maxAuthorizationLength } from './limits.ts';
import type { ObjectAddress } from './oss-address.ts';
import { encodeStrictly, headerOf, headersNamed, type WireRequest } from './request.ts';
import { parseHttpDate } from './signature.ts';

/** What a request claims about its sender; nothing of it is proven before `isOssSigned`. */
export type OssClaim = (V1Authorization | V4Authorization) & {
  readonly accessKeyId: string;
  readonly signature: string;
  /** When the sender says it signed, ms since 1970. */
  readonly timestampMs: number;
  readonly securityToken?: string;
};

interface V1Authorization {
  readonly version: 1;
}

interface V4Authorization {
  readonly version: 4;
  /** `20231203/cn-hangzhou/oss/aliyun_v4_request` */
  readonly scope: string;
  /** Names in lower case, sorted: signed besides those that always are. */
  readonly additionalHeaders: readonly string[];
}

/**
 * Reads the headers that say who uploads.
 * @throws {Refusal} storageDenied, storageArgument, timestampFormat, malformedRequest
 */
export function readOssClaim(request: WireRequest): OssClaim {
  const text = headerOf(request, 'authorization');
  if (text === undefined)
    throw new Refusal('storageDenied', 'Anonymous access is forbidden for this operation.');
  if (text.length > maxAuthorizationLength) throw badAuthorization();
  const securityToken = headerOf(request, 'x-oss-security-token');
  const token = securityToken === undefined ? {} : { securityToken };
  return text.startsWith('OSS ')
    ? { ...readV1(request, text), ...token }
    : { ...readV4(request, text), ...token };
}

const badAuthorization = () => new Refusal('storageArgument', 'The Authorization header is invalid.');

/** `OSS <AccessKeyId>:<base64>`; x-oss-date goes before Date, as the SDKs for browsers and Node need it. */
function readV1(request: WireRequest, text: string): OssClaim {
  const [, accessKeyId, signature] = /^OSS ([A-Za-z0-9._-]{1,64}):([A-Za-z0-9+/]{27}=)$/.exec(text) ?? [];
  if (accessKeyId === undefined || signature === undefined) throw badAuthorization();
  return { version: 1, accessKeyId, signature, timestampMs: parseHttpDate(dateOf(request)) };
}

const dateOf = (request: WireRequest): string =>
  headerOf(request, 'x-oss-date') ?? headerOf(request, 'date') ?? '';

/** `OSS4-HMAC-SHA256 Credential=<AccessKeyId>/<scope>,[AdditionalHeaders=a;b,]Signature=<hex>` */
function readV4(request: WireRequest, text: string): OssClaim {
  const form =
    /^OSS4-HMAC-SHA256 Credential=([A-Za-z0-9._-]{1,64})\/((\d{8})\/[a-z0-9-]{1,64}\/oss\/aliyun_v4_request), ?(?:AdditionalHeaders=([a-z0-9;-]+), ?)?Signature=([0-9a-f]{64})$/;
  const [, accessKeyId, scope, day, additional, signature] = form.exec(text) ?? [];
  if (accessKeyId === undefined || scope === undefined || signature === undefined) throw badAuthorization();
  if (headerOf(request, 'x-oss-content-sha256') !== 'UNSIGNED-PAYLOAD') {
    throw new Refusal('storageArgument', 'x-oss-content-sha256 must be UNSIGNED-PAYLOAD.');
  }
  const date = headerOf(request, 'x-oss-date') ?? '';
  if (!date.startsWith(`${day}T`)) throw new Refusal('timestampFormat');
  const additionalHeaders = additional === undefined ? [] : additional.split(';');
  if (!isSortedSet(additionalHeaders)) throw badAuthorization();
  return { version: 4, accessKeyId, signature, scope, additionalHeaders, timestampMs: parseBasicDate(date) };
}

const isSortedSet = (names: readonly string[]): boolean =>
  names.every((name, i) => i === 0 || names[i - 1]! < name);

/** `20231203T121212Z` and no other form. */
function parseBasicDate(text: string): number {
  const [, year, month, day, hours, minutes, seconds] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? [];
  const written = `${year}-${month}-${day}T${hours}:${minutes}:${seconds}.000Z`;
  const timestampMs = Date.parse(written);
  if (Number.isNaN(timestampMs) || new Date(timestampMs).toISOString() !== written) {
    throw new Refusal('timestampFormat');
  }
  return timestampMs;
}

/** Whether the holder of the secret signed this request for this object; an empty secret signs nothing. */
export function isOssSigned(
  request: WireRequest,
  address: ObjectAddress,
  claim: OssClaim,
  secret: string,
): boolean {
  if (secret === '') return false;
  const expected =
    claim.version === 1
      ? keyedDigest('sha1', secret, v1StringToSign(request, address), 'base64')
      : v4Signature(v4StringToSign(request, address, claim), claim, secret);
  return isSameDigest(claim.signature, expected);
}

const ossHeaders = (request: WireRequest) => headersNamed(request, (name) => name.startsWith('x-oss-'));

/** Source: help.aliyun.com/document_detail/31951.html. No query is signed, since none is taken. */
function v1StringToSign(request: WireRequest, { bucket, object }: ObjectAddress): string {
  const lines = ['content-md5', 'content-type'].map((name) => headerOf(request, name) ?? '');
  const oss = ossHeaders(request).map(([name, value]) => `${name}:${value}\n`);
  return `${[request.method, ...lines, dateOf(request)].join('\n')}\n${oss.join('')}/${bucket}/${object}`;
}

/** Source: alibabacloud.com/help/en/oss/developer-reference/recommend-to-use-signature-version-4 */
function v4StringToSign(
  request: WireRequest,
  { bucket, object }: ObjectAddress,
  { scope, additionalHeaders }: V4Authorization,
): string {
  const isSigned = (name: string) =>
    name.startsWith('x-oss-') ||
    name === 'content-type' ||
    name === 'content-md5' ||
    additionalHeaders.includes(name);
  const canonicalRequest = [
    request.method,
    `/${bucket}/${object}`.split('/').map(encodeStrictly).join('/'),
    '',
    headersNamed(request, isSigned)
      .map(([name, value]) => `${name}:${value}\n`)
      .join(''),
    additionalHeaders.join(';'),
    'UNSIGNED-PAYLOAD',
  ].join('\n');
  const hash = digest('sha256', canonicalRequest, 'hex');
  return ['OSS4-HMAC-SHA256', headerOf(request, 'x-oss-date') ?? '', scope, hash].join('\n');
}

/** The key is drawn from the secret through each part of the scope. */
function v4Signature(stringToSign: string, { scope }: V4Authorization, secret: string): string {
  const key = scope
    .split('/')
    .reduce<Buffer>(
      (parent, part) => createHmac('sha256', parent).update(part).digest(),
      Buffer.from(`aliyun_v4${secret}`),
    );
  return createHmac('sha256', key).update(stringToSign).digest('hex');
}
