// Answers what Node's HTTP parser refuses, and what it lets through but RFC 9112 does not, in the gateway's shape.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { answerRefusal } from '../wire/envelope.ts';
import { Refusal } from '../wire/errors.ts';

/** The request of each connection that was received last, while it waits for its answer. */
const unanswered = new WeakMap<Duplex, { request: IncomingMessage; response: ServerResponse }>();

/** Remembers a request until it is answered: what is malformed behind it is answered after it. */
export function awaitAnswer(request: IncomingMessage, response: ServerResponse): void {
  const { socket } = request;
  unanswered.set(socket, { request, response });
  response.once('close', () => {
    if (unanswered.get(socket)?.request === request) unanswered.delete(socket);
  });
}

/** For a server's `clientError`. */
export function refuseMalformed(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const refusal = new Refusal('malformedRequest', reasonOf(error));
  const before = unanswered.get(socket);
  // Its body is whole, so the fault lies behind it; otherwise it is its own.
  if (before?.request.complete) before.response.once('close', () => endWith(socket, refusal));
  else endWith(socket, refusal);
}

/** For a server's `connect`, which Node would hang up on. */
export const refuseConnect = (_: IncomingMessage, socket: Duplex): void =>
  endWith(socket, new Refusal('methodNotSupported', 'CONNECT'));

/**
 * A version and a host, as RFC 9112 sections 2.3 and 3.2 want them; Node answers the latter without a body.
 * @throws {Refusal} malformedRequest
 */
export function checkHost({ httpVersion, rawHeaders }: IncomingMessage): void {
  const hosts = rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'host').length;
  if (httpVersion !== '1.0' && httpVersion !== '1.1') {
    throw new Refusal('malformedRequest', 'it is neither HTTP/1.1 nor HTTP/1.0');
  }
  if (hosts > 1 || (hosts === 0 && httpVersion === '1.1')) {
    throw new Refusal('malformedRequest', 'it needs exactly one Host header');
  }
}

const reasonOf = ({ code }: NodeJS.ErrnoException): string =>
  code === 'HPE_HEADER_OVERFLOW'
    ? 'the headers are too large'
    : code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? 'it took too long'
      : 'it cannot be parsed';

function endWith(socket: Duplex, refusal: Refusal): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const requestId = randomUUID().toUpperCase();
  const { status, body } = answerRefusal(requestId, refusal);
  socket.end(
    `HTTP/1.1 ${status} Bad Request\r\ncontent-type: application/json;charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nx-acs-request-id: ${requestId}\r\nconnection: close\r\n\r\n${body}`,
  );
}
