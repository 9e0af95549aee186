// Signs requests under ACS3 as its description says, apart from the code under test.
import { constants, createHash, createHmac, sign } from 'node:crypto';
import type { WireRequest } from '../../src/wire/request.ts';
import { accessKeyId, accessKeySecret } from './vectors.ts';

export interface Acs3Call {
  readonly algorithm?: string;
  readonly keyId?: string;
  readonly secret?: string;
  /** Signs with RSA instead of an HMAC. */
  readonly privateKey?: string;
  readonly method?: string;
  readonly path?: string;
  readonly query?: readonly (readonly [key: string, value: string])[];
  /** As it stands in the URL; the query in strict encoding where not given. */
  readonly rawQuery?: string;
  /** Over the usual ones, names in lower case; undefined takes one away. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** Names not to sign. */
  readonly unsigned?: readonly string[];
  readonly body?: Uint8Array;
  /** Hash of the body as declared, where it is not the true one. */
  readonly payloadHash?: string;
}

const escapeByte = (byte: number): string => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
const isUnreserved = (byte: number): boolean => /[A-Za-z0-9\-._~]/.test(String.fromCharCode(byte));

/** RFC 3986, byte by byte. */
export const encode = (text: string): string =>
  [...Buffer.from(text)]
    .map((byte) => (isUnreserved(byte) ? String.fromCharCode(byte) : escapeByte(byte)))
    .join('');

export function sendAcs3(call: Acs3Call = {}): WireRequest {
  const { algorithm = 'ACS3-HMAC-SHA256', method = 'POST', path = '/green/sface/face/delete' } = call;
  const { query = [], body = Buffer.from('{}'), unsigned = [] } = call;
  const hash = algorithm.endsWith('SM3') ? 'sm3' : 'sha256';
  const hashed = (data: string | Uint8Array) => createHash(hash).update(data).digest('hex');
  const payloadHash = call.payloadHash ?? hashed(body);
  const all: Record<string, string | undefined> = {
    host: '127.0.0.1:8080',
    'content-type': 'application/json',
    'x-acs-version': '2018-05-09',
    'x-acs-action': 'DeleteFaces',
    'x-acs-date': '2026-11-24T10:56:56Z',
    'x-acs-signature-nonce': '1b25e9d157ccf73408c4d35d6ab3b09d',
    'x-acs-content-sha256': payloadHash,
    ...call.headers,
  };
  const headers = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const signed = headers.filter(([name]) => !unsigned.includes(name)).sort(([a], [b]) => (a < b ? -1 : 1));
  const names = signed.map(([name]) => name).join(';');
  const strict = [...query]
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, value]) => `${encode(key)}=${encode(value)}`)
    .join('&');
  const lines = signed.map(([name, value]) => `${name}:${value}\n`).join('');
  const canonical = `${method}\n${path}\n${strict}\n${lines}\n${names}\n${payloadHash}`;
  const text = `${algorithm}\n${hashed(canonical)}`;
  const signature =
    call.privateKey === undefined
      ? createHmac(hash, call.secret ?? accessKeySecret)
          .update(text)
          .digest('hex')
      : sign(hash, Buffer.from(text), {
          key: call.privateKey,
          padding: constants.RSA_PKCS1_PADDING,
        }).toString('hex');
  const authorization = `${algorithm} Credential=${call.keyId ?? accessKeyId},SignedHeaders=${names},Signature=${signature}`;
  const rawQuery = call.rawQuery ?? strict;
  return {
    method,
    target: rawQuery === '' ? path : `${path}?${rawQuery}`,
    rawHeaders: [...headers.flat(), 'Authorization', authorization],
    body,
  };
}
