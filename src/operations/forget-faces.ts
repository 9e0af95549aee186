// ForgetFaces: Lethe's own way to delete faces, which says what became of each id and hands the receipt over.
import * as z from 'zod';
import { distinct, faceIds, idempotencyKey, personId } from '../wire/fields.ts';
import { defineOperation } from './operation.ts';
import { exampleReceipt, exampleSalt, receipt } from './receipt-fields.ts';

export const forgetFaces = defineOperation({
  action: 'ForgetFaces',
  path: '/lethe/v1/faces/delete',
  summary: 'Delete faces of a person, for good, and say what became of each',
  evidence: 'own',
  qps: 20,
  refusals: ['idempotencyKeyReused'],
  notes: [
    'Deletes as DeleteFaces does. `outcome` is DELETED (now), ALREADY_DELETED (within the last 31 days, with the person or alone), NOT_FOUND, OTHER_PERSON (a face of somebody else, whose is not told) or HELD (a legal hold keeps it).',
    'An unknown person is not refused: the faces of a person deleted before are ALREADY_DELETED.',
    'For a day the same `idempotencyKey` with the same body answers the same, receipt and salt included, also after a restart; with another body it is refused.',
  ],
  request: z.object({ personId, faceIds, idempotencyKey: idempotencyKey.optional() }),
  response: z.object({
    personId,
    faces: z
      .array(
        z.object({
          faceId: z.string(),
          outcome: z.enum(['DELETED', 'ALREADY_DELETED', 'NOT_FOUND', 'OTHER_PERSON', 'HELD']),
        }),
      )
      .describe('Each id once, in the order asked'),
    receipt: receipt.optional().describe('Where something was deleted'),
    salt: z
      .string()
      .optional()
      .describe('Ties the receipt to its faces: HMAC-SHA256(salt, face id). Nobody else has it'),
  }),
  example: {
    request: { personId: 'person1', faceIds: ['1244453323565', '1345345466455'], idempotencyKey: 'case-17' },
    response: {
      personId: 'person1',
      faces: [
        { faceId: '1244453323565', outcome: 'DELETED' },
        { faceId: '1345345466455', outcome: 'ALREADY_DELETED' },
      ],
      receipt: exampleReceipt,
      salt: exampleSalt,
    },
  },
  async handle({ personId, faceIds, idempotencyKey }, { account, gallery }) {
    const forgotten = await gallery.forgetFaces(account, personId, distinct(faceIds), idempotencyKey);
    const { fates, receipt, salt } = forgotten;
    return {
      personId,
      faces: fates.map(({ faceId, fate }) => ({ faceId, outcome: fate })),
      ...(receipt === undefined ? {} : { receipt: { ...receipt, faces: [...receipt.faces] }, salt }),
    };
  },
});
