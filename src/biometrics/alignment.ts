// Brings a face's points onto the template that an embedder was trained with.
import type { Mesh } from './landmarks.ts';
import type { ModelOf } from './models.ts';
import { fitSimilarity, type Similarity } from './similarity.ts';

export type Alignment = ModelOf<'embedder'>['alignment'];

/** Points of the mesh, each the mean of some of its 468, and where they belong on a chip of `side` pixels. */
interface AlignmentTemplate {
  readonly side: number;
  readonly points: readonly (readonly number[])[];
  /** x, y of each point. */
  readonly places: readonly number[];
}

/** Eyes, tip of the nose, corners of the mouth: InsightFace's template (arcface_dst), which all its kin use. */
const arcface: AlignmentTemplate = {
  side: 112,
  points: [[33, 133], [362, 263], [1], [61], [291]],
  places: [38.2946, 51.6963, 73.5318, 51.5014, 56.0252, 71.7366, 41.5493, 92.3655, 70.7299, 92.2041],
};

/**
 * dlib's mean face (get_face_chip_details), nose, eyes and mouth of its 68 points without the lower outer lip: point
 * of the mesh that lies there, then its place in the face's unit square.
 */
const dlibMeanFace = [
  [168, 0.490127, 0.203352],
  [197, 0.490127, 0.307009],
  [5, 0.490127, 0.409805],
  [4, 0.490127, 0.515625],
  [75, 0.36688, 0.587326],
  [97, 0.426036, 0.609345],
  [2, 0.490127, 0.628106],
  [326, 0.554217, 0.609345],
  [305, 0.613373, 0.587326],
  [33, 0.121737, 0.216423],
  [160, 0.187122, 0.178758],
  [158, 0.265825, 0.179852],
  [133, 0.334606, 0.231733],
  [153, 0.260918, 0.245099],
  [144, 0.182743, 0.244077],
  [362, 0.645647, 0.231733],
  [385, 0.714428, 0.179852],
  [387, 0.793132, 0.178758],
  [263, 0.858516, 0.216423],
  [373, 0.79751, 0.244077],
  [380, 0.719335, 0.245099],
  [61, 0.254149, 0.780233],
  [39, 0.340985, 0.745405],
  [37, 0.428858, 0.727388],
  [0, 0.490127, 0.742578],
  [267, 0.551395, 0.727388],
  [269, 0.639268, 0.745405],
  [291, 0.726104, 0.780233],
  [78, 0.290379, 0.784792],
  [82, 0.428096, 0.778746],
  [13, 0.490127, 0.785343],
  [312, 0.552157, 0.778746],
  [308, 0.689874, 0.784792],
  [317, 0.553364, 0.824182],
  [14, 0.490127, 0.831803],
  [87, 0.42689, 0.824182],
] as const;

/** dlib leaves a quarter of the face's side around it. */
const dlibPadding = 0.25;
const dlibSide = 150;
const onDlibChip = (place: number): number => ((dlibPadding + place) / (2 * dlibPadding + 1)) * dlibSide;

const dlib: AlignmentTemplate = {
  side: dlibSide,
  points: dlibMeanFace.map(([point]) => [point]),
  places: dlibMeanFace.flatMap(([, x, y]) => [onDlibChip(x), onDlibChip(y)]),
};

const templates: Record<Alignment, AlignmentTemplate> = { 'arcface-112': arcface, 'dlib-150': dlib };

/** Maps the picture onto the template's chip, whose side in pixels is answered with it. */
export function align(mesh: Mesh, alignment: Alignment): { toChip: Similarity; side: number } {
  const { side, points, places } = templates[alignment];
  const found = points.flatMap((indices) => [
    meanOf(mesh.points, indices, 0),
    meanOf(mesh.points, indices, 1),
  ]);
  return { toChip: fitSimilarity(found, places), side };
}

const meanOf = (points: Float32Array, indices: readonly number[], axis: 0 | 1): number =>
  indices.reduce((sum, index) => sum + points[3 * index + axis]!, 0) / indices.length;
