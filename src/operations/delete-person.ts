// DeletePerson: forgets a person with all faces, for good.
import * as z from 'zod';
import { personId } from '../wire/fields.ts';
import { defineOperation } from './operation.ts';

export const deletePerson = defineOperation({
  action: 'DeletePerson',
  path: '/green/sface/person/delete',
  summary: 'Delete a person with all faces, for good',
  source: 'https://www.alibabacloud.com/help/en/content-moderation/latest/delete-person',
  evidence: 'documented',
  qps: 20,
  refusals: ['personNotFound'],
  request: z.object({ personId }),
  response: z.object({ personId, deleteCount: z.int().describe('Persons deleted') }),
  example: { request: { personId: 'person1' }, response: { personId: 'person1', deleteCount: 1 } },
  async handle({ personId }, { account, gallery }) {
    await gallery.deletePerson(account, personId);
    return { personId, deleteCount: 1 };
  },
});
