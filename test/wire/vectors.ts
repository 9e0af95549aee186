// Requests as official SDKs sent them, as the documentation implies them, and altered ones: each with its answer.
import { readdirSync, readFileSync } from 'node:fs';
import { Refusal, type RefusalName } from '../../src/wire/errors.ts';
import type { KeyMaterial } from '../../src/wire/key-material.ts';
import type { WireRequest } from '../../src/wire/request.ts';
import { readCredential, verifySignature } from '../../src/wire/signature.ts';

/** Made up for the vectors: no real account has them. */
export const accessKeyId = 'testAccessKeyId0001';
export const accessKeySecret = 'testAccessKeySecret0000000001';
export const secretKey = { kind: 'secret', secret: accessKeySecret } as const;

export type Answer = 'accepted' | RefusalName;

export interface Vector {
  readonly id: string;
  readonly sdk: string;
  /** Method and target. */
  readonly request: string;
  /** `Name: value`, in the order of the wire. */
  readonly headers: readonly string[];
  /** UTF-8 text. */
  readonly body: string;
  readonly answer: Answer;
  /** Where it differs from `answer`. */
  readonly answerWhenUnprotectedBodiesAreAllowed?: Answer;
  readonly securityToken?: string;
  readonly publicKey?: string;
  /** What the client signed, where it is known. */
  readonly stringToSign?: string;
}

const folder = new URL('vectors/', import.meta.url);

export const vectors: readonly Vector[] = readdirSync(folder)
  .sort()
  .flatMap((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Vector[]);

export function vectorNamed(id: string): Vector {
  const vector = vectors.find((candidate) => candidate.id === id);
  if (vector === undefined) throw new Error(`no vector ${id}`);
  return vector;
}

export function requestOf({ request, headers, body }: Vector): WireRequest {
  const [method, target] = request.split(' ') as [string, string];
  const rawHeaders = headers.flatMap((line) => {
    const colon = line.indexOf(': ');
    return [line.slice(0, colon), line.slice(colon + 2)];
  });
  return { method, target, rawHeaders, body: Buffer.from(body) };
}

export const keyOf = ({ publicKey }: Vector): KeyMaterial =>
  publicKey === undefined ? secretKey : { kind: 'rsa-public-key', pem: publicKey };

/** The same request with headers replaced, added, or (undefined) taken away; names in lower case. */
export function withHeaders(
  request: WireRequest,
  changes: Readonly<Record<string, string | undefined>>,
): WireRequest {
  const rawHeaders: string[] = [];
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    const [name, value] = [request.rawHeaders[at]!, request.rawHeaders[at + 1]!];
    if (!Object.hasOwn(changes, name.toLowerCase())) rawHeaders.push(name, value);
  }
  for (const [name, value] of Object.entries(changes)) if (value !== undefined) rawHeaders.push(name, value);
  return { ...request, rawHeaders };
}

/** What Lethe answers to a request, its clock and its nonces apart. */
export function answerTo(
  request: WireRequest,
  key: KeyMaterial = secretKey,
  isUnprotectedBodyAllowed = false,
): Answer {
  return refusalOf(request, key, isUnprotectedBodyAllowed)?.refusal ?? 'accepted';
}

export function refusalOf(
  request: WireRequest,
  key: KeyMaterial = secretKey,
  isUnprotectedBodyAllowed = false,
): Refusal | undefined {
  try {
    const credential = readCredential(request);
    if (credential.accessKeyId !== accessKeyId) throw new Refusal('accessKeyNotFound');
    verifySignature(request, credential, key, { isUnprotectedBodyAllowed });
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}
