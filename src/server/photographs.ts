// Answers `GET /lethe/v1/photos/<token>`: a kept photograph, to whoever holds a token that GetFaces gave out.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { photographPath } from '../wire/photograph-path.ts';
import type { Gate } from './dispatch.ts';

/** Longer than any token. */
const maxTokenLength = 256;

/** False when the request is for something else. Whatever is wrong with a token, the answer is the same. */
export function answerPhotograph(
  { method, url = '' }: IncomingMessage,
  response: ServerResponse,
  { gallery }: Pick<Gate, 'gallery'>,
): boolean {
  if (method !== 'GET' || !url.startsWith(photographPath)) return false;
  const token = url.slice(photographPath.length);
  const reading = token.length > maxTokenLength ? undefined : gallery()?.readPhotograph(token);
  Promise.resolve(reading).then(
    (photograph) => write(response, photograph),
    // A file that cannot be read is, to a stranger, one that is not there.
    () => write(response, undefined),
  );
  return true;
}

function write(response: ServerResponse, photograph?: { bytes: Uint8Array; mediaType: string }): void {
  const headers = {
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'content-length': photograph?.bytes.length ?? 0,
  };
  if (photograph === undefined) response.writeHead(404, headers).end();
  else response.writeHead(200, { ...headers, 'content-type': photograph.mediaType }).end(photograph.bytes);
}
