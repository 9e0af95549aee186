// Sends a form to an address that a caller named: only where the operator allows, once, and for a few seconds at most.
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import { urlToHttpOptions } from 'node:url';
import type { CallbackSender } from '../gallery/ports.ts';
import { Refusal } from '../wire/errors.ts';
import { callbackTimeoutMs, maxUrlLength } from '../wire/limits.ts';

export interface CallbackRules {
  /** Says whether an IP address may be connected to. */
  readonly isAllowed: (address: string) => boolean;
  /** Hands on allowed addresses only: the socket connects to what it answers, without asking again. */
  readonly lookup: LookupFunction;
  /** From the call to the answer's head, name lookup included, ms. */
  readonly timeoutMs?: number;
}

/** Follows no redirect, passes by every proxy, and sends nothing but the form. */
export function openCallbackSender(rules: CallbackRules): CallbackSender {
  const { timeoutMs = callbackTimeoutMs } = rules;
  return {
    check: (url) => {
      readAddress(url, rules);
    },
    post: async (url, writeForm, signal) => {
      const deadline = new AbortController();
      const end = () => deadline.abort();
      const timer = setTimeout(end, timeoutMs);
      signal.addEventListener('abort', end);
      try {
        return (await postForm(readAddress(url, rules), writeForm, rules.lookup, deadline.signal)) === 200;
      } catch {
        // The caller's server, or the way to it: whatever failed, it was not answered.
        return false;
      } finally {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
      }
    },
  };
}

/** @throws {Refusal} badRequest, unsafeAddress */
function readAddress(text: string, { isAllowed }: CallbackRules): URL {
  if (text.length > maxUrlLength) {
    throw new Refusal('badRequest', `callback: must have at most ${maxUrlLength} characters`);
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new Refusal('badRequest', 'callback: must be an http or https URL');
  }
  if (url.username !== '' || url.password !== '') {
    throw new Refusal('badRequest', 'callback: must not hold a user name or password');
  }
  // A socket to a literal address makes no lookup, so it is checked here.
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && !isAllowed(host)) {
    throw new Refusal('unsafeAddress', 'the address of the callback is not allowed');
  }
  return url;
}

/** @returns the status answered; rejects where there is none */
function postForm(
  url: URL,
  writeForm: () => string | undefined,
  lookup: LookupFunction,
  signal: AbortSignal,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const isSecure = url.protocol === 'https:';
    const request = (isSecure ? requestHttps : requestHttp)({
      ...urlToHttpOptions(url),
      method: 'POST',
      // A socket of its own: none is shared between addresses that were allowed at different times.
      agent: false,
      lookup,
      headers: {
        'user-agent': 'Lethe',
        'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
      },
      signal,
    });
    const send = () => {
      try {
        const form = writeForm();
        if (form === undefined) throw new Error('there is nothing to send any more');
        request.setHeader('content-length', Buffer.byteLength(form));
        request.end(form);
      } catch (error) {
        request.destroy(error as Error);
      }
    };
    request
      .on('socket', (socket: Socket) => socket.once(isSecure ? 'secureConnect' : 'connect', send))
      .on('error', reject)
      .on('response', (response) => {
        resolve(response.statusCode ?? 0);
        response.destroy();
      });
  });
}
