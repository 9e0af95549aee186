// Sends one signed call to a Green endpoint, with nothing beyond what a production install has.
import { randomUUID } from 'node:crypto';
import { signRoa } from '../wire/roa-signature.ts';

/** An AccessKey pair, and the token of a temporary one. */
export interface SigningKey {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken?: string | undefined;
}

/** Nobody answered; the message names the server, never what was asked. */
export class Unreachable extends Error {
  /** Whether the call certainly did not reach the server. */
  readonly isUnsent: boolean;

  constructor(message: string, isUnsent: boolean) {
    super(message);
    this.isUnsent = isUnsent;
  }
}

/** Longest wait for an answer: 20 large pictures behind others on a slow machine. */
const answerTimeoutMs = 120_000;

/** @throws {Unreachable} */
export async function sendSigned(
  url: URL,
  body: Uint8Array<ArrayBuffer>,
  key: SigningKey,
): Promise<Response> {
  const headers = signRoa({
    method: 'POST',
    target: url.pathname + url.search,
    body,
    ...key,
    date: new Date(),
    nonce: randomUUID(),
  });
  try {
    const signal = AbortSignal.timeout(answerTimeoutMs);
    return await fetch(url, { method: 'POST', headers, body, signal });
  } catch (error) {
    const { code = '' } = ((error as Error).cause ?? {}) as { code?: string };
    throw new Unreachable(
      `cannot reach ${url.origin}${code === '' ? '' : ` (${code})`}: is a server running there?`,
      /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/.test(code),
    );
  }
}
