// Translates calls for @alicloud/pop-core's ROAClient, and its answers back.
import { openOfficialClient } from '../../src/cli/official-client.ts';
import type { Call } from '../call.ts';
import { Impossible, serveCalls } from './serve-calls.ts';

interface PopCoreError extends Error {
  readonly code?: string;
  readonly result?: { readonly RequestId?: string };
}

async function request(call: Call): Promise<string> {
  const { endpoint, key, method, path, query, body, headers, version, timeoutMs } = call;
  if (key === null) throw new Impossible('the SDK insists on a key');
  if ('content-md5' in headers) throw new Impossible('the SDK writes the header content-md5 itself');
  const client = openOfficialClient({
    accessKeyId: key.id,
    accessKeySecret: key.secret,
    endpoint,
    ...(key.token === undefined ? {} : { securityToken: key.token }),
    apiVersion: version,
  });
  const given = { ...(body === null ? {} : { 'content-type': 'application/json' }), ...headers };
  return JSON.stringify(await client.request(method, path, query, body ?? '', given, { timeout: timeoutMs }));
}

await serveCalls(request, (error: PopCoreError) => ({
  class: error.name,
  code: error.code ?? null,
  message: error.message,
  requestId: error.result?.RequestId ?? null,
}));
