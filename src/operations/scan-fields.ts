// A scan as it stands on the wire: what its request and its answer hold, and the example that the documents show.
import * as z from 'zod';
import type { Box } from '../gallery/ports.ts';
import { bizType, clientInfo, dataId, groupId, listOf, pictureUrl } from '../wire/fields.ts';
import { maxPersonsPerFace, maxScanTasks } from '../wire/limits.ts';

const sceneNames = ['sface-n', 'sface-1', 'sface'] as const;
export type Scene = (typeof sceneNames)[number];

const task = z.object({
  dataId: dataId.optional(),
  url: pictureUrl,
  extras: z
    .object({ groupId: groupId.optional(), faceUrl: pictureUrl.optional() }, 'must be an object')
    .default({}),
  clientInfo: clientInfo.optional(),
});
export type ScanTask = z.output<typeof task>;

const tasks = z.preprocess(
  // A public PHP client sends one task without the array around it.
  (value) => (typeof value === 'object' && value !== null && !Array.isArray(value) ? [value] : value),
  listOf(task, maxScanTasks).refine((list) => {
    const given = list.flatMap(({ dataId }) => dataId ?? []);
    return new Set(given).size === given.length;
  }, 'a dataId must be unique in the request'),
);

export const scanRequest = z.object({
  bizType: bizType.optional(),
  scenes: listOf(z.enum(sceneNames, 'must be sface-n, sface-1 or sface'), sceneNames.length),
  tasks,
});

/** What every answer about a task begins with. */
export const taskHead = {
  code: z.int(),
  msg: z.string(),
  dataId: z.string().optional(),
  taskId: z.string(),
  url: z.string(),
};

const personFound = z.object({
  personId: z.string(),
  faceId: z.string(),
  rate: z.number(),
  name: z.string().optional(),
  note: z.string().optional(),
});
const verdict = {
  label: z.enum(['normal', 'sface']),
  suggestion: z.enum(['pass', 'review', 'block']),
  rate: z.number().describe('0 to 100'),
};
/** Where a face is, in pixels of the picture. */
export const faceItem = z.object({ x: z.int(), y: z.int(), width: z.int(), height: z.int() });

export const groupResult = z.object({
  scene: z.literal('sface-n'),
  ...verdict,
  topPersonData: z.array(z.object({ faceItem, persons: z.array(personFound) })),
});
export type GroupResult = z.input<typeof groupResult>;

export const exampleGroupResult: GroupResult = {
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
};

export const scanResult = z.union([
  groupResult,
  z.object({ scene: z.literal('sface-1'), ...verdict }),
  z.object({
    scene: z.literal('sface'),
    ...verdict,
    sfaceData: z.array(
      z.object({
        x: z.int(),
        y: z.int(),
        w: z.int(),
        h: z.int(),
        faces: z.array(z.object({ id: z.string(), name: z.string(), rate: z.number() })),
      }),
    ),
  }),
]);
export type ScanResult = z.input<typeof scanResult>;

export const describeBox = ({ x, y, width, height }: Box): z.input<typeof faceItem> => ({
  x: Math.round(x),
  y: Math.round(y),
  width: Math.round(width),
  height: Math.round(height),
});

/** What of a scan is worth saying once about all of them. */
export const sceneNotes = [
  `sface-n: every face of the picture, largest first, each with the ${maxPersonsPerFace} most similar persons of \`extras.groupId\`, best first; nobody above the threshold means an empty list.`,
  'sface-1: the largest face of `url` against the largest of `extras.faceUrl`.',
  "sface: the group of the caller's account that `--sface-group` names is searched, and the faces of the picture that it knows are listed; `id` is a personId. Without the setting the whole request is refused with 596.",
  'A task that fails carries its own code and msg; its neighbours succeed. The cloud does not publish the values of `label` and `suggestion`: Lethe answers `sface` and `review` for a match, `normal` and `pass` otherwise.',
];
