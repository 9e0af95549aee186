// DeletePerson: forgets a person with all faces, for good.
import * as z from 'zod';
import { personId } from '../wire/fields.ts';
import { defineOperation } from './operation.ts';
import { receiptHeader, receiptHeaderValue } from './receipt-header.ts';

export const deletePerson = defineOperation({
  action: 'DeletePerson',
  path: '/green/sface/person/delete',
  summary: 'Delete a person with all faces, for good',
  source: 'https://www.alibabacloud.com/help/en/content-moderation/latest/delete-person',
  evidence: 'documented',
  qps: 20,
  refusals: ['personNotFound', 'personHeld'],
  notes: [
    'When it answers, all faces, the name and the note are unsearchable and unreadable, their keys destroyed and their bytes overwritten on disk.',
    'A legal hold on the person, or on one of the faces, refuses the whole: the answer names the hold, and nothing is deleted.',
  ],
  headers: receiptHeader,
  request: z.object({ personId }),
  response: z.object({ personId, deleteCount: z.int().describe('Persons deleted') }),
  example: { request: { personId: 'person1' }, response: { personId: 'person1', deleteCount: 1 } },
  async handle({ personId }, { account, gallery, setHeader }) {
    const receipt = await gallery.deletePerson(account, personId);
    setHeader('x-lethe-receipt', receiptHeaderValue(receipt));
    return { personId, deleteCount: 1 };
  },
});
