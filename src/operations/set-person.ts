// SetPerson: changes a person's name or note.
import * as z from 'zod';
import { name, note, personId } from '../wire/fields.ts';
import { defineOperation } from './operation.ts';

export const setPerson = defineOperation({
  action: 'SetPerson',
  path: '/green/sface/person/update',
  summary: "Change a person's name or note",
  source: 'https://www.alibabacloud.com/help/en/content-moderation/latest/update-person',
  evidence: 'documented',
  qps: 20,
  refusals: ['personNotFound'],
  notes: ['A field left out stays as it is; an empty string empties it.'],
  request: z.object({ personId, name: name.exactOptional(), note: note.exactOptional() }),
  response: z.object({ personId }),
  example: { request: { personId: 'person1', name: 'Michael' }, response: { personId: 'person1' } },
  async handle(change, { account, gallery }) {
    await gallery.setPerson(account, change);
    return { personId: change.personId };
  },
});
