// Finds the points of a face: 68 coarse ones that tell how it is turned, then the mesh of 468 that alignment uses.
import { type Corners, type Detection, heightOf, longerSideOf } from './detection.ts';
import type { ModelOf } from './models.ts';
import type { Network } from './network.ts';
import type { Pyramid } from './raster.ts';
import { invert, type Square, squareToChip } from './similarity.ts';
import { warpToTensor } from './tensor.ts';

/** x, y, z of each point in pixels of the picture; z is depth about the head's centre, nearer is smaller. */
export interface Mesh {
  readonly points: Float32Array;
  /** Probability that the mesh lies on a face, 0 to 1. */
  readonly presence: number;
}

const meshPointCount = 468;

/** Longer side of the mesh over that of the detector's box (research, section 4). */
const meshPart = 0.85;
/** Side of the square that FaceMesh looks at, over the face's longer side: it was made for 1.5 times the mesh. */
const meshMargin = 1.5 * meshPart;

/** Clockwise turn of the line between the eyes, radians, from the 68 points of iBUG's numbering. */
export async function findAngle(
  network: Network<ModelOf<'landmarks'>>,
  pyramid: Pyramid,
  { corners }: Detection,
): Promise<number> {
  const { side } = network;
  const square: Square = { ...centreOf(corners), side: heightOf(corners), angle: 0 };
  const tensor = warpToTensor(pyramid, squareToChip(square, side), network, side);
  const { points } = await network.run(tensor, side, side);
  // The four lid points of each eye: steadier than its corners.
  const [left, right] = [meanOf(points, [37, 38, 40, 41]), meanOf(points, [43, 44, 46, 47])];
  return Math.atan2(right.y - left.y, right.x - left.x);
}

/** Lays the mesh on a face whose eyes are turned by `angle`. */
export async function traceMesh(
  network: Network<ModelOf<'mesh'>>,
  pyramid: Pyramid,
  { corners }: Detection,
  angle: number,
): Promise<Mesh> {
  const { side } = network;
  const square: Square = { ...centreOf(corners), side: longerSideOf(corners) * meshMargin, angle };
  const toChip = squareToChip(square, side);
  const outputs = await network.run(warpToTensor(pyramid, toChip, network, side), side, side);
  const { a, b, dx, dy } = invert(toChip);
  const depthScale = Math.hypot(a, b);
  const points = new Float32Array(meshPointCount * 3);
  for (let i = 0; i < points.length; i += 3) {
    const x = outputs.points[i]!;
    const y = outputs.points[i + 1]!;
    points[i] = a * x - b * y + dx;
    points[i + 1] = b * x + a * y + dy;
    points[i + 2] = outputs.points[i + 2]! * depthScale;
  }
  return { points, presence: outputs.presence[0]! };
}

/** Clockwise turn of the line between the outer corners of the eyes, radians. */
export function angleOf({ points }: Mesh): number {
  const [left, right] = [33 * 3, 263 * 3];
  return Math.atan2(points[right + 1]! - points[left + 1]!, points[right]! - points[left]!);
}

/** The smallest upright rectangle around all points. */
export function boundsOf({ points }: Mesh): Corners {
  let [left, top, right, bottom] = [points[0]!, points[1]!, points[0]!, points[1]!];
  for (let i = 3; i < points.length; i += 3) {
    left = Math.min(left, points[i]!);
    top = Math.min(top, points[i + 1]!);
    right = Math.max(right, points[i]!);
    bottom = Math.max(bottom, points[i + 1]!);
  }
  return { left, top, right, bottom };
}

/** The box a detector would have drawn around the face: its mesh spans 0.85 of it. */
export function faceAround(mesh: Mesh): Corners {
  const { left, top, right, bottom } = boundsOf(mesh);
  const half = Math.max(right - left, bottom - top) / meshPart / 2;
  const [x, y] = [(left + right) / 2, (top + bottom) / 2];
  return { left: x - half, top: y - half, right: x + half, bottom: y + half };
}

const centreOf = ({ left, top, right, bottom }: Detection['corners']) => ({
  centreX: (left + right) / 2,
  centreY: (top + bottom) / 2,
});

function meanOf(points: Float32Array, indices: readonly number[]): { x: number; y: number } {
  let [x, y] = [0, 0];
  for (const index of indices) {
    x += points[2 * index]!;
    y += points[2 * index + 1]!;
  }
  return { x: x / indices.length, y: y / indices.length };
}
