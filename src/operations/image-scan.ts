// What the synchronous and the asynchronous image scan share: the request, the scenes, and how a finding is told.
import * as z from 'zod';
import type { Identification, ProbeFace } from '../gallery/identify.ts';
import type { Box } from '../gallery/ports.ts';
import type { Verification } from '../gallery/recognise.ts';
import { Refusal } from '../wire/errors.ts';
import { bizType, clientInfo, dataId, groupId, pictureUrl, readFields } from '../wire/fields.ts';
import { maxPersonsPerFace, maxScanTasks } from '../wire/limits.ts';
import type { OperationContext } from './operation.ts';

const sceneNames = ['sface-n', 'sface-1', 'sface'] as const;
type Scene = (typeof sceneNames)[number];

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
  z
    .array(task, { error: (issue) => (issue.input === undefined ? 'is required' : 'must be an array') })
    .min(1, 'must not be empty')
    .max(maxScanTasks, `must have at most ${maxScanTasks} items`)
    .refine((list) => {
      const given = list.flatMap(({ dataId }) => dataId ?? []);
      return new Set(given).size === given.length;
    }, 'a dataId must be unique in the request'),
);

export const scanRequest = z.object({
  bizType: bizType.optional(),
  scenes: z
    .array(z.enum(sceneNames, 'must be sface-n, sface-1 or sface'), {
      error: (issue) => (issue.input === undefined ? 'is required' : 'must be an array'),
    })
    .min(1, 'must not be empty')
    .max(sceneNames.length, `must have at most ${sceneNames.length} items`),
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
  topPersonData: z.array(
    z.object({
      faceItem,
      persons: z.array(personFound),
    }),
  ),
});
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
type Result = z.input<typeof scanResult>;

/** What a scene found, before it is told. */
type Finding =
  | { readonly scene: 'sface-n' | 'sface'; readonly probes: readonly ProbeFace[] }
  | { readonly scene: 'sface-1'; readonly verification: Verification };

/** Refuses the scene sface where the operator has named no group for it. @throws {Refusal} permissionDenied */
export function checkScenes(scenes: readonly Scene[], { sfaceGroup }: OperationContext): void {
  if (scenes.includes('sface') && sfaceGroup === undefined) {
    throw new Refusal('permissionDenied', 'the scene sface is not open');
  }
}

async function look(scene: Scene, task: ScanTask, context: OperationContext): Promise<Finding> {
  const { account, gallery, sfaceGroup } = context;
  const { url, extras } = task;
  if (scene === 'sface-1') {
    const faceUrl = readFields(pictureUrl, extras.faceUrl, 'extras.faceUrl');
    return { scene, verification: await gallery.verify(account, url, faceUrl) };
  }
  const group = scene === 'sface' ? sfaceGroup : extras.groupId;
  return { scene, probes: await searchGroup(context, readFields(groupId, group, 'extras.groupId'), url) };
}

/** Every face of the picture with the persons of one group it may be, as many as the cloud lists. */
export async function searchGroup(
  { account, gallery }: OperationContext,
  groupId: string,
  url: string,
): Promise<readonly ProbeFace[]> {
  const query = { url, groupIds: [groupId], limit: maxPersonsPerFace };
  return (await gallery.identify(account, query)).faces;
}

/** Looks at the picture for each scene; a task that cannot be served says why. */
export async function scan(
  scenes: readonly Scene[],
  task: ScanTask,
  context: OperationContext,
): Promise<readonly Finding[] | Refusal> {
  try {
    return await Promise.all(scenes.map((scene) => look(scene, task, context)));
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

export interface ScanHead {
  readonly dataId?: string;
  readonly taskId: string;
  readonly url: string;
}

/** The item of a task, as true as it is now: a face that has been deleted since the scan names nobody. */
export function describeScan(
  head: ScanHead,
  found: readonly Finding[] | Refusal,
  { account, gallery }: Pick<OperationContext, 'account' | 'gallery'>,
) {
  if (found instanceof Refusal) return { code: Number(found.code), msg: found.message, ...head };
  const isEnrolled = ({ personId, faceId }: Identification) => gallery.isEnrolled(account, personId, faceId);
  return { code: 200, msg: 'OK', ...head, results: found.map((one) => describeFinding(one, isEnrolled)) };
}

function describeFinding(finding: Finding, isEnrolled: (found: Identification) => boolean): Result {
  if (finding.scene === 'sface-1') {
    const { isSamePerson, rate } = finding.verification;
    return { scene: 'sface-1', ...verdictOf(isSamePerson, rate) };
  }
  const probes = finding.probes.map((probe) => ({ ...probe, persons: probe.persons.filter(isEnrolled) }));
  return finding.scene === 'sface-n' ? describeGroupSearch(probes) : describeFacesOfNote(probes);
}

/** The answer of the scene sface-n: every face of the picture, with the persons it may be. */
export function describeGroupSearch(probes: readonly ProbeFace[]): z.input<typeof groupResult> {
  return { scene: 'sface-n', ...bestVerdict(probes), topPersonData: probes.map(describeProbe) };
}

/** The scene sface lists the faces that it knows, and no other. */
function describeFacesOfNote(probes: readonly ProbeFace[]): Result {
  const known = probes.filter(({ persons }) => persons.length > 0);
  return { scene: 'sface', ...bestVerdict(probes), sfaceData: known.map(describeFaceOfNote) };
}

function bestVerdict(probes: readonly ProbeFace[]) {
  const bestRate = Math.max(0, ...probes.flatMap(({ persons }) => persons[0]?.rate ?? []));
  return verdictOf(bestRate > 0, bestRate);
}

const verdictOf = (isFound: boolean, rate: number) =>
  isFound
    ? { label: 'sface' as const, suggestion: 'review' as const, rate }
    : { label: 'normal' as const, suggestion: 'pass' as const, rate };

export const describeBox = ({ x, y, width, height }: Box): z.input<typeof faceItem> => ({
  x: Math.round(x),
  y: Math.round(y),
  width: Math.round(width),
  height: Math.round(height),
});

const describeProbe = ({ box, persons }: ProbeFace) => ({
  faceItem: describeBox(box),
  persons: persons.map(describePerson),
});

const describePerson = ({ personId, faceId, rate, name, note }: Identification) => ({
  personId,
  faceId,
  rate,
  ...(name === undefined ? {} : { name }),
  ...(note === undefined ? {} : { note }),
});

const describeFaceOfNote = ({ box, persons }: ProbeFace) => ({
  x: Math.round(box.x),
  y: Math.round(box.y),
  w: Math.round(box.width),
  h: Math.round(box.height),
  // The cloud's list has a name for everybody; where a person has none, the id stands for it.
  faces: persons.map(({ personId, name, rate }) => ({ id: personId, name: name ?? personId, rate })),
});

/** What of a scan is worth saying once about all of them. */
export const sceneNotes = [
  `sface-n: every face of the picture, largest first, each with the ${maxPersonsPerFace} most similar persons of \`extras.groupId\`, best first; nobody above the threshold means an empty list.`,
  'sface-1: the largest face of `url` against the largest of `extras.faceUrl`.',
  "sface: the group of the caller's account that `--sface-group` names is searched, and the faces of the picture that it knows are listed; `id` is a personId. Without the setting the whole request is refused with 596.",
  'A task that fails carries its own code and msg; its neighbours succeed. The cloud does not publish the values of `label` and `suggestion`: Lethe answers `sface` and `review` for a match, `normal` and `pass` otherwise.',
];
