// The steps that the gateway must refuse: each is a call like any other but for one fault.
import { any } from '../pattern.ts';
import type { Fault, Step } from '../step.ts';

/** MD5 of some other body. */
const digestOfAnother = 'AAAAAAAAAAAAAAAAAAAAAA==';

/** Rows of the second matrix: refusals, by their name in the table. */
const refused = (
  refusal: Extract<Step['expect'], { refusal: unknown }>['refusal'],
  fault: Fault,
  more: Partial<Step> & { detail?: string } = {},
): Step => {
  const { detail, ...rest } = more;
  return {
    row: refusal,
    action: 'GetGroups',
    fault,
    ...rest,
    expect: { refusal, ...(detail === undefined ? {} : { detail }) },
  };
};

export const gatewaySteps: readonly Step[] = [
  refused('apiNotFound', { path: '/green/sface/nothing' }),
  refused('methodNotSupported', { method: 'GET' }, { detail: 'GET', isForLetheOnly: true }),
  refused('versionNotFound', { version: '2017-08-25' }),
  refused('missingHeader', { key: 'none' }, { detail: 'Authorization', isForLetheOnly: true }),
  refused(
    'invalidSignatureMethod',
    { headers: { 'x-acs-signature-method': 'HMAC-MD5' } },
    { signature: 'roa', detail: 'HMAC-MD5', isForLetheOnly: true },
  ),
  refused('accessKeyNotFound', { key: 'unknown' }),
  refused('accessKeyInactive', { key: 'disabled' }, { isForLetheOnly: true }),
  refused('timestampFormat', { date: 'notADate' }, { isForLetheOnly: true }),
  refused('timestampExpired', { date: 'anHourAgo' }),
  refused('signatureDoesNotMatch', { key: 'wrongSecret' }),
  refused(
    'signatureDoesNotMatch',
    { key: 'wrongSecret' },
    { body: {}, query: { ClientInfo: '{"userNick":"a b+c"}', empty: '' } },
  ),
  refused(
    'contentDigestDoesNotMatch',
    { headers: { 'content-md5': digestOfAnother } },
    { body: {}, signature: 'roa', detail: 'Content-MD5', isForLetheOnly: true },
  ),
  refused('bodyNotSigned', {}, { body: {}, isAtStrictServer: true, detail: 'x-acs-content-sha256' }),
  {
    row: 'temporary key with its security token',
    action: 'GetGroups',
    fault: { key: 'temporary' },
    isForLetheOnly: true,
    expect: { data: { groupIds: any('list') } },
  },
  refused(
    'missingHeader',
    { key: 'temporaryWithoutToken' },
    { detail: 'SecurityToken', isForLetheOnly: true },
  ),
  refused('securityTokenMalformed', { key: 'withMadeUpToken' }, { isForLetheOnly: true }),
  refused('securityTokenMismatch', { key: 'withAnothersToken' }, { isForLetheOnly: true }),
  refused('securityTokenExpired', { key: 'temporaryAndOver' }, { isForLetheOnly: true }),
  refused('noPermission', { key: 'limited' }, { detail: 'GetGroups', isForLetheOnly: true }),
  {
    row: 'nonceUsed',
    action: 'GetGroups',
    fault: { nonce: 'the first' },
    expect: { data: { groupIds: any('list') } },
  },
  refused('nonceUsed', { nonce: 'the first' }),
  // AddGroups may be called ten times a second, fewer than any other operation.
  refused(
    'throttled',
    {},
    {
      action: 'AddGroups',
      body: { personId: 'nobody', groupIds: ['none'] },
      atMost: 200,
      isForLetheOnly: true,
    },
  ),
];
