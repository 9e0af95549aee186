// AddGroups: puts a person into further groups.
import * as z from 'zod';
import { distinct, groupIds, personId } from '../wire/fields.ts';
import { defineOperation } from './operation.ts';

export const addGroups = defineOperation({
  action: 'AddGroups',
  path: '/green/sface/person/groups/add',
  summary: 'Put a person into groups',
  source: 'https://www.alibabacloud.com/help/en/content-moderation/latest/add-person-to-group',
  evidence: 'documented',
  qps: 10,
  refusals: ['personNotFound', 'tooManyGroups'],
  notes: ['A group that does not exist is made. `groupIds` answers the groups of the request.'],
  request: z.object({ personId, groupIds }),
  response: z.object({ personId, groupIds: z.array(z.string()) }),
  example: {
    request: { personId: 'person1', groupIds: ['group2'] },
    response: { personId: 'person1', groupIds: ['group2'] },
  },
  async handle({ personId, groupIds }, { account, gallery }) {
    const joined = distinct(groupIds);
    await gallery.addGroups(account, personId, joined);
    return { personId, groupIds: joined };
  },
});
