// The BlazeFace "back" detector: one look at 256 x 256, sure of large faces however they are turned.
import { type Corners, type Detection, overlap } from './detection.ts';
import type { ModelOf } from './models.ts';
import type { Network } from './network.ts';
import type { Pyramid } from './raster.ts';
import { resizeToTensor } from './tensor.ts';

type BlazefaceModel = Extract<ModelOf<'detector' | 'fallbackDetector'>, { decoder: 'blazeface' }>;
export type BlazefaceNetwork = Network<BlazefaceModel>;

const side = 256;
/** Cells a side, and anchors in the middle of each. */
const grids = [
  { cells: 16, anchors: 2 },
  { cells: 8, anchors: 6 },
] as const;
/** Centre, size, and six points: the eyes (left one of the picture first), nose, mouth, ears. */
const valuesPerAnchor = 16;

const leastConfidence = 0.5;
/** Sightings that overlap by more are averaged, weighted by their confidence. */
const mostOverlap = 0.3;

/** Its boxes reach from brows to chin: 0.85 of the side of UltraFace's (research, section 4). */
const partOfFace = 0.85;

interface Sighting {
  readonly confidence: number;
  readonly corners: Corners;
  /** x, y of the two eyes. */
  readonly eyes: readonly number[];
}

/** Every face of the picture, in pixels of its base. */
export async function detectWithBlazeface(network: BlazefaceNetwork, pyramid: Pyramid): Promise<Detection[]> {
  const { base } = pyramid;
  const scale = side / Math.max(base.width, base.height);
  const width = Math.max(1, Math.round(base.width * scale));
  const height = Math.max(1, Math.round(base.height * scale));
  const left = (side - width) >> 1;
  const top = (side - height) >> 1;
  const canvas = { width: side, height: side, left, top };
  const tensor = resizeToTensor(pyramid, { width, height }, network, canvas);
  const outputs = await network.run(tensor, side, side);
  const sightings = [
    ...decode(outputs.scores16, outputs.boxes16, grids[0]),
    ...decode(outputs.scores8, outputs.boxes8, grids[1]),
  ];
  const scaleX = base.width / width;
  const scaleY = base.height / height;
  return average(sightings).map((sighting) => {
    const { corners, eyes, confidence } = sighting;
    const angle = Math.atan2((eyes[3]! - eyes[1]!) * scaleY, (eyes[2]! - eyes[0]!) * scaleX);
    const x = ((corners.left + corners.right) / 2 - left) * scaleX;
    const y = ((corners.top + corners.bottom) / 2 - top) * scaleY;
    const halfWidth = ((corners.right - corners.left) * scaleX) / 2 / partOfFace;
    const halfHeight = ((corners.bottom - corners.top) * scaleY) / 2 / partOfFace;
    return {
      confidence,
      angle,
      corners: { left: x - halfWidth, top: y - halfHeight, right: x + halfWidth, bottom: y + halfHeight },
    };
  });
}

function decode(
  scores: Float32Array,
  boxes: Float32Array,
  { cells, anchors }: (typeof grids)[number],
): Sighting[] {
  const sightings: Sighting[] = [];
  const pitch = side / cells;
  for (let anchor = 0; anchor < cells * cells * anchors; anchor++) {
    const confidence = 1 / (1 + Math.exp(-scores[anchor]!));
    if (!(confidence >= leastConfidence)) continue;
    const cell = Math.floor(anchor / anchors);
    const anchorX = ((cell % cells) + 0.5) * pitch;
    const anchorY = (Math.floor(cell / cells) + 0.5) * pitch;
    const at = anchor * valuesPerAnchor;
    const x = anchorX + boxes[at]!;
    const y = anchorY + boxes[at + 1]!;
    const halfWidth = boxes[at + 2]! / 2;
    const halfHeight = boxes[at + 3]! / 2;
    sightings.push({
      confidence,
      corners: { left: x - halfWidth, top: y - halfHeight, right: x + halfWidth, bottom: y + halfHeight },
      eyes: [
        anchorX + boxes[at + 4]!,
        anchorY + boxes[at + 5]!,
        anchorX + boxes[at + 6]!,
        anchorY + boxes[at + 7]!,
      ],
    });
  }
  return sightings;
}

/** One sighting for each face: the weighted mean of all that overlap the most confident one. */
function average(sightings: readonly Sighting[]): Sighting[] {
  const averaged: Sighting[] = [];
  let rest = sightings.toSorted((one, other) => other.confidence - one.confidence);
  for (let best = rest[0]; best !== undefined; best = rest[0]) {
    const { corners, confidence } = best;
    const same = rest.filter((one) => one === best || overlap(one.corners, corners) > mostOverlap);
    rest = rest.filter((one) => !same.includes(one));
    const total = same.reduce((sum, one) => sum + one.confidence, 0);
    const mean = (value: (one: Sighting) => number): number =>
      same.reduce((sum, one) => sum + value(one) * one.confidence, 0) / total;
    averaged.push({
      confidence,
      corners: {
        left: mean((one) => one.corners.left),
        top: mean((one) => one.corners.top),
        right: mean((one) => one.corners.right),
        bottom: mean((one) => one.corners.bottom),
      },
      eyes: [0, 1, 2, 3].map((i) => mean((one) => one.eyes[i]!)),
    });
  }
  return averaged;
}
