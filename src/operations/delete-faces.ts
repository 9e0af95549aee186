// DeleteFaces: forgets faces of a person, for good. The operation that Lethe exists for.
import * as z from 'zod';
import { distinct, faceIds, personId } from '../wire/fields.ts';
import { defineOperation } from './operation.ts';
import { receiptHeader, receiptHeaderValue } from './receipt-header.ts';

export const deleteFaces = defineOperation({
  action: 'DeleteFaces',
  path: '/green/sface/face/delete',
  summary: 'Delete faces of a person, for good',
  source: 'https://www.alibabacloud.com/help/en/content-moderation/latest/delete-face',
  evidence: 'documented',
  qps: 20,
  refusals: ['personNotFound'],
  notes: [
    "Unknown ids and other persons' ids are skipped, an id given twice counts once: `faceIds` and `deleteCount` list exactly what went, in the order asked.",
    'A face under a legal hold stays, and so is not in the answer.',
    'When it answers, the faces are unsearchable, their keys destroyed and their bytes overwritten on disk. The last face may go; the person stays.',
  ],
  headers: receiptHeader,
  request: z.object({ personId, faceIds }),
  response: z.object({
    personId,
    faceIds: z.array(z.string()).describe('Faces really deleted'),
    deleteCount: z.int().nonnegative(),
  }),
  example: {
    request: { personId: 'person1', faceIds: ['1244453323565', '1345345466455'] },
    response: { personId: 'person1', faceIds: ['1244453323565', '1345345466455'], deleteCount: 2 },
  },
  // A face the person does not have is skipped, not refused: the answer lists what went.
  async handle({ personId, faceIds }, { account, gallery, setHeader }) {
    const deleted = await gallery.deleteFaces(account, personId, distinct(faceIds));
    if (deleted.receipt !== undefined) setHeader('x-lethe-receipt', receiptHeaderValue(deleted.receipt));
    return { personId, faceIds: [...deleted.faceIds], deleteCount: deleted.faceIds.length };
  },
});
