// GetReceipt: Lethe's own; reads the receipt of a deletion by the id that the deletion's answer gave.
import * as z from 'zod';
import { receiptId } from '../wire/fields.ts';
import { defineOperation } from './operation.ts';
import { exampleReceipt, receipt } from './receipt-fields.ts';

export const getReceipt = defineOperation({
  action: 'GetReceipt',
  path: '/lethe/v1/receipt',
  summary: 'Read the receipt of a deletion',
  evidence: 'own',
  qps: 20,
  refusals: ['receiptNotFound'],
  notes: [
    'Only the account that deleted reads it. `lethe receipt verify` checks it offline; take the public key from the operator by another way than this answer.',
  ],
  request: z.object({ receiptId }),
  response: z.object({ receipt, publicKey: z.string().describe('Ed25519, SPKI, PEM') }),
  example: {
    request: { receiptId: exampleReceipt.id },
    response: {
      receipt: exampleReceipt,
      publicKey:
        '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n',
    },
  },
  async handle({ receiptId }, { account, gallery }) {
    const { receipt, publicKey } = await gallery.getReceipt(account, receiptId);
    return { receipt: { ...receipt, faces: [...receipt.faces] }, publicKey };
  },
});
