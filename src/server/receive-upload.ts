// An upload's life, step by step: the part of the cloud's object storage that its clients need for putting pictures.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type Caller, findCaller } from '../gallery/callers.ts';
import type { ArrivingUpload, KeyStore, UploadStore } from '../gallery/ports.ts';
import { isSameDigest } from '../wire/digests.ts';
import { Refusal, type RefusalName } from '../wire/errors.ts';
import { maxPictureBytes } from '../wire/limits.ts';
import { type ObjectAddress, readObjectAddress, uploadFolderOf } from '../wire/oss-address.ts';
import { answerStorageRefusal } from '../wire/oss-envelope.ts';
import { isOssSigned, type OssClaim, readOssClaim } from '../wire/oss-signature.ts';
import { headerOf, headersNamed, splitTarget, type WireRequest } from '../wire/request.ts';
import type { Outcome } from './dispatch.ts';
import type { Nonces } from './nonces.ts';

/** What every upload meets. */
export interface UploadGate {
  readonly keys: Pick<KeyStore, 'findAccessKey' | 'openSecurityToken'>;
  readonly uploads: UploadStore;
  readonly nonces: Nonces;
  readonly maxClockSkewMs: number;
  readonly nowMs: () => number;
  /** How long a body may take to arrive, ms. */
  readonly uploadTimeoutMs?: number;
}

/** 20 MB at 6 Mbit a second. */
const defaultTimeoutMs = 30_000;

/** Serves one upload from its head to its answer; never rejects. Refuses in the storage's own shape. */
export async function receiveUpload(request: IncomingMessage, gate: UploadGate): Promise<Outcome> {
  const requestId = randomUUID().toUpperCase();
  const traced: { action: string; account?: string } = { action: 'PutObject' };
  const common = { 'x-oss-request-id': requestId, 'content-type': 'application/xml' };
  try {
    const { method = '', url = '', rawHeaders } = request;
    const head: WireRequest = { method, target: url, rawHeaders, body: new Uint8Array() };
    if (method !== 'PUT') throw new Refusal('storageMethod');
    const address = readObjectAddress(head);
    refuseMore(head);
    const claim = readOssClaim(head);
    const caller = await findCaller(gate.keys, claim, gate.nowMs());
    traced.account = caller.account;
    checkClaim(head, address, claim, caller, gate);
    const md5 = await store(request, head, { address, claim, caller, gate });
    const etag = `"${Buffer.from(md5, 'base64').toString('hex').toUpperCase()}"`;
    const headers = { ...common, etag, 'content-md5': md5 };
    return { requestId, ...traced, headers, answer: { status: 200, body: '' } };
  } catch (error) {
    const refusal = asStorageRefusal(error);
    const failure = error instanceof Refusal ? {} : { failure: error };
    // What has not been read of a body that came too slowly is not waited for.
    const closing = refusal.refusal === 'storageTimeout' ? { connection: 'close' } : {};
    return {
      requestId,
      ...traced,
      ...failure,
      refusal: refusal.refusal,
      headers: { ...common, ...closing },
      answer: answerStorageRefusal(requestId, refusal),
    };
  }
}

// A date, a token, a hash of nothing, notes of the client: what else such a header asks for would be left undone.
const harmlessHeaders =
  /^x-oss-(?:date|security-token|content-sha256|user-agent|meta-.*|storage-class|object-acl)$/;

/** @throws {Refusal} storageNotImplemented where more is wanted than an object put */
function refuseMore(head: WireRequest): void {
  if (splitTarget(head.target).query !== '') throw new Refusal('storageNotImplemented', 'a query');
  const isMore = (name: string) => name.startsWith('x-oss-') && !harmlessHeaders.test(name);
  const [more] = headersNamed(head, isMore);
  if (more !== undefined) throw new Refusal('storageNotImplemented', more[0]);
}

/** The signature before the body: nobody without a key for uploads can make the server hold one. */
function checkClaim(
  head: WireRequest,
  address: ObjectAddress,
  claim: OssClaim,
  { account, material, mayUpload }: Caller,
  { nowMs, maxClockSkewMs }: UploadGate,
): void {
  if (Math.abs(nowMs() - claim.timestampMs) > maxClockSkewMs) throw new Refusal('storageTimeSkewed');
  if (material.kind !== 'secret' || !isOssSigned(head, address, claim, material.secret)) {
    throw new Refusal('storageSignatureMismatch');
  }
  if (mayUpload !== true || !address.object.startsWith(`${uploadFolderOf(account)}/`)) {
    throw new Refusal('storageDenied', 'You have no right to access this object because of bucket acl.');
  }
}

/** @returns the object's MD5, base64 */
async function store(
  request: IncomingMessage,
  head: WireRequest,
  {
    address: { object },
    claim,
    caller,
    gate,
  }: { address: ObjectAddress; claim: OssClaim; caller: Caller; gate: UploadGate },
): Promise<string> {
  const declared = headerOf(head, 'content-md5');
  const length = headerOf(head, 'content-length');
  if (length === undefined && headerOf(head, 'transfer-encoding') === undefined) {
    throw new Refusal('storageLength');
  }
  if (Number(length ?? 0) > maxPictureBytes) throw new Refusal('storageTooLarge', String(maxPictureBytes));
  const upload = gate.uploads.receive(caller.account, object);
  try {
    await receiveBody(request, upload, gate.uploadTimeoutMs ?? defaultTimeoutMs);
    const { md5 } = upload;
    if (declared !== undefined && !isSameDigest(declared, md5)) throw new Refusal('storageDigest');
    if (gate.nonces.use(caller.id, claim.signature, gate.nowMs())) upload.keep();
    else if (!gate.uploads.holds(caller.account, object, md5)) {
      // Without Content-MD5 the body is not signed: who has seen the request could put another body under it.
      throw new Refusal('storageDenied', 'The request was carried out already; sign a new one.');
    }
    return md5;
  } finally {
    upload.drop();
  }
}

/** By events, since a loop over the request cannot be left without closing the connection that is to carry the answer. */
function receiveBody(request: IncomingMessage, upload: ArrivingUpload, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let length = 0;
    const settle = (error?: unknown) => {
      clearTimeout(timer);
      request.off('data', take).off('end', finish).off('close', abort).off('error', abort);
      // Whatever else may still go wrong with it has been answered.
      request.on('error', () => undefined);
      if (error === undefined) resolve();
      else reject(error);
    };
    const take = (chunk: Buffer) => {
      length += chunk.length;
      try {
        if (length > maxPictureBytes) throw new Refusal('storageTooLarge', String(maxPictureBytes));
        upload.write(chunk);
      } catch (error) {
        settle(error);
        request.resume();
      }
    };
    const finish = () => settle();
    const abort = () => settle(new Refusal('storageBodyEnded'));
    const timer = setTimeout(() => {
      settle(new Refusal('storageTimeout'));
      request.pause();
    }, timeoutMs);
    request.on('data', take).on('end', finish).on('close', abort).on('error', abort);
  });
}

// What readers shared with the face API refuse, in the storage's words.
const storageWords: Partial<Record<RefusalName, RefusalName>> = {
  accessKeyNotFound: 'storageKeyNotFound',
  accessKeyInactive: 'storageKeyNotFound',
  missingHeader: 'storageKeyNotFound',
  securityTokenMismatch: 'storageTokenInvalid',
  securityTokenMalformed: 'storageTokenInvalid',
  securityTokenExpired: 'storageTokenExpired',
  malformedRequest: 'storageArgument',
};

function asStorageRefusal(error: unknown): Refusal {
  if (!(error instanceof Refusal)) return new Refusal('storageError');
  if (error.kind === 'storage') return error;
  if (error.refusal === 'timestampFormat') {
    return new Refusal('storageDenied', 'OSS authentication requires a valid Date.');
  }
  return new Refusal(storageWords[error.refusal] ?? 'storageError', error.detail);
}
