// The official Node client, as an independent reference: what it sends over a real socket is accepted.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import fc from 'fast-check';
import type { WireRequest } from '../../src/wire/request.ts';
import { accessKeyId, accessKeySecret, refusalOf } from './vectors.ts';

type Query = Record<string, string | readonly string[]>;
interface RoaClient {
  request(method: string, path: string, query: Query, body: string, headers: object): Promise<unknown>;
}
type Settings = Record<'accessKeyId' | 'accessKeySecret' | 'endpoint' | 'apiVersion', string>;
// Its types describe its other client only.
const { ROAClient } = createRequire(import.meta.url)('@alicloud/pop-core') as {
  ROAClient: new (settings: Settings) => RoaClient;
};

async function receive(request: IncomingMessage): Promise<WireRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const { method = '', url = '', rawHeaders } = request;
  return { method, target: url, rawHeaders, body: Buffer.concat(chunks) };
}

// Answers 200 to a verified request and the gateway's refusal to any other.
const server = createServer(async (request, response) => {
  const refusal = refusalOf(await receive(request));
  response.writeHead(refusal?.status ?? 200, { 'content-type': 'application/json;charset=utf-8' });
  response.end(
    JSON.stringify(refusal === undefined ? { code: 200 } : { Code: refusal.code, Message: refusal.message }),
  );
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
after(() => {
  server.close();
  server.closeAllConnections();
});

const clientWith = (secret: string): RoaClient =>
  new ROAClient({
    accessKeyId,
    accessKeySecret: secret,
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    apiVersion: '2018-05-09',
  });

test('whatever query, body and headers the official client signs are accepted', async () => {
  const client = clientWith(accessKeySecret);
  const text = fc.string({ unit: 'binary', maxLength: 20 });
  const list = fc.array(text, { minLength: 2, maxLength: 3 });
  const query = fc.dictionary(text, fc.oneof({ weight: 4, arbitrary: text }, list), { maxKeys: 5 });
  const headers = fc.dictionary(
    fc.stringMatching(/^X-Acs-Q[a-z]{1,5}$/),
    fc.stringMatching(/^[ \t!-~]{0,20}$/),
    { maxKeys: 3 },
  );
  const contentType = fc.constantFrom({}, { 'content-type': 'application/json; charset=utf-8' });
  await fc.assert(
    fc.asyncProperty(query, text, headers, contentType, async (asked, body, extra, type) => {
      const answer = await client.request('POST', '/green/sface/face/delete', asked, body, {
        ...extra,
        ...type,
      });
      assert.deepEqual({ ...(answer as object) }, { code: 200 });
    }),
    { numRuns: 150 },
  );
});

test('the official client told a wrong secret reads SignatureDoesNotMatch and the text to sign', async () => {
  const call = clientWith('wrong').request('POST', '/green/sface/groups', { ClientInfo: '{}' }, '{}', {});
  await assert.rejects(call, (error: Error & { code: string }) => {
    assert.equal(error.code, 'SignatureDoesNotMatch');
    assert.match(
      error.message,
      /server string to sign is:POST\napplication\/json\n[\s\S]*\n\/green\/sface\/groups\?ClientInfo=\{\}/,
    );
    return true;
  });
});
