// Translates calls for the generic call of @alicloud/openapi-client or @alicloud/openapi-core, and its answers back.
// Arguments: which of the two, and the signature: roa or acs3.
import OpenApiClient from '@alicloud/openapi-client';
import OpenApiCore from '@alicloud/openapi-core';
import TeaUtil from '@alicloud/tea-util';
import Darabonba from '@darabonba/typescript';
import type { Call } from '../call.ts';
import { serveCalls } from './serve-calls.ts';

const [, , packageName, signature] = process.argv;

interface OpenApiError extends Error {
  readonly code?: string;
  readonly requestId?: string;
  readonly data?: { readonly RequestId?: string };
}

// 'v2' is the SDKs' name for ROA with HMAC-SHA1; without it they sign ACS3.
const algorithm = signature === 'roa' ? { signatureAlgorithm: 'v2' } : {};

const configOf = ({ endpoint, key, timeoutMs }: Call) => ({
  endpoint: new URL(endpoint).host,
  protocol: new URL(endpoint).protocol.slice(0, -1),
  // Theirs of 5 s counts until the answer begins.
  connectTimeout: timeoutMs,
  readTimeout: timeoutMs,
  ...algorithm,
  ...(key === null ? {} : { accessKeyId: key.id, accessKeySecret: key.secret }),
  ...(key?.token === undefined ? {} : { securityToken: key.token }),
});

const paramsOf = ({ endpoint, key, method, action, path, version }: Call) => ({
  action,
  version,
  protocol: new URL(endpoint).protocol.slice(0, -1),
  method,
  authType: key === null ? 'Anonymous' : 'AK',
  style: 'ROA',
  pathname: path,
  reqBodyType: 'json',
  bodyType: 'json',
});

const requestOf = ({ query, headers, body }: Call) => ({
  query: { ...query },
  headers: { ...headers },
  ...(body === null ? {} : { body: JSON.parse(body) }),
});

function callThroughClient(call: Call): Promise<{ readonly [part: string]: unknown }> {
  const { default: Client, Config, OpenApiRequest, Params } = OpenApiClient;
  return new Client(new Config(configOf(call))).callApi(
    new Params(paramsOf(call)),
    new OpenApiRequest(requestOf(call)),
    new TeaUtil.RuntimeOptions({}),
  );
}

function callThroughCore(call: Call): Promise<{ readonly [part: string]: unknown }> {
  const { default: Client, $OpenApiUtil } = OpenApiCore;
  return new Client(new $OpenApiUtil.Config(configOf(call))).callApi(
    new $OpenApiUtil.Params(paramsOf(call)),
    new $OpenApiUtil.OpenApiRequest(requestOf(call)),
    new Darabonba.RuntimeOptions({}),
  );
}

const request = packageName === 'openapi-core' ? callThroughCore : callThroughClient;

await serveCalls(
  async (call) => JSON.stringify((await request(call)).body),
  (error: OpenApiError) => ({
    class: error.constructor.name,
    code: error.code ?? null,
    message: error.message,
    requestId: error.requestId ?? error.data?.RequestId ?? null,
  }),
);
