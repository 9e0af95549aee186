// Where a detector saw a face, and how overlapping sightings become one.

/** Corners in pixels of the picture that was searched; may reach past its edges. */
export interface Corners {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface Detection {
  /** From hairline to chin and ear to ear, whichever detector found it. */
  readonly corners: Corners;
  /** 0 to 1. */
  readonly confidence: number;
  /** Clockwise turn of the line between the eyes, radians; undefined where the detector does not tell. */
  readonly angle: number | undefined;
}

const widthOf = ({ left, right }: Corners): number => right - left;
export const heightOf = ({ top, bottom }: Corners): number => bottom - top;
export const longerSideOf = (corners: Corners): number => Math.max(widthOf(corners), heightOf(corners));
export const areaOf = (corners: Corners): number =>
  Math.max(0, widthOf(corners)) * Math.max(0, heightOf(corners));

export function sharedArea(one: Corners, other: Corners): number {
  return areaOf({
    left: Math.max(one.left, other.left),
    top: Math.max(one.top, other.top),
    right: Math.min(one.right, other.right),
    bottom: Math.min(one.bottom, other.bottom),
  });
}

/** Shared area over the area of both together, 0 (apart) to 1 (the same). */
export function overlap(one: Corners, other: Corners): number {
  const shared = sharedArea(one, other);
  return shared === 0 ? 0 : shared / (areaOf(one) + areaOf(other) - shared);
}

/** Keeps the most confident of any detections that overlap by more than `most` (non-maximum suppression). */
export function suppress(detections: readonly Detection[], most: number): Detection[] {
  const kept: Detection[] = [];
  for (const detection of detections.toSorted((one, other) => other.confidence - one.confidence)) {
    if (!kept.some(({ corners }) => overlap(corners, detection.corners) > most)) kept.push(detection);
  }
  return kept;
}
