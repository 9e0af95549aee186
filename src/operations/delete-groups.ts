// DeleteGroups: takes a person out of groups; person and faces stay.
import * as z from 'zod';
import { distinct, groupIds, personId } from '../wire/fields.ts';
import { defineOperation } from './operation.ts';

export const deleteGroups = defineOperation({
  action: 'DeleteGroups',
  path: '/green/sface/person/groups/delete',
  summary: 'Take a person out of groups',
  source: 'https://www.alibabacloud.com/help/en/content-moderation/latest/delete-person-from-group',
  evidence: 'documented',
  qps: 10,
  refusals: ['personNotFound'],
  notes: [
    '`groupIds` answers the groups the person was taken out of. The last group may go: the person is then kept, but no search finds it.',
  ],
  request: z.object({ personId, groupIds }),
  response: z.object({ personId, groupIds: z.array(z.string()) }),
  example: {
    request: { personId: 'person1', groupIds: ['group2'] },
    response: { personId: 'person1', groupIds: ['group2'] },
  },
  async handle({ personId, groupIds }, { account, gallery }) {
    return { personId, groupIds: [...(await gallery.deleteGroups(account, personId, distinct(groupIds)))] };
  },
});
