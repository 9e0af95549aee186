// Where the pixels of a drawing go, and what becomes of their values: part of the kernel of pixels.ts.

// Where red, green and blue go, and the scale and shift of each: value x scale + shift. Values come as 2^14 of each unit.
const unit: f32 = 16384;
export let target: usize = 0;
export let pixelBytes: usize = 0;
export let rowBytes: usize = 0;
let redAt: usize = 0;
let greenAt: usize = 0;
let blueAt: usize = 0;
let scale: v128 = f32x4.splat(1);
let shift: v128 = f32x4.splat(0);
// The same, one colour each, for four pixels at once.
let redScale: v128 = f32x4.splat(1);
let greenScale: v128 = f32x4.splat(1);
let blueScale: v128 = f32x4.splat(1);
let redShift: v128 = f32x4.splat(0);
let greenShift: v128 = f32x4.splat(0);
let blueShift: v128 = f32x4.splat(0);

/** Says where `resize` and `warp` write their f32 values: bytes from one pixel and one row to the next. */
export function aim(to: usize, pixel: usize, row: usize, red: usize, green: usize, blue: usize): void {
  target = to;
  pixelBytes = pixel;
  rowBytes = row;
  redAt = red;
  greenAt = green;
  blueAt = blue;
}

/** Says what becomes of the values, 0 to 255, of red, green and blue: times the factor, plus the summand. */
export function tune(
  redFactor: f32,
  greenFactor: f32,
  blueFactor: f32,
  redSummand: f32,
  greenSummand: f32,
  blueSummand: f32,
): void {
  scale = f32x4.mul(vectorOf(redFactor, greenFactor, blueFactor), f32x4.splat(1 / unit));
  shift = vectorOf(redSummand, greenSummand, blueSummand);
  redScale = f32x4.splat(redFactor / unit);
  greenScale = f32x4.splat(greenFactor / unit);
  blueScale = f32x4.splat(blueFactor / unit);
  redShift = f32x4.splat(redSummand);
  greenShift = f32x4.splat(greenSummand);
  blueShift = f32x4.splat(blueSummand);
}

function vectorOf(red: f32, green: f32, blue: f32): v128 {
  let vector = f32x4.splat(red);
  vector = f32x4.replace_lane(vector, 1, green);
  return f32x4.replace_lane(vector, 2, blue);
}

export function write(to: usize, value: v128): void {
  const tuned = f32x4.add(f32x4.mul(value, scale), shift);
  store<f32>(to + redAt, f32x4.extract_lane(tuned, 0));
  store<f32>(to + greenAt, f32x4.extract_lane(tuned, 1));
  store<f32>(to + blueAt, f32x4.extract_lane(tuned, 2));
}

/** Four neighbours of a row, where the values of a colour lie side by side. */
export function writeFour(to: usize, a: v128, b: v128, c: v128, d: v128): void {
  const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const red = v128.shuffle<f32>(ab, cd, 0, 1, 4, 5);
  const green = v128.shuffle<f32>(ab, cd, 2, 3, 6, 7);
  const blue = v128.shuffle<f32>(
    v128.shuffle<f32>(a, b, 2, 6, 2, 6),
    v128.shuffle<f32>(c, d, 2, 6, 2, 6),
    0,
    1,
    4,
    5,
  );
  v128.store(to + redAt, f32x4.add(f32x4.mul(red, redScale), redShift));
  v128.store(to + greenAt, f32x4.add(f32x4.mul(green, greenScale), greenShift));
  v128.store(to + blueAt, f32x4.add(f32x4.mul(blue, blueScale), blueShift));
}
