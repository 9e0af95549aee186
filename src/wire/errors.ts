// The one table of refusals: everything Lethe can answer other than success, in the cloud's own words.
import { type StorageRefusal, storageRefusals } from './storage-refusals.ts';

/**
 * How well a fact about the cloud is known: its documentation, its official SDKs' source, live traffic, or our
 * inference; `own` is Lethe's, and no fact about the cloud.
 */
export type Evidence = 'documented' | 'sdk' | 'observed' | 'inferred' | 'own';

/** Refused by the gateway, before the service: an HTTP 4xx/5xx with Code, Message, RequestId. */
interface GatewayRefusal {
  readonly kind: 'gateway';
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** Of the code and of when it is given. */
  readonly evidence: Evidence;
  /** Of the message. */
  readonly wording: Evidence;
}

/** Refused by the service: HTTP 200, the refusal in the body's `code` and `msg`. */
interface ServiceRefusal {
  readonly kind: 'service';
  readonly code: number;
  readonly message: string;
  /** Of the code and of when it is given. */
  readonly evidence: Evidence;
  /** Of the message, its `{}` apart. */
  readonly wording: Evidence;
}

const gateway = (
  status: number,
  code: string,
  message: string,
  evidence: Evidence,
  wording = evidence,
): GatewayRefusal => ({ kind: 'gateway', status, code, message, evidence, wording });

const service = (code: number, message: string, evidence: Evidence, wording = evidence): ServiceRefusal => ({
  kind: 'service',
  code,
  message,
  evidence,
  wording,
});

// Gateway codes and messages: https://developer.aliyun.com/ask/278265 and help.aliyun.com/document_detail/53413.html.
// Words that those pages leave out stand in the same gateway's tables for others: document_detail/48054.html.
// Service codes: help.aliyun.com/document_detail/53414.html. `{}` is filled with the detail of a Refusal.
export const refusals = {
  malformedRequest: gateway(
    400,
    'InvalidRequest',
    'The request is not well-formed HTTP: {}.',
    'inferred',
    'own',
  ),
  apiNotFound: gateway(
    404,
    'InvalidApi.NotFound',
    'Specified api is not found, please check your url and method.',
    'documented',
  ),
  photographNotFound: gateway(
    404,
    'InvalidPhotograph.NotFound',
    'Specified photograph is not found: its address has ended, or its face was deleted.',
    'own',
  ),
  methodNotSupported: gateway(
    400,
    'UnsupportedHTTPMethod',
    'The HTTP method {} is not supported by this action, send POST.',
    'documented',
    'own',
  ),
  versionNotFound: gateway(
    400,
    'InvalidAction.NotFound',
    'Specified api version is not found, only 2018-05-09 is served.',
    'documented',
    'own',
  ),
  missingHeader: gateway(400, 'Missing{}', '{} is mandatory for this action.', 'documented'),
  incompleteSignature: gateway(
    400,
    'IncompleteSignature',
    'The request signature does not conform to platform standards: {}.',
    'documented',
    'own',
  ),
  invalidSignatureMethod: gateway(
    400,
    'InvalidSignatureMethod',
    'The signature method {} is not supported.',
    'documented',
    'own',
  ),
  accessKeyNotFound: gateway(
    404,
    'InvalidAccessKeyId.NotFound',
    'Specified access key is not found.',
    'documented',
  ),
  accessKeyInactive: gateway(
    400,
    'InvalidAccessKeyId.Inactive',
    'Specified access key is disabled.',
    'documented',
  ),
  timestampFormat: gateway(
    400,
    'InvalidTimeStamp.Format',
    'Specified time stamp or date value is not well formatted.',
    'documented',
  ),
  timestampExpired: gateway(
    400,
    'InvalidTimeStamp.Expired',
    'Specified time stamp or date value is expired.',
    'documented',
  ),
  // The codes are those of the cloud's gateway in general; no page of this service lists them.
  securityTokenMalformed: gateway(
    400,
    'InvalidSecurityToken.Malformed',
    'Specified security token is malformed.',
    'inferred',
  ),
  securityTokenMismatch: gateway(
    400,
    'InvalidSecurityToken.MismatchWithAccessKey',
    'Specified security token does not match the access key.',
    'inferred',
  ),
  securityTokenExpired: gateway(
    400,
    'InvalidSecurityToken.Expired',
    'Specified security token is expired.',
    'inferred',
  ),
  signatureDoesNotMatch: gateway(
    400,
    'SignatureDoesNotMatch',
    // Nothing around the text: Java's, Go's and .NET's SDKs compare what follows the colon with the text they signed, and
    // say "the secret is wrong" instead of "a bug in the SDK" when it is the same.
    'Specified signature is not matched with our calculation. server string to sign is:{}',
    'documented',
    'sdk',
  ),
  contentDigestDoesNotMatch: gateway(
    400,
    'SignatureDoesNotMatch',
    'The body does not match its signed digest: header {} differs from the digest of the body received.',
    'inferred',
    'own',
  ),
  bodyNotSigned: gateway(
    400,
    'SignatureDoesNotMatch',
    'The body is not covered by the signature: {} is the digest of an empty body.',
    'inferred',
    'own',
  ),
  nonceUsed: gateway(400, 'SignatureNonceUsed', 'Specified signature nonce was used already.', 'documented'),
  // As the cloud's access control (RAM) words it; the service's own table has 411 with HTTP 403 and no shape for it.
  noPermission: gateway(
    403,
    'NoPermission',
    'You are not authorized to do this action. You should be authorized by RAM: yundun-greenweb:{}.',
    'inferred',
  ),
  throttled: gateway(400, 'Throttling.User', 'Request was denied due to user flow control.', 'documented'),
  bodyTooLarge: gateway(
    400,
    'InvalidParameter.Format',
    'The request body is larger than {} bytes.',
    'inferred',
    'own',
  ),
  unavailable: gateway(
    503,
    'ServiceUnavailable',
    'The request has failed due to a temporary failure of the server.',
    'documented',
  ),
  internalError: gateway(
    500,
    'InternalError',
    'The request processing has failed due to some unknown error.',
    'documented',
  ),

  ...storageRefusals,

  badRequest: service(400, '{}', 'documented', 'own'),
  personExists: service(400, 'The person is exist!', 'observed'),
  personNotFound: service(400, 'The person is not exist!', 'observed'),
  // The cloud knows no legal hold; 596 is its code for what the caller may not do.
  personHeld: service(596, 'PERMISSION_DENY: legal hold {} keeps the person', 'own'),
  idempotencyKeyReused: service(
    400,
    'idempotencyKey: was used within the last day for another request',
    'own',
  ),
  receiptNotFound: service(404, 'NOT_FOUND: there is no such receipt', 'own'),
  // The cloud knows no consent; 596 is its code for what the caller may not do.
  consentRequired: service(596, 'PERMISSION_DENY: the person has no valid consent, record one first', 'own'),
  tooManyGroups: service(400, 'groupIds: an account holds at most {} groups', 'inferred', 'own'),
  tooManyFaces: service(400, 'a person holds at most {} faces', 'inferred', 'own'),
  unsafeAddress: service(401, 'NOT_ALLOWED: {}', 'documented'),
  addressForbidden: service(403, 'FORBIDDEN: {}', 'documented'),
  pictureNotFound: service(404, 'NOT_FOUND: {}', 'documented'),
  // A caller learns nothing else of another account's task, or of one that was lost at a restart.
  taskNotFound: service(404, 'NOT_FOUND: there is no such task', 'inferred', 'own'),
  taskExpired: service(594, 'EXPIRED', 'documented'),
  taskRunning: service(280, 'PROCESSING', 'documented'),
  scanQueueFull: service(588, 'EXCEED_QUOTA: {}', 'inferred', 'documented'),
  downloadFailed: service(480, 'DOWNLOAD_FAILED: {}', 'documented'),
  generalError: service(500, 'GENERAL_ERROR', 'documented'),
  algorithmFailed: service(586, 'ALGO_FAILED: {}', 'documented'),
  pictureTooLarge: service(589, 'TOO_LARGE: {}', 'documented'),
  badFormat: service(590, 'BAD_FORMAT: {}', 'documented'),
  downloadTimeout: service(592, 'DOWNLOAD_TIMEOUT: {}', 'documented'),
  permissionDenied: service(596, 'PERMISSION_DENY: {}', 'documented'),
} as const satisfies Record<string, GatewayRefusal | ServiceRefusal | StorageRefusal>;

export type RefusalName = keyof typeof refusals;

/** Thrown where a request, or one item of it, cannot be served; `detail` fills the `{}` of the table's words. */
export class Refusal extends Error {
  readonly refusal: RefusalName;
  readonly detail: string;

  constructor(refusal: RefusalName, detail = '') {
    // A function, since a replacement text would give `$&` in a caller's words a meaning.
    super(refusals[refusal].message.replaceAll('{}', () => detail));
    this.name = 'Refusal';
    this.refusal = refusal;
    this.detail = detail;
  }

  get kind(): 'gateway' | 'storage' | 'service' {
    return refusals[this.refusal].kind;
  }

  /** The gateway's Code, such as `SignatureDoesNotMatch`, or the service's number, such as 400. */
  get code(): string | number {
    const { code } = refusals[this.refusal];
    return typeof code === 'string' ? code.replaceAll('{}', () => this.detail) : code;
  }

  /** HTTP status of the whole answer; the service family always answers 200. */
  get status(): number {
    const entry = refusals[this.refusal];
    return entry.kind === 'service' ? 200 : entry.status;
  }
}
