// Signs puts as the object storage's documentation says, apart from the code under test.
import { createHash, createHmac } from 'node:crypto';
import type { WireRequest } from '../../src/wire/request.ts';
import { encode } from './acs3-client.ts';

export interface OssPut {
  readonly version: 1 | 4;
  readonly accessKeyId: string;
  readonly secret: string;
  readonly bucket?: string;
  readonly object: string;
  readonly date: Date;
  readonly method?: string;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Signed under version 4 though they need not be. */
  readonly additionalHeaders?: readonly string[];
}

/** The request in path style, without a body. */
export function signOssPut(put: OssPut): WireRequest {
  const { version, accessKeyId, bucket = 'lethe-uploads', object, method = 'PUT' } = put;
  const target = `/${bucket}/${object.split('/').map(encode).join('/')}`;
  const headers = { host: '127.0.0.1', ...put.headers, ...(version === 1 ? v1Date(put) : v4Date(put)) };
  const authorization =
    version === 1
      ? `OSS ${accessKeyId}:${v1Signature(put, headers, `/${bucket}/${object}`, method)}`
      : v4Authorization(put, headers, target, method);
  const rawHeaders = Object.entries({ ...headers, authorization }).flat();
  return { method, target, rawHeaders, body: new Uint8Array() };
}

type Headers = Readonly<Record<string, string>>;

const v1Date = ({ date }: OssPut) => ({ date: date.toUTCString() });
const v4Date = ({ date }: OssPut) => ({
  'x-oss-date': date.toISOString().replaceAll(/[-:]|\.\d+/g, ''),
  'x-oss-content-sha256': 'UNSIGNED-PAYLOAD',
});

const sortedLines = (headers: Headers, isWanted: (name: string) => boolean): string =>
  Object.keys(headers)
    .filter(isWanted)
    .sort()
    .map((name) => `${name}:${headers[name]!.trim()}\n`)
    .join('');

function v1Signature({ secret }: OssPut, headers: Headers, resource: string, method: string): string {
  const standard = ['content-md5', 'content-type'].map((name) => headers[name] ?? '');
  const date = headers['x-oss-date'] ?? headers.date;
  const oss = sortedLines(headers, (name) => name.startsWith('x-oss-'));
  return createHmac('sha1', secret)
    .update(`${method}\n${standard.join('\n')}\n${date}\n${oss}${resource}`)
    .digest('base64');
}

function v4Authorization(put: OssPut, headers: Headers, path: string, method: string): string {
  const { secret, accessKeyId, additionalHeaders = [] } = put;
  const added = additionalHeaders.join(';');
  const isSigned = (name: string) =>
    /^(?:x-oss-.*|content-type|content-md5)$/.test(name) || additionalHeaders.includes(name);
  const canonical = `${method}\n${path}\n\n${sortedLines(headers, isSigned)}\n${added}\nUNSIGNED-PAYLOAD`;
  const date = headers['x-oss-date']!;
  const scope = [date.slice(0, 8), 'cn-shanghai', 'oss', 'aliyun_v4_request'];
  const hash = createHash('sha256').update(canonical).digest('hex');
  let key: Buffer | string = `aliyun_v4${secret}`;
  for (const part of scope) key = createHmac('sha256', key).update(part).digest();
  const text = `OSS4-HMAC-SHA256\n${date}\n${scope.join('/')}\n${hash}`;
  const signature = createHmac('sha256', key).update(text).digest('hex');
  const names = added === '' ? '' : `AdditionalHeaders=${added},`;
  return `OSS4-HMAC-SHA256 Credential=${accessKeyId}/${scope.join('/')},${names}Signature=${signature}`;
}
