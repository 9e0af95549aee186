// Opens the sockets: HTTP, HTTPS beside it, and the probes that need no key.

import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { isStorageRequest } from '../wire/oss-address.ts';
import { dispatch, type Gate, type Outcome } from './dispatch.ts';
import { answerPhotograph, isForPhotograph } from './photographs.ts';
import { receiveUpload, type UploadGate } from './receive-upload.ts';
import { awaitAnswer, refuseConnect, refuseMalformed } from './refuse-malformed.ts';

export interface Listening {
  /** URL of the HTTP port. */
  readonly url: string;
  readonly tlsUrl?: string;
  /** Takes no further request, lets those under way end, closes every connection. */
  close(): Promise<void>;
}

export interface Ports {
  readonly host: string;
  readonly port: number;
  readonly tls?: { readonly port: number; readonly cert: Buffer; readonly key: Buffer };
}

export type Observe = (outcome: Outcome & { readonly tookMs: number }) => void;

/** What a slow or hostile caller can hold, ms. A signed request is small and quick. */
const patience = {
  headersTimeout: 10_000,
  requestTimeout: 60_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 5_000,
};

/** Node would answer a missing Host without a body. */
const parsing = { requireHostHeader: false };

/** @throws {Error} when a port cannot be opened; those already open are closed again */
export async function listen(
  ports: Ports,
  gate: Gate & UploadGate,
  observe: Observe,
  timeouts: typeof patience = patience,
): Promise<Listening> {
  const options = { ...timeouts, ...parsing };
  const listener = answerWith(gate, observe);
  const servers: Server[] = [createServer(options, listener)];
  if (ports.tls !== undefined) {
    const { cert, key } = ports.tls;
    servers.push(createTlsServer({ ...options, cert, key, minVersion: 'TLSv1.2' }, listener));
  }
  const close = async () => {
    await Promise.all(servers.filter((server) => server.listening).map(closeServer));
  };
  try {
    for (const [i, server] of servers.entries()) {
      // Bounded by their bytes; Node would drop those past the 2000th without a word.
      server.maxHeadersCount = 0;
      server.on('clientError', refuseMalformed).on('connect', refuseConnect);
      // Expectations other than 100-continue, which Node would refuse without a body, are nobody's here.
      server.on('checkExpectation', listener);
      await openPort(server, i === 0 ? ports.port : ports.tls!.port, ports.host);
    }
  } catch (error) {
    await close();
    throw error;
  }
  const [url, tlsUrl] = servers.map((server, i) => urlOf(server, i === 0 ? 'http' : 'https', ports.host));
  return { url: url!, ...(tlsUrl === undefined ? {} : { tlsUrl }), close };
}

function answerWith(gate: Gate & UploadGate, observe: Observe): RequestListener {
  return (request, response) => {
    const startedAt = performance.now();
    awaitAnswer(request, response);
    if (answerProbe(request, response, gate)) return;
    if (isForPhotograph(request)) {
      answerPhotograph(request, response, gate).then((outcome) =>
        observe({ ...outcome, tookMs: performance.now() - startedAt }),
      );
      return;
    }
    const { method = '', url = '', rawHeaders } = request;
    const isUpload = isStorageRequest({ method, target: url, rawHeaders });
    (isUpload ? receiveUpload : dispatch)(request, gate).then((outcome) => {
      const { requestId, answer, headers } = outcome;
      // Already refused, and its connection ended, where its body was malformed or too slow.
      if (!request.socket.writableEnded) {
        write(response, answer.status, answer.body, { 'x-acs-request-id': requestId, ...headers });
      }
      observe({ ...outcome, tookMs: performance.now() - startedAt });
    });
  };
}

/** `GET /healthz`: the process serves. `GET /readyz`: models and gallery are loaded, or how far that is. */
function answerProbe({ method, url }: IncomingMessage, response: ServerResponse, gate: Gate): boolean {
  if (method !== 'GET' || (url !== '/healthz' && url !== '/readyz')) return false;
  const isOk = url === '/healthz' || gate.gallery() !== undefined;
  const body = isOk ? { status: 'ok' } : { status: 'loading', faces: gate.loading() };
  write(response, isOk ? 200 : 503, JSON.stringify(body));
  return true;
}

function write(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, {
    // The Java SDK refuses any other type.
    'content-type': 'application/json;charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    ...headers,
  });
  response.end(body);
}

const openPort = (server: Server, port: number, host: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });

const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });

function urlOf(server: Server, scheme: string, host: string): string {
  const { port } = server.address() as AddressInfo;
  const shown =
    host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host;
  return `${scheme}://${shown}:${port}`;
}
