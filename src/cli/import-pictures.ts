// Reads the pictures of an import: files that lie where they should, URLs by the rules of the server's own fetching.
import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import pRetry from 'p-retry';
import type { AddressRule } from '../images/addresses.ts';
import { readDataUrl } from '../images/data-url.ts';
import { fetchBytes, isFetchable } from '../images/fetch.ts';
import { Refusal } from '../wire/errors.ts';
import { maxPictureBytes } from '../wire/limits.ts';
import { Problem } from './import-item.ts';

/** Longer than the server allows itself: nobody waits for this one's answer. */
const fetchTimeoutMs = 30_000;

/** Only what may be there the next moment is fetched again. */
const fetchRetries = { retries: 2, minTimeout: 1_000, factor: 3, randomize: true };
const isPassing = (error: unknown): boolean =>
  error instanceof Refusal && (error.refusal === 'downloadTimeout' || error.refusal === 'downloadFailed');

/**
 * A file's bytes; it must be a regular one, really below `root`, of at most 20 MB.
 * @throws {Problem} unreadable
 */
export async function readPictureFile(root: string, path: string): Promise<Buffer> {
  const [base, real] = await Promise.all([realpath(root), realpath(resolve(root, path)).catch(unreadable)]);
  const below = relative(base, real);
  if (below === '..' || below.startsWith(`..${sep}`) || isAbsolute(below)) {
    throw new Problem('unreadable', 'it lies, or a link leads, outside the folder');
  }
  // Not blocking, since a pipe would wait for a writer for ever.
  const file = await open(real, constants.O_RDONLY | constants.O_NONBLOCK).catch(unreadable);
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw new Problem('unreadable', 'it is no regular file');
    if (stat.size > maxPictureBytes) throw new Problem('unreadable', 'it has more than 20 MB');
    if (stat.size === 0) throw new Problem('unreadable', 'it is empty');
    const bytes = Buffer.alloc(stat.size);
    const { bytesRead } = await file.read(bytes, 0, stat.size, 0);
    return bytes.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function unreadable(error: NodeJS.ErrnoException): never {
  const words: Record<string, string> = {
    ENOENT: 'there is no such file',
    EACCES: 'it may not be read',
    ELOOP: 'its links go round in a circle',
  };
  throw new Problem('unreadable', words[error.code ?? ''] ?? `it cannot be opened (${error.code})`);
}

/**
 * What an http, https or data: URL holds, at most 20 MB.
 * @throws {Problem} notFetched
 */
export async function readPictureUrl(text: string, isAllowed: AddressRule): Promise<Buffer> {
  try {
    if (/^data:/i.test(text)) return readDataUrl(text);
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || !isFetchable(url))
      throw new Problem('notFetched', 'it is no http, https or data: URL');
    return await pRetry(() => fetchBytes(url, { isAllowed, timeoutMs: fetchTimeoutMs }), {
      ...fetchRetries,
      shouldRetry: ({ error }) => isPassing(error),
    });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const hint = error.refusal === 'unsafeAddress' ? ' (--allow-fetch-from opens a range)' : '';
    throw new Problem('notFetched', `${error.message}${hint}`);
  }
}
