// Fetches a picture over http or https without being led astray: address, redirects, size and time are all bounded.
import { get as getHttp, type IncomingMessage, type RequestOptions } from 'node:http';
import { get as getHttps } from 'node:https';
import { isIP } from 'node:net';
import { urlToHttpOptions } from 'node:url';
import { Refusal } from '../wire/errors.ts';
import { pictureTimeoutMs } from '../wire/limits.ts';
import { type AddressRule, BlockedAddress, lookUpAllowed, type ResolveName } from './addresses.ts';
import { checkByteLength } from './size.ts';

/** Enough for a short link to a CDN that moves to https; the cloud states none. */
const maxRedirects = 3;

const redirectStatuses = new Set([301, 302, 303, 307, 308]);

export interface FetchRules {
  readonly isAllowed: AddressRule;
  /** From the call to the last byte, redirects and name lookups included, ms. */
  readonly timeoutMs?: number;
  readonly resolve?: ResolveName;
}

/**
 * Fetches what an http or https URL holds, at most 20 MB within 3 s. Sends no cookie, no credential and no referrer,
 * and passes by every proxy: the addresses checked are the addresses connected to.
 * `node:http` itself, since what must be decided (each address, each redirect, each byte) lies below the libraries;
 * request-filtering-agent would bring the address check only.
 * @throws {Refusal} unsafeAddress, addressForbidden, pictureNotFound, downloadFailed, downloadTimeout, pictureTooLarge
 */
export async function fetchBytes(url: URL, rules: FetchRules): Promise<Buffer> {
  const { timeoutMs = pictureTimeoutMs } = rules;
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), timeoutMs);
  try {
    let from = url;
    for (let redirects = 0; redirects <= maxRedirects; redirects++) {
      const answer = await fetchOnce(from, rules, deadline.signal);
      if (!(answer instanceof URL)) return answer;
      from = answer;
    }
    throw new Refusal('downloadFailed', `the address redirects more than ${maxRedirects} times`);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    if (error instanceof BlockedAddress) throw unsafeAddress();
    if (deadline.signal.aborted) {
      throw new Refusal('downloadTimeout', `the picture did not arrive within ${timeoutMs} ms`);
    }
    throw refusalOf(error);
  } finally {
    clearTimeout(timer);
  }
}

/** One message for a blocked address and a blocked name, so that answers do not map the inside network. */
const unsafeAddress = () => new Refusal('unsafeAddress', 'the address of the picture is not allowed');

/** One request: the bytes, or where it redirects to. */
async function fetchOnce(url: URL, rules: FetchRules, signal: AbortSignal): Promise<Buffer | URL> {
  const options = urlToHttpOptions(url);
  // A socket to a literal address makes no lookup, so it is checked here.
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && !rules.isAllowed(host)) throw unsafeAddress();
  const response = await request(url, {
    ...options,
    // A socket of its own: none is shared between addresses that were allowed at different times.
    agent: false,
    lookup: lookUpAllowed(rules.isAllowed, rules.resolve),
    headers: { 'user-agent': 'Lethe', accept: 'image/*', 'accept-encoding': 'identity' },
    signal,
  });
  try {
    if (redirectStatuses.has(response.statusCode ?? 0)) return redirectTarget(url, response);
    checkStatus(response.statusCode ?? 0);
    return await readBody(response);
  } finally {
    response.destroy();
  }
}

function request(url: URL, options: RequestOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const get = url.protocol === 'https:' ? getHttps : getHttp;
    get(options, resolve).on('error', reject);
  });
}

function redirectTarget(url: URL, { headers }: IncomingMessage): URL {
  const { location } = headers;
  if (location === undefined || !URL.canParse(location, url.href)) {
    throw new Refusal('downloadFailed', 'the address redirects to nowhere');
  }
  const target = new URL(location, url);
  if (!isFetchable(target)) throw unsafeAddress();
  return target;
}

/** Whether a URL is http or https and carries no user name or password. */
export const isFetchable = ({ protocol, username, password }: URL): boolean =>
  (protocol === 'http:' || protocol === 'https:') && username === '' && password === '';

function checkStatus(status: number): void {
  if (status === 200) return;
  if (status === 401 || status === 403) {
    throw new Refusal('addressForbidden', `the picture's server answered HTTP ${status}`);
  }
  if (status === 404 || status === 410) {
    throw new Refusal('pictureNotFound', `the picture's server answered HTTP ${status}`);
  }
  throw new Refusal('downloadFailed', `the picture's server answered HTTP ${status}`);
}

async function readBody(response: IncomingMessage): Promise<Buffer> {
  // Inflating what was not asked for is how a small answer becomes a huge one.
  const encoding = response.headers['content-encoding'] ?? 'identity';
  if (encoding !== '' && encoding.toLowerCase() !== 'identity') {
    throw new Refusal('downloadFailed', "the picture's server answered with a compressed body");
  }
  checkByteLength(Number(response.headers['content-length'] ?? 0));
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    // Counted, since the declared length may lie or be missing.
    checkByteLength(length);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

/** Network faults carry a code; anything else is a fault of ours and stays one. */
function refusalOf(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  if (code === undefined) return error;
  if (code === 'ENOTFOUND' || code.startsWith('EAI_')) {
    return new Refusal('downloadFailed', 'the host name of the address is not known');
  }
  if (/CERT|^ERR_TLS|^UNABLE_TO/.test(code)) {
    return new Refusal('downloadFailed', "the certificate of the picture's server is not trusted");
  }
  return new Refusal('downloadFailed', "the connection to the picture's server failed");
}
