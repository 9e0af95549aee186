// Operations beyond the cloud's, which the SDKs have no types for and reach by their generic requests.
import { any, having, id, known, knownAsText, picture } from '../pattern.ts';
import type { Step } from '../step.ts';

const consent = {
  reference: 'release "2026-0117"',
  purpose: 'opening the staff door',
  basis: 'GDPR 9(2)(a)',
  endsOn: '2099-01-31',
};

export const letheOwn: readonly Step[] = [
  {
    action: 'AddPerson',
    body: { groupIds: [id('g4')], personId: id('joan') },
    isForLetheOnly: true,
    expect: { data: { personId: id('joan'), groupIds: [id('g4')] } },
  },
  {
    action: 'RecordConsent',
    body: { personId: id('joan'), ...consent },
    isForLetheOnly: true,
    expect: { data: { personId: id('joan'), endsOn: consent.endsOn } },
  },
  {
    action: 'GetConsent',
    body: { personId: id('joan') },
    isForLetheOnly: true,
    expect: { data: { personId: id('joan'), consent } },
  },
  {
    action: 'AddFaces',
    body: { personId: id('joan'), urls: [picture('right')] },
    isForLetheOnly: true,
    expect: { data: having({ faceImageItems: [{ faceId: any('number', 'face of joan'), success: true }] }) },
  },
  {
    action: 'Identify',
    body: { url: picture('rightAgain'), groupIds: [id('g4')], fpir: 0.01, limit: 100 },
    isForLetheOnly: true,
    expect: {
      data: having({
        searched: having({ faceCount: 1, fpir: 0.01, isExtrapolated: false }),
        faces: [having({ candidates: [having({ rank: 1, personId: id('joan'), groupIds: [id('g4')] })] })],
      }),
    },
  },
  {
    action: 'ForgetFaces',
    body: { personId: id('joan'), faceIds: [known('face of joan'), '1244453323565'] },
    isForLetheOnly: true,
    expect: {
      data: having({
        personId: id('joan'),
        faces: [
          { faceId: knownAsText('face of joan'), outcome: 'DELETED' },
          { faceId: '1244453323565', outcome: 'NOT_FOUND' },
        ],
        receipt: having({ id: any('text', 'receipt of joan') }),
      }),
    },
  },
  {
    action: 'GetReceipt',
    body: { receiptId: known('receipt of joan') },
    isForLetheOnly: true,
    expect: { data: having({ receipt: having({ id: known('receipt of joan') }), publicKey: any('text') }) },
  },
  {
    action: 'RunRetention',
    body: { dryRun: true },
    isForLetheOnly: true,
    expect: { data: { day: any('text'), dryRun: true, persons: 0, faces: 0, memberships: 0 } },
  },
  {
    action: 'WithdrawConsent',
    body: { personId: id('joan') },
    isForLetheOnly: true,
    expect: { data: { personId: id('joan'), isPersonDeleted: true, faceIds: [], deleteCount: 0 } },
  },
];
