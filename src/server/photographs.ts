// Answers `GET /lethe/v1/photos/<token>`: a kept photograph, to whoever holds a token that GetFaces gave out.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { KeptPhotograph } from '../gallery/ports.ts';
import { answerRefusal } from '../wire/envelope.ts';
import { Refusal } from '../wire/errors.ts';
import { photographPath } from '../wire/photograph-path.ts';
import type { Gate, Outcome } from './dispatch.ts';

/** Longer than any token. */
const maxTokenLength = 256;

/** Sent at a time; before each, the face must still be there. */
const chunkBytes = 64 * 1024;

/** How long one answer may take to be read: what a slow caller does not read must not hold up a stop. */
const sendTimeoutMs = 60_000;

const headers = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  // The page that shows it must not tell its address, which opens it, to whoever it links to.
  'referrer-policy': 'no-referrer',
};

export const isForPhotograph = ({ method, url = '' }: IncomingMessage): boolean =>
  method === 'GET' && url.startsWith(photographPath);

/** Whatever is wrong with a token, the answer is the same. Never rejects. */
export async function answerPhotograph(
  { url = '' }: IncomingMessage,
  response: ServerResponse,
  { gallery }: Pick<Gate, 'gallery'>,
): Promise<Outcome> {
  const about = { requestId: randomUUID().toUpperCase(), action: 'photograph' };
  try {
    const photograph = await find(gallery(), url.slice(photographPath.length));
    const { bytes, mediaType } = photograph;
    response.writeHead(200, {
      ...headers,
      'content-type': mediaType,
      'content-length': bytes.length,
      'x-acs-request-id': about.requestId,
    });
    await send(photograph, response);
    return { ...about, answer: { status: 200, body: '' } };
  } catch (error) {
    const refusal = error instanceof Refusal ? error : new Refusal('internalError');
    const answer = answerRefusal(about.requestId, refusal);
    if (!response.headersSent) refuse(response, about.requestId, answer);
    const failure = error instanceof Refusal ? {} : { failure: error };
    return { ...about, ...failure, refusal: refusal.refusal, answer };
  }
}

/** @throws {Refusal} unavailable, photographNotFound */
async function find(gallery: ReturnType<Gate['gallery']>, token: string) {
  if (gallery === undefined) throw new Refusal('unavailable');
  const photograph = token.length > maxTokenLength ? undefined : await gallery.openPhotograph(token);
  if (photograph === undefined) throw new Refusal('photographNotFound');
  return photograph;
}

/** Breaks off where the face is deleted meanwhile, or the caller goes or dawdles: none of these is a failure of ours. */
async function send(photograph: KeptPhotograph, response: ServerResponse): Promise<void> {
  const chunks = Readable.from(chunksOf(photograph), { objectMode: false });
  try {
    await pipeline(chunks, response, { signal: AbortSignal.timeout(sendTimeoutMs) });
  } catch {
    throw new Refusal('photographNotFound');
  } finally {
    photograph.bytes.fill(0);
  }
}

function* chunksOf({ bytes, isKept }: KeptPhotograph): Iterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    // Thrown, so that the connection is cut: the answer is shorter than its head said.
    if (!isKept()) throw new Refusal('photographNotFound');
    yield bytes.subarray(at, at + chunkBytes);
  }
}

function refuse(response: ServerResponse, requestId: string, { status, body }: Outcome['answer']): void {
  response.writeHead(status, {
    ...headers,
    'content-type': 'application/json;charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'x-acs-request-id': requestId,
  });
  response.end(body);
}
