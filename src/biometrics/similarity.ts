// Similarities of the plane: turn, scale and shift, as faces are aligned with.

/** Maps (x, y) to (a x - b y + dx, b x + a y + dy): scale and angle are those of the complex number a + bi. */
export interface Similarity {
  readonly a: number;
  readonly b: number;
  readonly dx: number;
  readonly dy: number;
}

/**
 * The similarity without reflection that brings the points `from` nearest to `to` in the least-squares sense
 * (Umeyama 1991, whose two-dimensional case has a closed form). Both are x, y, x, y, … of the same length.
 * @throws {RangeError} where fewer than two points differ
 */
export function fitSimilarity(from: ArrayLike<number>, to: ArrayLike<number>): Similarity {
  const count = from.length / 2;
  const [fromX, fromY] = centroid(from);
  const [toX, toY] = centroid(to);
  let along = 0;
  let across = 0;
  let spread = 0;
  for (let i = 0; i < count; i++) {
    const x = from[2 * i]! - fromX;
    const y = from[2 * i + 1]! - fromY;
    const u = to[2 * i]! - toX;
    const v = to[2 * i + 1]! - toY;
    along += x * u + y * v;
    across += x * v - y * u;
    spread += x * x + y * y;
  }
  const a = along / spread;
  const b = across / spread;
  if (!Number.isFinite(a) || !Number.isFinite(b))
    throw new RangeError('no similarity fits: the points coincide');
  return { a, b, dx: toX - a * fromX + b * fromY, dy: toY - b * fromX - a * fromY };
}

function centroid(points: ArrayLike<number>): [x: number, y: number] {
  let x = 0;
  let y = 0;
  for (let i = 0; i < points.length; i += 2) {
    x += points[i]!;
    y += points[i + 1]!;
  }
  const count = points.length / 2;
  return [x / count, y / count];
}

/** The similarity that undoes the given one, whose scale must not be 0. */
export function invert({ a, b, dx, dy }: Similarity): Similarity {
  const squaredScale = a * a + b * b;
  const inverseA = a / squaredScale;
  const inverseB = -b / squaredScale;
  return {
    a: inverseA,
    b: inverseB,
    dx: -(inverseA * dx - inverseB * dy),
    dy: -(inverseB * dx + inverseA * dy),
  };
}

/** A square of a picture: its centre and side in pixels, turned clockwise by an angle in radians. */
export interface Square {
  readonly centreX: number;
  readonly centreY: number;
  readonly side: number;
  readonly angle: number;
}

/** Brings the square upright onto a chip of `chipSide` pixels. */
export function squareToChip({ centreX, centreY, side, angle }: Square, chipSide: number): Similarity {
  const scale = chipSide / side;
  const a = Math.cos(angle) * scale;
  const b = -Math.sin(angle) * scale;
  return {
    a,
    b,
    dx: chipSide / 2 - (a * centreX - b * centreY),
    dy: chipSide / 2 - (b * centreX + a * centreY),
  };
}
