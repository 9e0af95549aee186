// SearchPerson: searches a group for every face of one picture.
import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { bizType, dataId, groupId, pictureUrl } from '../wire/fields.ts';
import { describeGroupSearch, searchGroup } from './image-scan.ts';
import { defineOperation } from './operation.ts';
import { pictureRefusals } from './picture-refusals.ts';
import { exampleGroupResult, groupResult } from './scan-fields.ts';

export const searchPerson = defineOperation({
  action: 'SearchPerson',
  path: '/green/sface/search',
  summary: 'Search a group for the faces of one picture',
  source: 'https://github.com/aliyun/aliyun-openapi-java-sdk/tree/92d7381/aliyun-java-sdk-green',
  evidence: 'inferred',
  qps: 50,
  refusals: pictureRefusals,
  notes: [
    'Only the path is known, from the SDKs; no page of the cloud documents the operation. The fields of the request and of the answer, and the calls a second, are ours: those of one sface-n task of ImageSyncScan.',
  ],
  request: z.object({
    bizType: bizType.optional(),
    dataId: dataId.optional(),
    groupId,
    url: pictureUrl,
  }),
  response: z.object({
    msg: z.string(),
    dataId: z.string().optional(),
    taskId: z.string(),
    url: z.string(),
    results: z.array(groupResult),
  }),
  example: {
    request: { groupId: 'group1', url: 'https://example.com/1.jpg' },
    response: {
      msg: 'OK',
      taskId: 'fdd25f95-4892-4d6b-aca9-7939bc6e9baa',
      url: 'https://example.com/1.jpg',
      results: [exampleGroupResult],
    },
  },
  async handle({ dataId, groupId, url }, context) {
    const probes = await searchGroup(context, groupId, url);
    return {
      msg: 'OK',
      ...(dataId === undefined ? {} : { dataId }),
      taskId: randomUUID(),
      url,
      results: [describeGroupSearch(probes)],
    };
  },
});
