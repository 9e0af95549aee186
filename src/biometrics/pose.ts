// How a head is turned, from the depth of its mesh.
import type { Pose } from '../gallery/ports.ts';
import type { Mesh } from './landmarks.ts';

type Vector = readonly [x: number, y: number, z: number];

// Points of MediaPipe's canonical mesh.
const leftSide = 234;
const rightSide = 454;
const forehead = 10;
const chin = 152;

const degrees = (radians: number): number => (radians * 180) / Math.PI;

/**
 * Degrees, as `Pose` says. Yaw and pitch are where the face's normal points: the normal of the plane through the
 * sides of the face, forehead and chin. `turnedBy` is what the picture was turned clockwise before the mesh was laid.
 */
export function poseOf({ points }: Mesh, turnedBy = 0): Pose {
  const at = (index: number): Vector => [points[3 * index]!, points[3 * index + 1]!, points[3 * index + 2]!];
  const across = unit(difference(at(rightSide), at(leftSide)));
  const down = unit(difference(at(chin), at(forehead)));
  // Both axes of a head turned upright: a roll would otherwise turn yaw into pitch.
  const roll = Math.atan2(across[1], across[0]);
  const normal = upright(unit(cross(down, across)), roll);
  return {
    yaw: degrees(Math.atan2(normal[0], -normal[2])),
    pitch: degrees(Math.asin(Math.max(-1, Math.min(1, -normal[1])))),
    roll: wrap(degrees(roll) - turnedBy),
  };
}

function upright([x, y, z]: Vector, roll: number): Vector {
  const [cos, sin] = [Math.cos(roll), Math.sin(roll)];
  return [cos * x + sin * y, cos * y - sin * x, z];
}

/** -180 to 180. */
const wrap = (angle: number): number => angle - 360 * Math.round(angle / 360);

const difference = (one: Vector, other: Vector): Vector => [
  one[0] - other[0],
  one[1] - other[1],
  one[2] - other[2],
];

const cross = (one: Vector, other: Vector): Vector => [
  one[1] * other[2] - one[2] * other[1],
  one[2] * other[0] - one[0] * other[2],
  one[0] * other[1] - one[1] * other[0],
];

function unit([x, y, z]: Vector): Vector {
  const length = Math.hypot(x, y, z) || 1;
  return [x / length, y / length, z / length];
}
