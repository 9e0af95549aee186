// What the synchronous and the asynchronous image scan share: how a picture is looked at, and how a finding is told.
import type { Identification, ProbeFace } from '../gallery/identify.ts';
import type { Verification } from '../gallery/recognise.ts';
import { Refusal } from '../wire/errors.ts';
import { groupId, pictureUrl, readFields } from '../wire/fields.ts';
import { maxPersonsPerFace } from '../wire/limits.ts';
import type { OperationContext } from './operation.ts';
import { describeBox, type GroupResult, type ScanResult, type ScanTask, type Scene } from './scan-fields.ts';

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

function describeFinding(finding: Finding, isEnrolled: (found: Identification) => boolean): ScanResult {
  if (finding.scene === 'sface-1') {
    const { isSamePerson, rate } = finding.verification;
    return { scene: 'sface-1', ...verdictOf(isSamePerson, rate) };
  }
  const probes = finding.probes.map((probe) => ({ ...probe, persons: probe.persons.filter(isEnrolled) }));
  return finding.scene === 'sface-n' ? describeGroupSearch(probes) : describeFacesOfNote(probes);
}

/** The answer of the scene sface-n: every face of the picture, with the persons it may be. */
export function describeGroupSearch(probes: readonly ProbeFace[]): GroupResult {
  return { scene: 'sface-n', ...bestVerdict(probes), topPersonData: probes.map(describeProbe) };
}

/** The scene sface lists the faces that it knows, and no other. */
function describeFacesOfNote(probes: readonly ProbeFace[]): ScanResult {
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

function describeFaceOfNote({ box, persons }: ProbeFace) {
  const { x, y, width: w, height: h } = describeBox(box);
  // The cloud's list has a name for everybody; where a person has none, the id stands for it.
  const faces = persons.map(({ personId, name, rate }) => ({ id: personId, name: name ?? personId, rate }));
  return { x, y, w, h, faces };
}
