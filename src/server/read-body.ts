// Reads a request's body up to a limit.
import type { IncomingMessage } from 'node:http';
import { Refusal } from '../wire/errors.ts';

/**
 * Reads the whole body, chunked or counted.
 * @throws {Refusal} bodyTooLarge as soon as more than `mostBytes` were declared or have come
 * @throws {Refusal} malformedRequest when the caller hangs up halfway
 */
export async function readBody(request: IncomingMessage, mostBytes: number): Promise<Buffer> {
  const tooLarge = () => new Refusal('bodyTooLarge', String(mostBytes));
  if (Number(request.headers['content-length'] ?? 0) > mostBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > mostBytes) throw tooLarge();
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal('malformedRequest', 'the body ended early');
  }
  return Buffer.concat(chunks, length);
}
