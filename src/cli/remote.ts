// A Green service as the import asks it: each call signed, paced, and repeated where the service says "later".
import { setTimeout as pause } from 'node:timers/promises';
import pRetry from 'p-retry';
import type { Operation } from '../operations/operation.ts';
import { Throttle } from '../server/throttle.ts';
import { parseJson } from '../wire/json.ts';
import { type SigningKey, sendSigned, Unreachable } from './signed-request.ts';

/** The service answered, and did not do it. The message is for a report, since the service chose its words. */
export class CallRefused extends Error {
  /** The gateway's word or the service's number. */
  readonly code: string;
  /** What the service asked to wait, ms. */
  readonly retryAfterMs: number;

  constructor(code: string, message: string, retryAfterMs = 0) {
    super(message);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

/** It is not known whether the call was carried out. */
export class AnswerLost extends Error {}

// Over the limit the gateway answers Throttling, Throttling.User or Throttling.Api, the service 588:
// help.aliyun.com/document_detail/53414.html and the SDKs.
const isThrottled = (code: string): boolean => code.startsWith('Throttling') || code === '588';

/** Refused before the service looked at it. */
const isUnavailable = (code: string): boolean => code === 'ServiceUnavailable' || code === '503';

/** Faults of the moment: the gateway's InternalError; general, database, timeout, cache, queue and pool faults. */
const isPassing = (code: string): boolean =>
  ['InternalError', '500', '580', '581', '585', '587', '591'].includes(code);

/** A minute and a half in all: a restart passes, a service that is gone for good is said so. */
const retryOptions = { retries: 8, minTimeout: 1_000, factor: 2, maxTimeout: 15_000, randomize: true };

/** No service may hold the import longer with one answer. */
const maxRetryAfterMs = 60_000;

/** How often a call looks whether its turn has come, ms. */
const turnMs = 20;

type Callable = Pick<Operation, 'path' | 'qps'>;

export class Remote {
  readonly endpoint: string;
  readonly #key: SigningKey;
  readonly #callsASecond: number | undefined;
  readonly #throttle = new Throttle();
  readonly #throttled = new Set<string>();

  /**
   * @param callsASecond of all operations together; without it each operation runs free until the service throttles it,
   * and at its documented rate from then on
   */
  constructor(endpoint: string, key: SigningKey, callsASecond?: number) {
    this.endpoint = endpoint;
    this.#key = key;
    this.#callsASecond = callsASecond;
  }

  /**
   * Calls an operation until it is done or refused for good.
   * @param isRepeatable whether doing it twice is as good as once
   * @returns the answer's `data`, unread: it is another service's
   * @throws {CallRefused} with the service's own words
   * @throws {AnswerLost} for a call that is not repeatable, once it may have been carried out
   * @throws {Unreachable} when nobody answers for a minute and a half
   */
  call(operation: Callable, body: object, isRepeatable = true): Promise<Readonly<Record<string, unknown>>> {
    const bytes = Buffer.from(JSON.stringify(body));
    return pRetry(() => this.#callOnce(operation, bytes, isRepeatable), {
      ...retryOptions,
      shouldRetry: ({ error }) => isWorthAnother(error, isRepeatable),
      onFailedAttempt: async ({ error }) => {
        if (error instanceof CallRefused) await pause(error.retryAfterMs);
      },
    });
  }

  /** One call without patience, to know at once whether the service can be used at all. */
  async probe(operation: Callable): Promise<Readonly<Record<string, unknown>>> {
    try {
      return await this.#callOnce(operation, Buffer.from('{}'), true);
    } catch (error) {
      if (!(error instanceof CallRefused)) throw error;
      if (isThrottled(error.code)) return this.call(operation, {});
      throw new Error(`${this.endpoint} refuses the call: ${error.code}${hintOf(error.code)}`);
    }
  }

  async #callOnce(operation: Callable, bytes: Buffer<ArrayBuffer>, isRepeatable: boolean) {
    const { path } = operation;
    await this.#takeTurn(operation);
    try {
      const response = await sendSigned(new URL(path, this.endpoint), bytes, this.#key);
      return readAnswer(response.status, response.headers, await response.text());
    } catch (error) {
      if (error instanceof CallRefused) {
        if (isThrottled(error.code)) this.#throttled.add(path);
        if (isRepeatable || !isPassing(error.code)) throw error;
      } else if (isRepeatable || (error instanceof Unreachable && error.isUnsent)) {
        throw error instanceof Unreachable ? error : new Unreachable(`${this.endpoint} broke off`, false);
      }
      throw new AnswerLost(`${this.endpoint} did not say what became of a call`);
    }
  }

  async #takeTurn({ path, qps }: Callable): Promise<void> {
    if (this.#callsASecond === undefined && !this.#throttled.has(path)) return;
    const [key, perSecond] = this.#callsASecond === undefined ? [path, qps] : ['', this.#callsASecond];
    while (!this.#throttle.take(key, perSecond, performance.now())) await pause(turnMs);
  }
}

function isWorthAnother(error: Error, isRepeatable: boolean): boolean {
  if (error instanceof Unreachable) return isRepeatable || error.isUnsent;
  if (!(error instanceof CallRefused)) return false;
  return isThrottled(error.code) || isUnavailable(error.code) || (isRepeatable && isPassing(error.code));
}

function readAnswer(status: number, headers: Headers, text: string): Readonly<Record<string, unknown>> {
  let answer: Record<string, unknown>;
  try {
    answer = Object(parseJson(text));
  } catch {
    throw new CallRefused(`HTTP ${status}`, 'the answer is not JSON: is this a Green endpoint?');
  }
  if (answer.code === 200) return Object(answer.data);
  const code = String(answer.Code ?? answer.code ?? `HTTP ${status}`);
  // The gateway's words about a signature repeat what was signed, a token included.
  const words = /Signature/i.test(code) ? '' : String(answer.Message ?? answer.msg ?? '');
  const retryAfterMs = Math.min(Number(headers.get('x-acs-retry-after')) || 0, maxRetryAfterMs);
  throw new CallRefused(code, words === '' ? code : words, retryAfterMs);
}

const hintOf = (code: string): string => {
  if (code === 'SignatureDoesNotMatch') return ': the AccessKey secret is another';
  if (code.startsWith('InvalidAccessKeyId')) return ': the AccessKey is not known there, or disabled';
  if (code.startsWith('InvalidTimeStamp')) return ': the clocks of the two machines differ';
  return '';
};
