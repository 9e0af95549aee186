// Writes and reads ONNX: a small graph builder over the onnx-proto library.
import onnxProto, { type onnx as types } from 'onnx-proto';

// The library is CommonJS, whose names Node cannot import one by one.
const { onnx } = onnxProto;

/** The library's types allow every part to be absent; these are the parts that a graph read or built here has. */
type With<T, Parts> = Omit<T, keyof Parts> & Parts;
export type OnnxNode = With<types.INodeProto, { opType: string; input: string[]; output: string[] }>;
export type OnnxTensor = With<types.ITensorProto, { name: string }>;
export type OnnxValueInfo = With<types.IValueInfoProto, { name: string }>;
interface GraphParts {
  node: OnnxNode[];
  initializer: OnnxTensor[];
  input: OnnxValueInfo[];
  output: OnnxValueInfo[];
}
export type OnnxModel = With<types.IModelProto, { graph: With<types.IGraphProto, GraphParts> }>;

/** A number is a fixed size, a word a symbolic one. */
export type Dimension = number | string;

/** Integers, lists of them, or words, as ONNX nodes take them. */
export type Attributes = Record<string, number | readonly number[] | string>;

const { DataType } = onnx.TensorProto;
const { AttributeType } = onnx.AttributeProto;

/** @throws {Error} when the bytes are not an ONNX model */
export function readOnnx(bytes: Uint8Array): OnnxModel {
  const model = onnx.ModelProto.decode(bytes);
  if (!hasGraph(model)) throw new Error('these bytes hold no ONNX graph');
  return model;
}

/** The library decodes absent lists and names as empty ones, so that a graph is all that can be missing. */
function hasGraph(model: types.IModelProto): model is OnnxModel {
  return model.graph !== undefined && model.graph !== null;
}

/** The same model always gives the same bytes. */
export function writeOnnx(model: OnnxModel): Uint8Array {
  return onnx.ModelProto.encode(model).finish();
}

/** Float tensor, little-endian as ONNX stores it. */
export function floatTensor(name: string, dims: readonly number[], values: ArrayLike<number>): OnnxTensor {
  const rawData = new Uint8Array(values.length * 4);
  const view = new DataView(rawData.buffer);
  for (let i = 0; i < values.length; i++) view.setFloat32(i * 4, values[i]!, true);
  return { name, dims: [...dims], dataType: DataType.FLOAT, rawData };
}

/** One-dimensional int64 tensor: a shape, paddings, axes. */
function integerTensor(name: string, values: readonly number[]): OnnxTensor {
  const rawData = new Uint8Array(values.length * 8);
  const view = new DataView(rawData.buffer);
  for (const [i, value] of values.entries()) view.setBigInt64(i * 8, BigInt(value), true);
  return { name, dims: [values.length], dataType: DataType.INT64, rawData };
}

export const isFloatTensor = ({ dataType }: OnnxTensor): boolean => dataType === DataType.FLOAT;

/** Values of a float tensor, whichever of ONNX's two places holds them. */
export function floatsOf(tensor: OnnxTensor): Float32Array {
  if (!isFloatTensor(tensor)) throw new Error(`tensor ${tensor.name} is not float32`);
  const raw = tensor.rawData ?? new Uint8Array();
  if (raw.length === 0) return Float32Array.from(tensor.floatData ?? []);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  return Float32Array.from({ length: raw.length / 4 }, (_, i) => view.getFloat32(i * 4, true));
}

export function node(
  opType: string,
  input: readonly string[],
  output: string,
  attributes: Attributes = {},
): OnnxNode {
  const attribute = Object.entries(attributes).map(([name, value]) => {
    if (typeof value === 'number') return { name, type: AttributeType.INT, i: value };
    if (typeof value === 'string') return { name, type: AttributeType.STRING, s: Buffer.from(value) };
    return { name, type: AttributeType.INTS, ints: [...value] };
  });
  return { opType, name: output, input: [...input], output: [output], attribute };
}

/** An input or output; without sizes where the runtime is left to infer them. */
export function floatValue(name: string, dims?: readonly Dimension[]): OnnxValueInfo {
  const dim = dims?.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: DataType.FLOAT, ...(dim && { shape: { dim } }) } } };
}

/** Collects the nodes and weights of a graph in order; names it gives are the same at every run. */
export class OnnxGraph {
  readonly #nodes: OnnxNode[] = [];
  readonly #weights = new Map<string, OnnxTensor>();
  readonly #inputs: OnnxValueInfo[] = [];
  readonly #outputs: OnnxValueInfo[] = [];
  #named = 0;

  input(name: string, dims: readonly Dimension[]): string {
    this.#inputs.push(floatValue(name, dims));
    return name;
  }

  output(name: string, dims?: readonly Dimension[]): void {
    this.#outputs.push(floatValue(name, dims));
  }

  /** Answers the name of the node's output, made up where none is given. */
  node(opType: string, input: readonly string[], attributes: Attributes = {}, output?: string): string {
    const name = output ?? `${opType}_${this.#named++}`;
    this.#nodes.push(node(opType, input, name, attributes));
    return name;
  }

  floats(name: string, dims: readonly number[], values: ArrayLike<number>): string {
    if (!this.#weights.has(name)) this.#weights.set(name, floatTensor(name, dims, values));
    return name;
  }

  /** Int64 constant, named by what it holds. */
  integers(values: readonly number[]): string {
    const name = `int64[${values.join(',')}]`;
    if (!this.#weights.has(name)) this.#weights.set(name, integerTensor(name, values));
    return name;
  }

  /** ONNX opset 13 (IR 8): the newest that needs nothing onnxruntime 1.10 lacks. */
  build(name: string): OnnxModel {
    return {
      irVersion: 8,
      producerName: 'lethe',
      opsetImport: [{ domain: '', version: 13 }],
      graph: {
        name,
        node: this.#nodes,
        initializer: [...this.#weights.values()],
        input: this.#inputs,
        output: this.#outputs,
      },
    };
  }
}
