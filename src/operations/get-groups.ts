// GetGroups: lists the account's groups.
import * as z from 'zod';
import { defineOperation } from './operation.ts';

export const getGroups = defineOperation({
  action: 'GetGroups',
  path: '/green/sface/groups',
  summary: "List the account's groups",
  source: 'https://www.alibabacloud.com/help/en/content-moderation/latest/get-groups',
  evidence: 'documented',
  qps: 20,
  refusals: [],
  notes: ['A group is there from its first person to its last.'],
  request: z.object({}),
  response: z.object({ groupIds: z.array(z.string()) }),
  example: { request: {}, response: { groupIds: ['group1', 'group2'] } },
  async handle(_request, { account, gallery }) {
    return { groupIds: [...(await gallery.listGroups(account))] };
  },
});
