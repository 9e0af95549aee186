// Opens the sockets: HTTP, HTTPS beside it, and the probes that need no key.

import { randomUUID } from 'node:crypto';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { answerRefusal } from '../wire/envelope.ts';
import { Refusal } from '../wire/errors.ts';
import { isStorageRequest } from '../wire/oss-address.ts';
import { dispatch, type Gate, type Outcome } from './dispatch.ts';
import { answerPhotograph, isForPhotograph } from './photographs.ts';
import { receiveUpload, type UploadGate } from './receive-upload.ts';

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

// A signed request is small and quick; these bound what a slow or hostile caller can hold.
const timeouts = { headersTimeout: 10_000, requestTimeout: 60_000, keepAliveTimeout: 65_000 };

/** @throws {Error} when a port cannot be opened; those already open are closed again */
export async function listen(ports: Ports, gate: Gate & UploadGate, observe: Observe): Promise<Listening> {
  const listener = answerWith(gate, observe);
  const servers: Server[] = [createServer(timeouts, listener)];
  if (ports.tls !== undefined) {
    const { cert, key } = ports.tls;
    servers.push(createTlsServer({ ...timeouts, cert, key, minVersion: 'TLSv1.2' }, listener));
  }
  const close = async () => {
    await Promise.all(servers.filter((server) => server.listening).map(closeServer));
  };
  try {
    for (const [i, server] of servers.entries()) {
      server.on('clientError', refuseMalformed);
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
      write(response, answer.status, answer.body, { 'x-acs-request-id': requestId, ...headers });
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

/** What Node's parser refuses still gets the gateway's shape. */
function refuseMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const reason =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? 'the headers are too large'
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? 'it took too long'
        : 'it cannot be parsed';
  const requestId = randomUUID().toUpperCase();
  const { status, body } = answerRefusal(requestId, new Refusal('malformedRequest', reason));
  socket.end(
    `HTTP/1.1 ${status} Bad Request\r\ncontent-type: application/json;charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nx-acs-request-id: ${requestId}\r\nconnection: close\r\n\r\n${body}`,
  );
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
