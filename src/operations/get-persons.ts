// GetPersons: lists the persons of a group, page by page.
import * as z from 'zod';
import { groupId, pageNumber, pageSize } from '../wire/fields.ts';
import { defaultPersonsPerPage } from '../wire/limits.ts';
import { defineOperation } from './operation.ts';

export const getPersons = defineOperation({
  action: 'GetPersons',
  path: '/green/sface/group/persons',
  summary: 'List the persons of a group',
  source: 'https://www.alibabacloud.com/help/en/content-moderation/latest/get-persons',
  evidence: 'documented',
  qps: 20,
  refusals: [],
  notes: ['A group nobody belongs to reads as empty.'],
  request: z.object({
    groupId,
    currentPage: pageNumber.default(1),
    pageSize: pageSize.default(defaultPersonsPerPage),
  }),
  response: z.object({
    personIds: z.array(z.string()),
    currentPage: z.int(),
    pageSize: z.int(),
    totalCount: z.int(),
  }),
  example: {
    request: { groupId: 'group1', currentPage: 1, pageSize: 20 },
    response: { personIds: ['person1', 'person2'], currentPage: 1, pageSize: 20, totalCount: 2 },
  },
  async handle({ groupId, currentPage, pageSize }, { account, gallery }) {
    const page = { offset: (currentPage - 1) * pageSize, limit: pageSize };
    const { personIds, totalCount } = await gallery.listPersons(account, groupId, page);
    return { personIds: [...personIds], currentPage, pageSize, totalCount };
  },
});
