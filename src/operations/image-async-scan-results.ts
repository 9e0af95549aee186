// ImageAsyncScanResults: what asynchronous scans have found, for an hour after they ended.
import * as z from 'zod';
import { Refusal, type RefusalName } from '../wire/errors.ts';
import { maxScanTasks } from '../wire/limits.ts';
import { defineOperation } from './operation.ts';
import { scanResult, taskHead } from './scan-fields.ts';

const refused = (name: RefusalName) => {
  const { code, message } = new Refusal(name);
  return { code: Number(code), msg: message };
};

/** As Lethe draws them. */
const isTaskId = (text: string): boolean => z.uuid({ version: 'v4' }).safeParse(text).success;

const item = z.object({
  ...taskHead,
  url: taskHead.url.optional(),
  results: z.array(scanResult).optional(),
});

export const imageAsyncScanResults = defineOperation({
  action: 'ImageAsyncScanResults',
  path: '/green/image/results',
  summary: 'Ask what asynchronous scans have found',
  source: 'https://help.aliyun.com/document_detail/92002.html',
  evidence: 'documented',
  qps: 50,
  refusals: [],
  notes: [
    'The body is the array itself, no object around it. Each task has an item in the order asked: 200 with `results`, 280 while it waits or runs, or the code of what failed.',
    "594 is what a task answers that is not there: its hour is over, the server was restarted since, it gave way to newer ones, or it is another account's. 404 is what cannot be a task id at all.",
    'A result is told as it is true when asked for: a face that was deleted since the scan names nobody in it.',
    'The cloud states neither the calls a second nor the number of ids; the codes of single tasks are inferred from its table of codes.',
  ],
  request: z
    .array(
      z.string('must be a string').max(128, 'must have at most 128 characters'),
      'must be an array of taskIds',
    )
    .min(1, 'must not be empty')
    .max(maxScanTasks, `must have at most ${maxScanTasks} items`),
  response: z.array(item),
  example: {
    request: ['fdd25f95-4892-4d6b-aca9-7939bc6e9baa'],
    response: [
      {
        code: 280,
        msg: 'PROCESSING',
        dataId: 'photo1',
        taskId: 'fdd25f95-4892-4d6b-aca9-7939bc6e9baa',
        url: 'https://example.com/1.jpg',
      },
    ],
  },
  async handle(taskIds, { account, scans }) {
    return taskIds.map((taskId) => {
      const task = scans.find(account, taskId);
      if (task === undefined)
        return { ...refused(isTaskId(taskId) ? 'taskExpired' : 'taskNotFound'), taskId };
      return (task.report ?? { ...refused('taskRunning'), ...task.head }) as z.input<typeof item>;
    });
  },
});
