// SearchPerson: searches a group for every face of one picture.
import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { bizType, dataId, groupId, pictureUrl } from '../wire/fields.ts';
import { describeGroupSearch, groupResult, searchGroup } from './image-scan.ts';
import { defineOperation } from './operation.ts';

export const searchPerson = defineOperation({
  action: 'SearchPerson',
  path: '/green/sface/search',
  summary: 'Search a group for the faces of one picture',
  source: 'https://github.com/aliyun/aliyun-openapi-java-sdk/tree/92d7381/aliyun-java-sdk-green',
  evidence: 'inferred',
  qps: 50,
  refusals: [
    'unsafeAddress',
    'addressForbidden',
    'pictureNotFound',
    'downloadFailed',
    'pictureTooLarge',
    'badFormat',
    'downloadTimeout',
  ],
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
      results: [
        {
          scene: 'sface-n',
          label: 'sface',
          suggestion: 'review',
          rate: 95.1,
          topPersonData: [
            {
              faceItem: { x: 120, y: 80, width: 96, height: 118 },
              persons: [{ personId: 'person1', faceId: '1244453323565', rate: 95.1, name: 'Mike' }],
            },
          ],
        },
      ],
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
