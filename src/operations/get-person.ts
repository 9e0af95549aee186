// GetPerson: reads a person with its groups and face ids.
import * as z from 'zod';
import { personId } from '../wire/fields.ts';
import { defineOperation } from './operation.ts';

export const getPerson = defineOperation({
  action: 'GetPerson',
  path: '/green/sface/person',
  summary: 'Read a person: name, note, groups and face ids',
  source: 'https://www.alibabacloud.com/help/en/content-moderation/latest/get-person',
  evidence: 'documented',
  qps: 20,
  refusals: ['personNotFound'],
  request: z.object({ personId }),
  response: z.object({
    personId,
    name: z.string().optional(),
    groupIds: z.array(z.string()),
    faceIds: z.array(z.string()),
    note: z.string().optional(),
  }),
  example: {
    request: { personId: 'person1' },
    response: {
      personId: 'person1',
      name: 'Mike',
      groupIds: ['group1'],
      faceIds: ['1244453323565', '1345345466455'],
    },
  },
  async handle({ personId }, { account, gallery }) {
    const { groupIds, faceIds, ...profile } = await gallery.getPerson(account, personId);
    return { ...profile, groupIds: [...groupIds], faceIds: [...faceIds] };
  },
});
