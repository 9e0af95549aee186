// ImageAsyncScan: takes scans on and answers at once; what they found is asked for, or sent to a callback.
import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import type { Callback, SubmittedScan } from '../gallery/scan-tasks.ts';
import { digest } from '../wire/digests.ts';
import { Refusal } from '../wire/errors.ts';
import { maxCallbackRepeats, maxSeedLength, maxUrlLength } from '../wire/limits.ts';
import { checkScenes, describeScan, type ScanHead, scan } from './image-scan.ts';
import { defineOperation, type OperationContext } from './operation.ts';
import { type ScanTask, scanRequest, sceneNotes, taskHead } from './scan-fields.ts';

// Source of callback, seed and cryptType: help.aliyun.com/document_detail/92002.html.
const request = scanRequest.extend({
  callback: z
    .string('must be a string')
    .describe(`http or https, at most ${maxUrlLength} characters; empty means none`)
    .optional(),
  seed: z
    .string('must be a string')
    .max(maxSeedLength, `must have at most ${maxSeedLength} characters`)
    .regex(/^[A-Za-z0-9_]*$/, 'may hold letters, digits and _ only')
    .describe('Goes into the checksum; needed with a callback')
    .optional(),
  cryptType: z.enum(['SHA256', 'SM3'], 'must be SHA256 or SM3').default('SHA256'),
});
type Request = z.output<typeof request>;

/**
 * A form of `checksum` and `content`: lower-case hex of the hash of the account's name, the seed and the content.
 * SM3 is the plain hash, whose value for "abc" the documentation gives, though it says HMAC.
 */
function readCallback(
  { callback, seed, cryptType }: Request,
  context: OperationContext,
): Callback | undefined {
  if (callback === undefined || callback === '') return undefined;
  if (seed === undefined || seed === '') throw new Refusal('badRequest', 'seed: is required with a callback');
  context.scans.checkCallback(callback);
  const hash = cryptType === 'SM3' ? 'sm3' : 'sha256';
  return {
    url: callback,
    writeForm: (report) => {
      const content = JSON.stringify(report);
      const checksum = digest(hash, `${context.account}${seed}${content}`, 'hex');
      return new URLSearchParams({ checksum, content }).toString();
    },
  };
}

/** A data: URL is a picture: its content is not kept beside the result. */
const shownUrl = (url: string): string => (/^data:/i.test(url) ? url.slice(0, url.indexOf(',') + 1) : url);

function submissionOf(
  task: ScanTask,
  scenes: Request['scenes'],
  context: OperationContext,
): SubmittedScan & { readonly head: ScanHead } {
  const { dataId, url, extras } = task;
  const taskId = randomUUID();
  const head = { ...(dataId === undefined ? {} : { dataId }), taskId, url: shownUrl(url) };
  return {
    taskId,
    head,
    characters: url.length + (extras.faceUrl?.length ?? 0),
    work: async () => {
      const found = await scan(scenes, task, context);
      return () => describeScan(head, found, context);
    },
  };
}

export const imageAsyncScan = defineOperation({
  action: 'ImageAsyncScan',
  path: '/green/image/asyncscan',
  summary: 'Scan pictures as ImageSyncScan does, without waiting for it',
  source: 'https://help.aliyun.com/document_detail/92002.html',
  evidence: 'documented',
  qps: 50,
  refusals: ['permissionDenied', 'unsafeAddress', 'scanQueueFull'],
  notes: [
    'The fields of the answer are inferred from the synchronous one. What was found: ImageAsyncScanResults, or the callback.',
    `Callback: one POST a task, a form of \`content\` (the task's item, as ImageAsyncScanResults answers it, as JSON) and \`checksum\` (hex of SHA256 or SM3 over the caller's uid, the seed and \`content\`). The uid is the name of the account, \`default\` unless the keys were made for another. Anything but HTTP 200 is repeated up to ${maxCallbackRepeats} times; redirects are not followed, and private addresses refused as for pictures.`,
    'Tasks and results live in memory: a restart loses them. The `url` of a data: URI is answered without its content.',
    ...sceneNotes,
  ],
  request,
  response: z.array(z.object(taskHead)),
  example: {
    request: {
      scenes: ['sface-n'],
      tasks: [{ dataId: 'photo1', url: 'https://example.com/1.jpg', extras: { groupId: 'group1' } }],
      callback: 'https://example.com/found',
      seed: 'a1B2_c3',
    },
    response: [
      {
        code: 200,
        msg: 'OK',
        dataId: 'photo1',
        taskId: 'fdd25f95-4892-4d6b-aca9-7939bc6e9baa',
        url: 'https://example.com/1.jpg',
      },
    ],
  },
  async handle(asked, context) {
    checkScenes(asked.scenes, context);
    const callback = readCallback(asked, context);
    const scans = asked.tasks.map((task) => submissionOf(task, asked.scenes, context));
    const done = context.scans.submit(context.account, scans, callback);
    // Uploads that the tasks name stay until the last of them is done.
    context.gallery.during(context.account, () => done);
    return scans.map(({ head }) => ({ code: 200, msg: 'OK', ...head }));
  },
});
