// The part of the table of refusals that meets uploads, in the words of the cloud's object storage (OSS).

/** Refused by the object storage that takes uploads: an HTTP 4xx/5xx with an XML error. */
export interface StorageRefusal {
  readonly kind: 'storage';
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** Of the code and of when it is given. */
  readonly evidence: Known;
  /** Of the message, its `{}` apart. */
  readonly wording: Known;
}

/** As far as `Evidence` goes here. */
type Known = 'documented' | 'inferred' | 'own';

const storage = (
  status: number,
  code: string,
  message: string,
  evidence: Known,
  wording = evidence,
): StorageRefusal => ({ kind: 'storage', status, code, message, evidence, wording });

// Source: alibabacloud.com/help/en/oss/developer-reference/error-handling-2, help.aliyun.com/document_detail/185228.htm.
export const storageRefusals = {
  storageDenied: storage(403, 'AccessDenied', '{}', 'documented', 'own'),
  storageKeyNotFound: storage(
    403,
    'InvalidAccessKeyId',
    'The OSS Access Key Id you provided does not exist in our records.',
    'documented',
  ),
  storageTokenInvalid: storage(
    403,
    'InvalidSecurityToken',
    'The security token you provided is invalid.',
    'documented',
  ),
  storageTokenExpired: storage(
    403,
    'SecurityTokenExpired',
    'The security token you provided has expired.',
    'documented',
  ),
  storageSignatureMismatch: storage(
    403,
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    'documented',
  ),
  storageTimeSkewed: storage(
    403,
    'RequestTimeTooSkewed',
    'The difference between the request time and the current time is too large.',
    'documented',
  ),
  storageFull: storage(
    403,
    'QuotaExceeded',
    'Uploads that wait to be used take all the memory there is for them ({}); each goes when it is used, or after an hour.',
    'own',
  ),
  storageArgument: storage(400, 'InvalidArgument', '{}', 'documented', 'own'),
  storageObjectName: storage(400, 'InvalidObjectName', 'The specified object is not valid.', 'documented'),
  storageDigest: storage(400, 'InvalidDigest', 'The Content-MD5 you specified was invalid.', 'documented'),
  storageTooLarge: storage(
    400,
    'EntityTooLarge',
    'Your proposed upload exceeds the maximum allowed size of {} bytes.',
    'documented',
    'own',
  ),
  storageTimeout: storage(
    400,
    'RequestTimeout',
    'Your socket connection to the server was not read from or written to within the timeout period.',
    'documented',
  ),
  storageBodyEnded: storage(400, 'IncompleteBody', 'The body ended before it was whole.', 'inferred', 'own'),
  noSuchBucket: storage(404, 'NoSuchBucket', 'The specified bucket does not exist.', 'documented'),
  storageMethod: storage(
    405,
    'MethodNotAllowed',
    'The specified method is not allowed against this resource.',
    'documented',
  ),
  storageLength: storage(
    411,
    'MissingContentLength',
    'You must provide the Content-Length HTTP header.',
    'documented',
  ),
  storageNotImplemented: storage(
    501,
    'NotImplemented',
    'A header or parameter you provided implies functionality that is not implemented: {}.',
    'documented',
    'own',
  ),
  storageError: storage(
    500,
    'InternalError',
    'We encountered an internal error. Please try again.',
    'documented',
  ),
} as const satisfies Record<string, StorageRefusal>;
