// WithdrawConsent: Lethe's own; ends a person's consent today and forgets the person at once.
import * as z from 'zod';
import { personId } from '../wire/fields.ts';
import { defineOperation } from './operation.ts';
import { receiptHeader, receiptHeaderValue } from './receipt-header.ts';

export const withdrawConsent = defineOperation({
  action: 'WithdrawConsent',
  path: '/lethe/v1/persons/consent/withdraw',
  summary: 'End the consent of a person today, and delete the person with all faces',
  evidence: 'own',
  qps: 20,
  refusals: ['personNotFound'],
  notes: [
    'When it answers, the faces are unsearchable, their keys destroyed and their bytes overwritten on disk, and so are name, note and the recorded consent. Add the person again to enrol on a new consent.',
    'What a legal hold keeps stays: `isPersonDeleted` is false then, no face is added, and the first run of retention after the hold deletes the rest.',
  ],
  headers: receiptHeader,
  request: z.object({ personId }),
  response: z.object({
    personId,
    isPersonDeleted: z.boolean(),
    faceIds: z.array(z.string()).describe('Faces really deleted'),
    deleteCount: z.int().nonnegative(),
  }),
  example: {
    request: { personId: 'person1' },
    response: { personId: 'person1', isPersonDeleted: true, faceIds: ['1244453323565'], deleteCount: 1 },
  },
  async handle({ personId }, { account, gallery, setHeader }) {
    const cleared = await gallery.clearing.withdrawConsent(account, personId);
    if (cleared?.receipt !== undefined) setHeader('x-lethe-receipt', receiptHeaderValue(cleared.receipt));
    return {
      personId,
      isPersonDeleted: cleared?.isPersonGone ?? false,
      faceIds: [...(cleared?.faceIds ?? [])],
      deleteCount: cleared?.faces ?? 0,
    };
  },
});
