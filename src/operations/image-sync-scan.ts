// ImageSyncScan: searches a group for every face of a picture (sface-n), or compares two pictures (sface-1).
import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import type { Identification, ProbeFace } from '../gallery/recognise.ts';
import { Refusal } from '../wire/errors.ts';
import { bizType, clientInfo, dataId, groupId, pictureUrl, readFields } from '../wire/fields.ts';
import { maxPersonsPerFace, maxScanTasks } from '../wire/limits.ts';
import { defineOperation, type OperationContext } from './operation.ts';

const scene = z.enum(['sface-n', 'sface-1'], 'must be sface-n or sface-1');

const task = z.object({
  dataId: dataId.optional(),
  url: pictureUrl,
  extras: z
    .object({ groupId: groupId.optional(), faceUrl: pictureUrl.optional() }, 'must be an object')
    .default({}),
  clientInfo: clientInfo.optional(),
});

const tasks = z.preprocess(
  // A public PHP client sends one task without the array around it.
  (value) => (typeof value === 'object' && value !== null && !Array.isArray(value) ? [value] : value),
  z
    .array(task, { error: (issue) => (issue.input === undefined ? 'is required' : 'must be an array') })
    .min(1, 'must not be empty')
    .max(maxScanTasks, `must have at most ${maxScanTasks} items`)
    .refine((list) => {
      const given = list.flatMap(({ dataId }) => dataId ?? []);
      return new Set(given).size === given.length;
    }, 'a dataId must be unique in the request'),
);

const suggestion = z.enum(['pass', 'review', 'block']);
const personFound = z.object({
  personId: z.string(),
  faceId: z.string(),
  rate: z.number(),
  name: z.string().optional(),
  note: z.string().optional(),
});
const verdict = { label: z.enum(['normal', 'sface']), suggestion, rate: z.number().describe('0 to 100') };
const result = z.union([
  z.object({
    scene: z.literal('sface-n'),
    ...verdict,
    topPersonData: z.array(
      z.object({
        faceItem: z.object({ x: z.int(), y: z.int(), width: z.int(), height: z.int() }),
        persons: z.array(personFound),
      }),
    ),
  }),
  z.object({ scene: z.literal('sface-1'), ...verdict }),
]);
type Result = z.input<typeof result>;
type Task = z.output<typeof task>;

const describePerson = ({ personId, faceId, rate, name, note }: Identification) => ({
  personId,
  faceId,
  rate,
  ...(name === undefined ? {} : { name }),
  ...(note === undefined ? {} : { note }),
});

const describeProbe = ({ box, persons }: ProbeFace) => ({
  faceItem: {
    x: Math.round(box.x),
    y: Math.round(box.y),
    width: Math.round(box.width),
    height: Math.round(box.height),
  },
  persons: persons.map(describePerson),
});

const verdictOf = (isFound: boolean, rate: number) =>
  isFound
    ? { label: 'sface' as const, suggestion: 'review' as const, rate }
    : { label: 'normal' as const, suggestion: 'pass' as const, rate };

async function searchGroup({ url, extras }: Task, { account, gallery }: OperationContext): Promise<Result> {
  const group = readFields(groupId, extras.groupId, 'extras.groupId');
  const probes = await gallery.identify(account, group, url);
  const bestRate = Math.max(0, ...probes.flatMap(({ persons }) => persons[0]?.rate ?? []));
  return {
    scene: 'sface-n',
    ...verdictOf(bestRate > 0, bestRate),
    topPersonData: probes.map(describeProbe),
  };
}

async function comparePictures(
  { url, extras }: Task,
  { account, gallery }: OperationContext,
): Promise<Result> {
  const { rate, isSamePerson } = await gallery.verify(
    account,
    url,
    readFields(pictureUrl, extras.faceUrl, 'extras.faceUrl'),
  );
  return { scene: 'sface-1', ...verdictOf(isSamePerson, rate) };
}

const scanners = { 'sface-n': searchGroup, 'sface-1': comparePictures };

async function scanTask(scenes: readonly z.output<typeof scene>[], task: Task, context: OperationContext) {
  const { dataId, url } = task;
  const identity = { ...(dataId === undefined ? {} : { dataId }), taskId: randomUUID(), url };
  try {
    const results = await Promise.all(scenes.map((scene) => scanners[scene](task, context)));
    return { code: 200, msg: 'OK', ...identity, results };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { code: Number(error.code), msg: error.message, ...identity };
  }
}

export const imageSyncScan = defineOperation({
  action: 'ImageSyncScan',
  path: '/green/image/scan',
  summary: 'Search a group for the faces of pictures (sface-n), or compare two pictures (sface-1)',
  source: 'https://help.aliyun.com/document_detail/70417.html',
  evidence: 'observed',
  qps: 50,
  refusals: [],
  notes: [
    `sface-n: every face of the picture, largest first, each with the ${maxPersonsPerFace} most similar persons of \`extras.groupId\`, best first; nobody above the threshold means an empty list.`,
    'sface-1: the largest face of `url` against the largest of `extras.faceUrl`.',
    'A task that fails carries its own code and msg; its neighbours succeed. The cloud does not publish the values of `label` and `suggestion`: Lethe answers `sface` and `review` for a match, `normal` and `pass` otherwise.',
  ],
  request: z.object({
    bizType: bizType.optional(),
    scenes: z
      .array(scene, { error: (issue) => (issue.input === undefined ? 'is required' : 'must be an array') })
      .min(1, 'must not be empty')
      .max(2, 'must have at most 2 items'),
    tasks,
  }),
  response: z.array(
    z.object({
      code: z.int(),
      msg: z.string(),
      dataId: z.string().optional(),
      taskId: z.string(),
      url: z.string(),
      results: z.array(result).optional(),
    }),
  ),
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
    ],
  },
  handle({ scenes, tasks }, context) {
    return Promise.all(tasks.map((task) => scanTask(scenes, task, context)));
  },
});
