// ImageSyncScan: searches a group for every face of a picture, or compares two pictures, while the caller waits.
import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { checkScenes, describeScan, scan } from './image-scan.ts';
import { defineOperation } from './operation.ts';
import { exampleGroupResult, scanRequest, scanResult, sceneNotes, taskHead } from './scan-fields.ts';

export const imageSyncScan = defineOperation({
  action: 'ImageSyncScan',
  path: '/green/image/scan',
  summary: 'Search a group for the faces of pictures (sface-n, sface), or compare two pictures (sface-1)',
  source: 'https://help.aliyun.com/document_detail/70417.html',
  evidence: 'observed',
  qps: 50,
  refusals: ['permissionDenied'],
  notes: sceneNotes,
  request: scanRequest,
  response: z.array(z.object({ ...taskHead, results: z.array(scanResult).optional() })),
  example: {
    request: {
      scenes: ['sface-n'],
      tasks: [{ dataId: 'photo1', url: 'https://example.com/1.jpg', extras: { groupId: 'group1' } }],
    },
    response: [
      {
        code: 200,
        msg: 'OK',
        dataId: 'photo1',
        taskId: 'fdd25f95-4892-4d6b-aca9-7939bc6e9baa',
        url: 'https://example.com/1.jpg',
        results: [exampleGroupResult],
      },
    ],
  },
  async handle({ scenes, tasks }, context) {
    checkScenes(scenes, context);
    const found = await Promise.all(tasks.map((task) => scan(scenes, task, context)));
    return tasks.map(({ dataId, url }, i) => {
      const head = { ...(dataId === undefined ? {} : { dataId }), taskId: randomUUID(), url };
      return describeScan(head, found[i]!, context);
    });
  },
});
