// Reads the weights of TensorFlow.js models: float32, int32, and quantised to float16, uint8 or uint16.

/** A named array of a TensorFlow.js model, dequantised; row-major. */
export interface Weights {
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array;
}

interface Quantization {
  readonly dtype: string;
  readonly scale?: number;
  readonly min?: number;
}

interface WeightsEntry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly quantization?: Quantization;
}

/** As it stands in model.json or a weights manifest: each group's arrays lie one after the other in its file. */
export type WeightsManifest = readonly { readonly weights: readonly WeightsEntry[] }[];

const bytesPerValue: Record<string, number> = { float32: 4, int32: 4, float16: 2, uint16: 2, uint8: 1 };

/** @throws {Error} when the file's length is not what the manifest adds up to, or a type is unknown */
export function readWeights(manifest: WeightsManifest, file: Uint8Array): Map<string, Weights> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const all = new Map<string, Weights>();
  let offset = 0;
  for (const entry of manifest.flatMap((group) => group.weights)) {
    const stored = entry.quantization?.dtype ?? entry.dtype;
    const size = bytesPerValue[stored];
    if (size === undefined) throw new Error(`weights ${entry.name} have the unknown type ${stored}`);
    const count = entry.shape.reduce((product, side) => product * side, 1);
    if (offset + count * size > file.length) throw new Error(`the weights file ends inside ${entry.name}`);
    const values = new (entry.dtype === 'int32' ? Int32Array : Float32Array)(count);
    const read = valueReader(view, stored, entry.quantization);
    for (let i = 0; i < count; i++) values[i] = read(offset + i * size);
    all.set(entry.name, { shape: entry.shape, values });
    offset += count * size;
  }
  if (offset !== file.length) throw new Error(`the weights file has ${file.length - offset} bytes too many`);
  return all;
}

function valueReader(view: DataView, stored: string, quantization?: Quantization): (at: number) => number {
  const { scale = 1, min = 0 } = quantization ?? {};
  if (stored === 'float32') return (at) => view.getFloat32(at, true);
  if (stored === 'int32') return (at) => view.getInt32(at, true);
  if (stored === 'float16') return (at) => float16(view.getUint16(at, true));
  if (stored === 'uint16') return (at) => view.getUint16(at, true) * scale + min;
  return (at) => view.getUint8(at) * scale + min;
}

/** IEEE 754 binary16; Node 20's DataView has no getFloat16. */
export function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return (sign * fraction) / 2 ** 24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Convolution filters height x width x in x out, as TensorFlow keeps them, to out x in x height x width. */
export function filtersToOnnx({ shape, values }: Weights): Weights {
  const [height = 1, width = 1, inputs = 1, outputs = 1] = shape;
  const turned = new Float32Array(values.length);
  let at = 0;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let i = 0; i < inputs; i++)
        for (let o = 0; o < outputs; o++) turned[((o * inputs + i) * height + y) * width + x] = values[at++]!;
  return { shape: [outputs, inputs, height, width], values: turned };
}
