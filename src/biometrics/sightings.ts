// Finds the faces of a picture and the mesh of each, looking again in other ways where there seems to be none.
import { type BlazefaceNetwork, detectWithBlazeface } from './blazeface.ts';
import { areaOf, type Detection, overlap } from './detection.ts';
import type { Frame, Frames } from './frame.ts';
import { angleOf, boundsOf, faceAround, findAngle, type Mesh, traceMesh } from './landmarks.ts';
import type { DetectorNetwork, FaceNetworks } from './networks.ts';
import type { Pyramid } from './raster.ts';
import { detectWithUltraface, type UltrafaceNetwork } from './ultraface.ts';

/** A face whose place and points are known, in one frame of the picture. */
export interface Sighting {
  readonly frame: Frame;
  readonly detection: Detection;
  readonly mesh: Mesh;
  /** Quarter turns clockwise by which the face lies otherwise than the detector took it. */
  readonly quarterTurns: 0 | 1 | 2 | 3;
}

/** One way to look at a picture. */
interface Look {
  readonly frame: Frame;
  readonly detector: DetectorNetwork;
  /** Small faces would have been found at the first look. */
  readonly onlyLarge?: boolean;
  readonly least: { readonly confidence: number; readonly presence: number };
}

/**
 * The detectors' own confidence counts, and the probability that the mesh lies on a face. Over the 1,444 photographs
 * of the LFW subset the detector's false finds (microphones, badges, cloth between two faces) have a presence of 0.00
 * to 0.04, its true faces 1.00 but for profiles, of which no template could be trusted.
 */
const likely = { confidence: 0, presence: 0.1 };

/**
 * Asked of the second detector and of turned pictures, which see faces in leaves and folds. With these a crop of 80 pixels
 * out of the corners of the same photographs shows a false face once in a hundred times.
 */
const unlikely = { confidence: 0.75, presence: 0.9 };

/** Least presence of a mesh that was found by leaning only. */
const leastLeaning = 0.5;

/** Tried in this order, radians and quarter turns; leaning only while there seems to be no face at all. */
const otherAngles = [
  { lean: 0.35, quarterTurns: 0 },
  { lean: -0.35, quarterTurns: 0 },
  { lean: 0, quarterTurns: 1 },
  { lean: 0, quarterTurns: 2 },
  { lean: 0, quarterTurns: 3 },
] as const;

/** An upright face's mesh has at least this presence (99 of 100 in LFW), one laid the wrong way round hardly ever. */
const surePresence = 0.998;

/**
 * Two meshes that overlap by more lie on one face, seen twice by the detector between two faces or beside a large one.
 * In the same photographs doubles share 0.37 and more, cheek to cheek faces at most 0.25.
 */
const mostMeshOverlap = 0.35;

/** Of the largest `maxFaces` that the detector sees, those that are faces, each once, largest first. */
export async function findFaces(
  networks: FaceNetworks,
  frames: Frames,
  maxFaces: number,
): Promise<Sighting[]> {
  let best: Sighting[] = [];
  for (const look of waysToLook(networks, frames)) {
    // Whoever has a face looks no further, but for one that fills its picture and is seen askew for want of surroundings.
    if (best.length > 0 && !look.onlyLarge) break;
    const found = await sight(networks, look, maxFaces);
    if (found.length >= best.length && presenceOf(found) > presenceOf(best)) best = found;
    // Before the next frame, which takes time and memory, is made.
    if (isSure(best)) break;
  }
  return seeUpright(networks, frames, best, maxFaces);
}

const presenceOf = ([largest]: readonly Sighting[]): number => largest?.mesh.presence ?? 0;
const isSure = (found: readonly Sighting[]): boolean => presenceOf(found) >= surePresence;

/**
 * Where the largest face lies on its side or its head, looks at the picture turned upright: boxes and landmarks of
 * turned faces are poor. Kept as it was where that shows fewer faces or worse ones.
 */
async function seeUpright(
  networks: FaceNetworks,
  frames: Frames,
  found: Sighting[],
  maxFaces: number,
): Promise<Sighting[]> {
  const [largest] = found;
  if (!largest || largest.quarterTurns === 0 || largest.frame.turnedBy !== 0) return found;
  const turnedBy = (360 - 90 * largest.quarterTurns) as 90 | 180 | 270;
  const look = { frame: frames.turned(turnedBy), detector: networks.detector, least: likely };
  const upright = await sight(networks, look, maxFaces);
  const isBetter = isSure(upright) || presenceOf(upright) >= presenceOf(found);
  return isBetter && upright.length >= found.length ? upright : found;
}

/** Ever less likely ways: as the picture is, with black around it, with the second detector, turned. */
function* waysToLook({ detector, fallbackDetector }: FaceNetworks, frames: Frames): Generator<Look> {
  const upright = frames.upright();
  yield { frame: upright, detector, least: likely };
  yield { frame: frames.padded(), detector, onlyLarge: true, least: likely };
  if (fallbackDetector) yield { frame: upright, detector: fallbackDetector, least: unlikely };
  for (const turnedBy of [90, 180, 270] as const)
    yield { frame: frames.turned(turnedBy), detector, least: unlikely };
}

async function sight(networks: FaceNetworks, look: Look, maxFaces: number): Promise<Sighting[]> {
  const { frame, least } = look;
  const detections = await detect(look);
  const largestFirst = detections
    .filter(({ confidence }) => confidence >= least.confidence)
    .sort((one, other) => areaOf(other.corners) - areaOf(one.corners));
  const sightings: Sighting[] = [];
  for (const detection of largestFirst.slice(0, maxFaces)) {
    const { mesh, quarterTurns } = await layMesh(networks, frame.pyramid, detection);
    if (mesh.presence >= least.presence) sightings.push({ frame, detection, mesh, quarterTurns });
  }
  return dropDoubles(sightings);
}

function detect({ detector, frame, onlyLarge = false }: Look): Promise<Detection[]> {
  return detector.model.decoder === 'ultraface'
    ? detectWithUltraface(detector as UltrafaceNetwork, frame.pyramid, { onlyLarge })
    : detectWithBlazeface(detector as BlazefaceNetwork, frame.pyramid);
}

/**
 * The mesh at the angle that detector or landmarks tell. Both are trained on upright faces, the landmarks on frontal
 * ones: where the mesh is not sure, it is tried leaning and a quarter turn at a time, and where it holds better turned,
 * laid again by its own points.
 */
async function layMesh(
  networks: FaceNetworks,
  pyramid: Pyramid,
  detection: Detection,
): Promise<Pick<Sighting, 'mesh' | 'quarterTurns'>> {
  const { landmarks, mesh: network } = networks;
  const angle = detection.angle ?? (landmarks ? await findAngle(landmarks, pyramid, detection) : 0);
  const toldTurns = quarterTurnsOf(angle);
  let best: Pick<Sighting, 'mesh' | 'quarterTurns'> = {
    mesh: await traceMesh(network, pyramid, detection, angle),
    quarterTurns: toldTurns,
  };
  if (best.mesh.presence >= surePresence) return best;
  for (const { lean, quarterTurns } of otherAngles) {
    if (lean !== 0 && best.mesh.presence >= likely.presence) continue;
    const tried = angle + lean + (quarterTurns * Math.PI) / 2;
    const mesh = await traceMesh(network, pyramid, detection, tried);
    if (mesh.presence > Math.max(best.mesh.presence, lean === 0 ? 0 : leastLeaning))
      best = { mesh, quarterTurns: ((toldTurns + quarterTurns) % 4) as Sighting['quarterTurns'] };
  }
  if (best.quarterTurns === 0) return best;
  const around = { ...detection, corners: faceAround(best.mesh) };
  const relaid = await traceMesh(network, pyramid, around, angleOf(best.mesh));
  return relaid.presence >= best.mesh.presence ? { ...best, mesh: relaid } : best;
}

/** None for a head that leans by up to 60 degrees: so far boxes and landmarks hold. */
function quarterTurnsOf(angle: number): Sighting['quarterTurns'] {
  const turns = Math.abs(Math.sin(angle / 2)) > 0.5 ? Math.round(angle / (Math.PI / 2)) : 0;
  return (((turns % 4) + 4) % 4) as Sighting['quarterTurns'];
}

/** Keeps the most confident of sightings that are of one face. */
function dropDoubles(sightings: readonly Sighting[]): Sighting[] {
  const bounds = new Map(sightings.map((sighting) => [sighting, boundsOf(sighting.mesh)]));
  const isDouble = (one: Sighting, other: Sighting): boolean =>
    one.detection.confidence < other.detection.confidence &&
    overlap(bounds.get(one)!, bounds.get(other)!) > mostMeshOverlap;
  return sightings.filter((one) => !sightings.some((other) => isDouble(one, other)));
}
