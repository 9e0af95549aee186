// AddPerson: enrols a person under groups, without faces yet.
import * as z from 'zod';
import { distinct, groupIds, name, note, personId } from '../wire/fields.ts';
import { defineOperation } from './operation.ts';

export const addPerson = defineOperation({
  action: 'AddPerson',
  path: '/green/sface/person/add',
  summary: 'Add a person to groups',
  source: 'https://www.alibabacloud.com/help/en/content-moderation/latest/add-person',
  evidence: 'documented',
  qps: 20,
  refusals: ['personExists', 'tooManyGroups'],
  notes: [
    'A group that does not exist is made. The cloud makes it visible a day later and with its first face; here it is there at once.',
  ],
  request: z.object({ groupIds, personId, name: name.exactOptional(), note: note.exactOptional() }),
  response: z.object({ personId, groupIds: z.array(z.string()) }),
  example: {
    request: { groupIds: ['group1'], personId: 'person1', name: 'Mike' },
    response: { personId: 'person1', groupIds: ['group1'] },
  },
  async handle({ groupIds, ...profile }, { account, gallery }) {
    const joined = distinct(groupIds);
    await gallery.addPerson(account, profile, joined);
    return { personId: profile.personId, groupIds: joined };
  },
});
