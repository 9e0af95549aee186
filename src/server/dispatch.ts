// A request's life, step by step, in the cloud's order of refusals: an earlier fault hides a later one.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type Caller, checkPermission, findCaller } from '../gallery/callers.ts';
import type { Gallery } from '../gallery/gallery.ts';
import type { KeyStore } from '../gallery/ports.ts';
import type { ScanTasks } from '../gallery/scan-tasks.ts';
import { operations } from '../operations/index.ts';
import type { Operation, OperationContext } from '../operations/operation.ts';
import { answerRefusal, answerSuccess, type WireAnswer } from '../wire/envelope.ts';
import { Refusal } from '../wire/errors.ts';
import { readClientInfo, readFields } from '../wire/fields.ts';
import { parseJson } from '../wire/json.ts';
import { maxBodyBytes } from '../wire/limits.ts';
import { decodeQuery, requireHeader, splitTarget, type WireRequest } from '../wire/request.ts';
import { type Credential, readCredential, verifySignature } from '../wire/signature.ts';
import { endpointOf, lendUploadKey } from './lend-upload-key.ts';
import type { Nonces } from './nonces.ts';
import { readBody } from './read-body.ts';
import { checkHost } from './refuse-malformed.ts';
import type { Throttle } from './throttle.ts';

/** What every request meets. */
export interface Gate {
  readonly keys: Pick<KeyStore, 'findAccessKey' | 'openSecurityToken' | 'issueTemporaryKey'>;
  /** Undefined until models and gallery are loaded. */
  readonly gallery: () => Gallery | undefined;
  /** Where callers reach the server. A request's own Host header is anybody's to write. */
  readonly publicUrl: () => string;
  /** Where callers upload; where they called, which their own signed request may say to them, when left out. */
  readonly uploadEndpoint?: string;
  /** Until then: faces loaded so far, of how many. */
  readonly loading: () => { readonly loaded: number; readonly of: number };
  readonly scans: ScanTasks;
  readonly sfaceGroup?: string | undefined;
  readonly nonces: Nonces;
  readonly throttle: Throttle;
  readonly isQuotaOn: boolean;
  readonly maxClockSkewMs: number;
  readonly isUnprotectedBodyAllowed: boolean;
  readonly nowMs: () => number;
}

/** What became of a request, for the log: no personal data. */
export interface Outcome {
  readonly requestId: string;
  readonly answer: WireAnswer;
  /** Those that an operation added. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly action?: string;
  readonly account?: string;
  readonly refusal?: string;
  /** An error nobody foresaw; the caller sees InternalError only. */
  readonly failure?: unknown;
}

const apiVersion = '2018-05-09';
const byPath = new Map<string, Operation>(operations.map((operation) => [operation.path, operation]));

/** Serves one request from its head to its answer; never rejects. */
export async function dispatch(request: IncomingMessage, gate: Gate): Promise<Outcome> {
  const requestId = randomUUID().toUpperCase();
  const traced: { action?: string; account?: string } = {};
  try {
    checkHost(request);
    const head = readHead(request);
    const operation = route(head);
    traced.action = operation.action;
    const credential = readCredential(head);
    const caller = await findCaller(gate.keys, credential, gate.nowMs());
    traced.account = caller.account;
    checkClock(credential, gate);
    // Only here: nobody without a key can make the server hold a body.
    const wire = { ...head, body: await readBody(request, maxBodyBytes) };
    verifySignature(wire, credential, caller.material, gate);
    checkNonce(credential, gate);
    checkPermission(caller, operation.action);
    takeQuota(operation, caller, gate);
    const parsed = parseBody(wire);
    readClientInfo(decodeQuery(splitTarget(wire.target).query));
    const fields = readFields(operation.request, parsed);
    const gallery = gate.gallery();
    if (gallery === undefined) throw new Refusal('unavailable');
    const headers: Record<string, string> = {};
    const context = { ...contextOf(request, caller, gate, headers), gallery };
    const data = await gallery.during(caller.account, () => operation.handle(fields, context));
    return { requestId, ...traced, headers, answer: answerSuccess(requestId, data as object) };
  } catch (error) {
    const refusal = error instanceof Refusal ? error : new Refusal('internalError');
    const failure = error instanceof Refusal ? {} : { failure: error };
    return {
      requestId,
      ...traced,
      ...failure,
      refusal: refusal.refusal,
      answer: answerRefusal(requestId, refusal),
    };
  }
}

/** @param headers takes those that the operation adds to its answer */
function contextOf(
  request: IncomingMessage,
  caller: Caller,
  gate: Gate,
  headers: Record<string, string>,
): Omit<OperationContext, 'gallery'> {
  const endpoint = gate.uploadEndpoint ?? endpointOf(request);
  return {
    account: caller.account,
    scans: gate.scans,
    sfaceGroup: gate.sfaceGroup,
    publicUrl: gate.publicUrl(),
    lendUploadKey: () => lendUploadKey(gate.keys, caller, endpoint, gate.nowMs()),
    setHeader: (name, value) => {
      headers[name] = value;
    },
  };
}

const readHead = ({ method = '', url = '', rawHeaders }: IncomingMessage): WireRequest => ({
  method,
  target: url,
  rawHeaders,
  body: new Uint8Array(),
});

function route(request: WireRequest): Operation {
  const operation = byPath.get(splitTarget(request.target).path);
  if (operation === undefined) throw new Refusal('apiNotFound');
  if (request.method !== 'POST') throw new Refusal('methodNotSupported', request.method);
  if (requireHeader(request, 'x-acs-version') !== apiVersion) throw new Refusal('versionNotFound');
  return operation;
}

function checkClock({ timestampMs }: Credential, { nowMs, maxClockSkewMs }: Gate): void {
  if (Math.abs(nowMs() - timestampMs) > maxClockSkewMs) throw new Refusal('timestampExpired');
}

// Recorded only after the signature has been verified: a stranger cannot burn a caller's nonces.
// Python's, Go's and .NET's SDKs send none, and are let through as the cloud does.
function checkNonce({ accessKeyId, nonce }: Credential, { nonces, nowMs }: Gate): void {
  if (nonce !== undefined && !nonces.use(accessKeyId, nonce, nowMs())) throw new Refusal('nonceUsed');
}

function takeQuota({ action, qps }: Operation, { account }: Caller, gate: Gate): void {
  if (!gate.isQuotaOn) return;
  if (!gate.throttle.take(`${account}/${action}`, qps, performance.now())) throw new Refusal('throttled');
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** An empty body means `{}`: GetGroups is sent without one. */
function parseBody({ body }: WireRequest): unknown {
  if (body.length === 0) return {};
  try {
    return parseJson(utf8.decode(body));
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal('badRequest', 'body: must be JSON in UTF-8');
  }
}
