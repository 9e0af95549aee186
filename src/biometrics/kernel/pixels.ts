// Halves, resizes and warps pictures. AssemblyScript: `npm run build:kernel` compiles it to build/pixels.wasm.
// All places are byte addresses in the imported memory, whose layout is the caller's. A picture is RGB, 8 bits a
// channel, without gaps; a byte beyond it is read, and one beyond a halved picture written.

// Where red, green and blue go, and the scale and shift of each: value x scale + shift.
let target: usize = 0;
let pixelBytes: usize = 0;
let rowBytes: usize = 0;
let redAt: usize = 0;
let greenAt: usize = 0;
let blueAt: usize = 0;
let scale: v128 = f32x4.splat(1);
let shift: v128 = f32x4.splat(0);

/** Says where `resize` and `warp` write their f32 values: bytes from one pixel and one row to the next. */
export function aim(to: usize, pixel: usize, row: usize, red: usize, green: usize, blue: usize): void {
  target = to;
  pixelBytes = pixel;
  rowBytes = row;
  redAt = red;
  greenAt = green;
  blueAt = blue;
}

/** Says what becomes of the values, 0 to 255, of red, green and blue. */
export function tune(
  redScale: f32,
  greenScale: f32,
  blueScale: f32,
  redShift: f32,
  greenShift: f32,
  blueShift: f32,
): void {
  scale = vectorOf(redScale, greenScale, blueScale);
  shift = vectorOf(redShift, greenShift, blueShift);
}

function vectorOf(red: f32, green: f32, blue: f32): v128 {
  let vector = f32x4.splat(red);
  vector = f32x4.replace_lane(vector, 1, green);
  return f32x4.replace_lane(vector, 2, blue);
}

/** Halves both sides, rounded down, at least 1 each: a pixel is the mean of a block of four. */
export function halve(from: usize, width: u32, height: u32, to: usize): void {
  const halfWidth: u32 = width > 1 ? width >> 1 : 1;
  const halfHeight: u32 = height > 1 ? height >> 1 : 1;
  const right: usize = width > 1 ? 3 : 0;
  const below: usize = height > 1 ? <usize>width * 3 : 0;
  const rounding = i16x8.splat(2);
  for (let y: u32 = 0; y < halfHeight; y++) {
    let p = from + <usize>(2 * y) * width * 3;
    for (let x: u32 = 0; x < halfWidth; x++) {
      const q = p + below;
      const upper = i16x8.add(shortsAt(p), shortsAt(p + right));
      const lower = i16x8.add(shortsAt(q), shortsAt(q + right));
      const mean = i16x8.shr_u(i16x8.add(i16x8.add(upper, lower), rounding), 2);
      // The fourth byte is the next pixel's, which is written after it.
      store<u32>(to, i32x4.extract_lane(i8x16.narrow_i16x8_u(mean, mean), 0));
      to += 3;
      p += 6;
    }
  }
}

/**
 * Stretches a picture to `toWidth` x `toHeight`, bilinear; pixels beyond the edge are those of the edge.
 * @param table memory for 12 bytes a column
 */
export function resize(
  from: usize,
  width: u32,
  height: u32,
  toWidth: u32,
  toHeight: u32,
  table: usize,
): void {
  const end = table + <usize>toWidth * 12;
  for (let x: u32 = 0; x < toWidth; x++) {
    const place = placeOf(x, width, toWidth);
    const left = <u32>place;
    const entry = table + <usize>x * 12;
    store<u32>(entry, left * 3);
    store<u32>(entry, min(left + 1, width - 1) * 3, 4);
    store<f32>(entry, <f32>(place - <f64>left), 8);
  }
  for (let y: u32 = 0; y < toHeight; y++) {
    const place = placeOf(y, height, toHeight);
    const top = <u32>place;
    const upper = from + <usize>top * width * 3;
    const lower = from + <usize>min(top + 1, height - 1) * width * 3;
    const down = f32x4.splat(<f32>(place - <f64>top));
    let to = target + <usize>y * rowBytes;
    for (let entry = table; entry < end; entry += 12) {
      const left = <usize>load<u32>(entry);
      const right = <usize>load<u32>(entry, 4);
      const across = v128.load_splat<f32>(entry, 8);
      const above = mix(floatsAt(upper + left), floatsAt(upper + right), across);
      const below = mix(floatsAt(lower + left), floatsAt(lower + right), across);
      write(to, mix(above, below, down));
      to += pixelBytes;
    }
  }
}

/** The square of `side` pixels whose pixel (x, y) lies at (a x - b y + dx, b x + a y + dy), bilinear, black outside. */
export function warp(
  from: usize,
  width: u32,
  height: u32,
  a: f64,
  b: f64,
  dx: f64,
  dy: f64,
  side: u32,
): void {
  const stride = <usize>width * 3;
  const mostX = <f64>(width - 1);
  const mostY = <f64>(height - 1);
  for (let y: u32 = 0; y < side; y++) {
    let to = target + <usize>y * rowBytes;
    for (let x: u32 = 0; x < side; x++) {
      const sourceX = dx - b * <f64>y + a * <f64>x;
      const sourceY = dy + a * <f64>y + b * <f64>x;
      if (sourceX >= 0 && sourceY >= 0 && sourceX < mostX && sourceY < mostY) {
        const left = <u32>sourceX;
        const top = <u32>sourceY;
        const across = f32x4.splat(<f32>(sourceX - <f64>left));
        const down = f32x4.splat(<f32>(sourceY - <f64>top));
        const p = from + <usize>top * stride + <usize>left * 3;
        const above = mix(floatsAt(p), floatsAt(p + 3), across);
        const below = mix(floatsAt(p + stride), floatsAt(p + stride + 3), across);
        write(to, mix(above, below, down));
      } else {
        write(to, readEdge(from, width, height, sourceX, sourceY));
      }
      to += pixelBytes;
    }
  }
}

/** A pixel on or beyond the edge: the neighbours that lie outside count as black. */
function readEdge(from: usize, width: u32, height: u32, sourceX: f64, sourceY: f64): v128 {
  const left = Math.floor(sourceX);
  const top = Math.floor(sourceY);
  let sum = f32x4.splat(0);
  for (let y = top; y <= top + 1; y++) {
    if (!(y >= 0 && y < <f64>height)) continue;
    for (let x = left; x <= left + 1; x++) {
      if (!(x >= 0 && x < <f64>width)) continue;
      const weight = <f32>((1 - Math.abs(sourceX - x)) * (1 - Math.abs(sourceY - y)));
      const at = from + (<usize>y * width + <usize>x) * 3;
      sum = f32x4.add(sum, f32x4.mul(floatsAt(at), f32x4.splat(weight)));
    }
  }
  return sum;
}

function placeOf(i: u32, from: u32, to: u32): f64 {
  const place = ((<f64>i + 0.5) * <f64>from) / <f64>to - 0.5;
  return min(max(place, 0), <f64>(from - 1));
}

function shortsAt(at: usize): v128 {
  return i16x8.extend_low_i8x16_u(v128.load_zero<u32>(at));
}

function floatsAt(at: usize): v128 {
  return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(shortsAt(at)));
}

function mix(one: v128, other: v128, part: v128): v128 {
  return f32x4.add(one, f32x4.mul(f32x4.sub(other, one), part));
}

function write(to: usize, value: v128): void {
  const tuned = f32x4.add(f32x4.mul(value, scale), shift);
  store<f32>(to + redAt, f32x4.extract_lane(tuned, 0));
  store<f32>(to + greenAt, f32x4.extract_lane(tuned, 1));
  store<f32>(to + blueAt, f32x4.extract_lane(tuned, 2));
}
