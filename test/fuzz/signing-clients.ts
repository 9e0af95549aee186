// The official Node clients, each signing what it is asked to, and what they put on the wire.
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import OpenApiClient from '@alicloud/openapi-client';
import OpenApiCore from '@alicloud/openapi-core';
import TeaUtil from '@alicloud/tea-util';
import Darabonba from '@darabonba/typescript';
import type { WireRequest } from '../../src/wire/request.ts';
import { accessKeyId, accessKeySecret } from '../wire/vectors.ts';

export interface Asked {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  /** Any JSON. */
  readonly body: unknown;
  readonly securityToken: string | undefined;
}

export type SendSigned = (asked: Asked, endpoint: URL) => Promise<unknown>;

interface RoaClient {
  request(method: string, path: string, query: object, body: string, headers: object): Promise<unknown>;
}
// Its types describe its other client only.
const { ROAClient } = createRequire(import.meta.url)('@alicloud/pop-core') as {
  ROAClient: new (settings: object) => RoaClient;
};

const keyOf = ({ securityToken }: Asked) => ({
  accessKeyId,
  accessKeySecret,
  ...(securityToken === undefined ? {} : { securityToken }),
});

const sendThroughPopCore: SendSigned = (asked, endpoint) =>
  new ROAClient({ ...keyOf(asked), endpoint: endpoint.origin, apiVersion: '2018-05-09' }).request(
    'POST',
    asked.path,
    asked.query,
    JSON.stringify(asked.body),
    asked.headers,
  );

const configOf = (asked: Asked, endpoint: URL, signature: object) => ({
  ...keyOf(asked),
  endpoint: endpoint.host,
  protocol: 'http',
  ...signature,
});
const paramsOf = ({ path }: Asked) => ({
  action: 'DeleteFaces',
  version: '2018-05-09',
  protocol: 'http',
  method: 'POST',
  authType: 'AK',
  style: 'ROA',
  pathname: path,
  reqBodyType: 'json',
  bodyType: 'json',
});
const requestOf = ({ query, headers, body }: Asked) => ({
  query: { ...query },
  headers: { ...headers },
  body,
});

const sendThroughClient =
  (signature: object): SendSigned =>
  (asked, endpoint) => {
    const { default: Client, Config, OpenApiRequest, Params } = OpenApiClient;
    return new Client(new Config(configOf(asked, endpoint, signature))).callApi(
      new Params(paramsOf(asked)),
      new OpenApiRequest(requestOf(asked)),
      new TeaUtil.RuntimeOptions({}),
    );
  };

const sendThroughCore =
  (signature: object): SendSigned =>
  (asked, endpoint) => {
    const { default: Client, $OpenApiUtil } = OpenApiCore;
    return new Client(new $OpenApiUtil.Config(configOf(asked, endpoint, signature))).callApi(
      new $OpenApiUtil.Params(paramsOf(asked)),
      new $OpenApiUtil.OpenApiRequest(requestOf(asked)),
      new Darabonba.RuntimeOptions({}),
    );
  };

/** 'v2' is the Tea clients' name for ROA with HMAC-SHA1; without it they sign ACS3. */
const roa = { signatureAlgorithm: 'v2' };

export const clients: Readonly<Record<string, SendSigned>> = {
  'pop-core, ROA': sendThroughPopCore,
  'openapi-client, ROA': sendThroughClient(roa),
  'openapi-client, ACS3': sendThroughClient({}),
  'openapi-core, ROA': sendThroughCore(roa),
  'openapi-core, ACS3': sendThroughCore({}),
};

export interface Capture {
  /** Sends through a client, and answers what arrived. */
  send(client: SendSigned, asked: Asked): Promise<WireRequest>;
  close(): void;
}

async function receive(request: IncomingMessage): Promise<WireRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const { method = '', url = '', rawHeaders } = request;
  return { method, target: url, rawHeaders, body: Buffer.concat(chunks) };
}

/** A server on loopback that answers everything with success. */
export async function openCapture(): Promise<Capture> {
  let last: WireRequest | undefined;
  const server = createServer(async (request, response) => {
    last = await receive(request);
    response.writeHead(200, { 'content-type': 'application/json;charset=utf-8' }).end('{"code":200}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return {
    async send(client, asked) {
      last = undefined;
      await client(asked, endpoint);
      if (last === undefined) throw new Error('nothing arrived');
      return last;
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
