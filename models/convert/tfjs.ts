// Turns a TensorFlow.js graph model into ONNX, channels first throughout, for the operations that face models use.
import { OnnxGraph, type OnnxModel } from './onnx-graph.ts';
import { filtersToOnnx, readWeights, type Weights, type WeightsManifest } from './tfjs-weights.ts';

interface TfAttribute {
  readonly s?: string;
  readonly b?: boolean;
  readonly list?: { readonly i?: readonly string[]; readonly s?: readonly string[] };
  readonly shape?: { readonly dim?: readonly { readonly size: string }[] };
}

interface TfNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: Readonly<Record<string, TfAttribute>>;
}

/** What is read of a model.json. */
export interface TfGraphModel {
  readonly modelTopology: { readonly node: readonly TfNode[] };
  readonly weightsManifest: WeightsManifest;
}

export interface TfjsConversion {
  /** Name given to the graph's one input. */
  readonly input: string;
  /** Wanted outputs: new name to node of the graph. What none of them needs is left out. */
  readonly outputs: Readonly<Record<string, string>>;
}

/** A tensor of the new graph. With four sides it lies channels first, where TensorFlow had channels last. */
interface Value {
  readonly name: string;
  readonly rank: number;
}

interface Conversion {
  readonly graph: OnnxGraph;
  readonly inputName: string;
  /** The node's tensor, converted at first use. */
  value(node: string): Value;
  /** The node's weights, or undefined where it is not a constant. */
  weights(node: string): Weights | undefined;
}

/** @throws {Error} naming the node, when it is of an operation or a form that no face model here uses */
export function convertTfjs(model: TfGraphModel, file: Uint8Array, wanted: TfjsConversion): OnnxModel {
  const nodes = new Map(model.modelTopology.node.map((node) => [node.name, node]));
  const allWeights = readWeights(model.weightsManifest, file);
  const converted = new Map<string, Value>();
  const graph = new OnnxGraph();
  const conversion: Conversion = {
    graph,
    inputName: wanted.input,
    weights: (name) => (nodes.get(name)?.op === 'Const' ? allWeights.get(name) : undefined),
    value(name) {
      const known = converted.get(name);
      if (known) return known;
      const node = nodes.get(name);
      if (!node) throw new Error(`the graph has no node ${name}`);
      const operation = operations[node.op];
      if (!operation) throw new Error(`${name}: the operation ${node.op} is not supported`);
      const value = operation(conversion, node);
      converted.set(name, value);
      return value;
    },
  };
  for (const [output, node] of Object.entries(wanted.outputs)) {
    graph.node('Identity', [conversion.value(node).name], {}, output);
    graph.output(output);
  }
  return graph.build('converted');
}

type Operation = (conversion: Conversion, node: TfNode) => Value;

const operations: Record<string, Operation> = {
  Placeholder: placeholder,
  Identity: (conversion, node) => conversion.value(inputOf(node, 0)),
  Conv2D: convolution,
  _FusedConv2D: convolution,
  DepthwiseConv2dNative: convolution,
  _FusedMatMul: matrixProduct,
  Add: elementwise('Add'),
  AddV2: elementwise('Add'),
  Mul: elementwise('Mul'),
  Minimum: elementwise('Min'),
  Maximum: elementwise('Max'),
  Prelu: elementwise('PRelu'),
  Relu: elementwise('Relu'),
  Sigmoid: elementwise('Sigmoid'),
  Softmax: softmax,
  MaxPool: maxPool,
  Mean: mean,
  Pad: pad,
  Reshape: reshape,
};

function placeholder({ graph, inputName }: Conversion, node: TfNode): Value {
  const sizes = node.attr?.shape?.shape?.dim?.map(({ size }) => Number(size)) ?? [];
  const [batch, height, width, channels] = sizes;
  if (sizes.length !== 4) throw new Error(`${node.name}: the input is not a batch of pictures`);
  const sides = [batch === -1 ? 'N' : batch!, channels!, height!, width!];
  return { name: graph.input(inputName, sides), rank: 4 };
}

function convolution(conversion: Conversion, node: TfNode): Value {
  const { graph } = conversion;
  const filters = constant(conversion, node, 1);
  const [height = 1, width = 1, inputs = 1, outputs = 1] = filters.shape;
  const isDepthwise = node.op === 'DepthwiseConv2dNative';
  // A depthwise filter h x w x in x multiplier has the very memory of h x w x 1 x (in * multiplier).
  const turned = filtersToOnnx(
    isDepthwise ? { ...filters, shape: [height, width, 1, inputs * outputs] } : filters,
  );
  const fused = fusedOperations(node);
  const weightsName = graph.floats(inputOf(node, 1), turned.shape, turned.values);
  const inputNames = [conversion.value(inputOf(node, 0)).name, weightsName];
  if (fused[0] === 'BiasAdd') inputNames.push(plainConstant(conversion, inputOf(node, 2)));
  const dilations = node.attr?.dilations?.list?.i?.slice(1, 3).map(Number) ?? [1, 1];
  const name = graph.node('Conv', inputNames, {
    kernel_shape: [height, width],
    strides: strides(node),
    dilations,
    auto_pad: padding(node),
    group: isDepthwise ? inputs : 1,
  });
  return activation(conversion, node, { name, rank: 4 }, fused);
}

function matrixProduct(conversion: Conversion, node: TfNode): Value {
  const { graph } = conversion;
  if (node.attr?.transpose_a?.b || node.attr?.transpose_b?.b)
    throw new Error(`${node.name}: transposed matrices are not supported`);
  const factor = plainConstant(conversion, inputOf(node, 1));
  let name = graph.node('MatMul', [conversion.value(inputOf(node, 0)).name, factor]);
  const fused = fusedOperations(node);
  if (fused[0] === 'BiasAdd') name = graph.node('Add', [name, plainConstant(conversion, inputOf(node, 2))]);
  return activation(conversion, node, { name, rank: 2 }, fused);
}

/** What TensorFlow fused behind a convolution or product: a bias first, then at most one activation. */
function activation(conversion: Conversion, node: TfNode, value: Value, fused: readonly string[]): Value {
  const rest = fused[0] === 'BiasAdd' ? fused.slice(1) : fused;
  const [kind, ...more] = rest;
  if (kind === undefined) return value;
  if (more.length > 0 || (kind !== 'Relu' && kind !== 'Prelu'))
    throw new Error(`${node.name}: the fused operations ${fused.join(', ')} are not supported`);
  const inputNames = [value.name];
  if (kind === 'Prelu') inputNames.push(channelConstant(conversion, inputOf(node, 3)));
  return { ...value, name: conversion.graph.node(kind === 'Prelu' ? 'PRelu' : 'Relu', inputNames) };
}

function elementwise(onnxOperation: string): Operation {
  return (conversion, node) => {
    const sides = node.input?.map(withoutPort) ?? [];
    const values = sides.map((name) => (conversion.weights(name) ? undefined : conversion.value(name)));
    const rank = Math.max(...values.map((value) => value?.rank ?? 0));
    const names = values.map((value, i) => {
      if (value) return value.name;
      return rank === 4 ? channelConstant(conversion, sides[i]!) : plainConstant(conversion, sides[i]!);
    });
    return { name: conversion.graph.node(onnxOperation, names), rank };
  };
}

function softmax(conversion: Conversion, node: TfNode): Value {
  const { name, rank } = conversion.value(inputOf(node, 0));
  if (rank === 4) throw new Error(`${node.name}: a softmax over four sides is not supported`);
  return { name: conversion.graph.node('Softmax', [name], { axis: -1 }), rank };
}

function maxPool(conversion: Conversion, node: TfNode): Value {
  const kernel = node.attr?.ksize?.list?.i?.slice(1, 3).map(Number) ?? [];
  const name = conversion.graph.node('MaxPool', [conversion.value(inputOf(node, 0)).name], {
    kernel_shape: kernel,
    strides: strides(node),
    auto_pad: padding(node),
  });
  return { name, rank: 4 };
}

function mean(conversion: Conversion, node: TfNode): Value {
  const axes = [...constant(conversion, node, 1).values];
  if (axes.join() !== '1,2' || node.attr?.keep_dims?.b)
    throw new Error(`${node.name}: only a mean over height and width is supported`);
  const { name } = conversion.value(inputOf(node, 0));
  return { name: conversion.graph.node('ReduceMean', [name], { axes: [2, 3], keepdims: 0 }), rank: 2 };
}

function pad(conversion: Conversion, node: TfNode): Value {
  const paddings = constant(conversion, node, 1);
  if (paddings.shape[0] !== 4) throw new Error(`${node.name}: only four-sided padding is supported`);
  // TensorFlow: [before, after] a side; ONNX: all befores, then all afters.
  const amount = (side: number, end: 0 | 1): number => paddings.values[side * 2 + end]!;
  const channelsFirst = [0, 3, 1, 2];
  const pads = [
    ...channelsFirst.map((side) => amount(side, 0)),
    ...channelsFirst.map((side) => amount(side, 1)),
  ];
  const { graph } = conversion;
  return {
    name: graph.node('Pad', [conversion.value(inputOf(node, 0)).name, graph.integers(pads)]),
    rank: 4,
  };
}

function reshape(conversion: Conversion, node: TfNode): Value {
  const { graph } = conversion;
  const sizes = [...constant(conversion, node, 1).values];
  if (sizes.length === 4) throw new Error(`${node.name}: a reshape to four sides is not supported`);
  const { name, rank } = conversion.value(inputOf(node, 0));
  const channelsLast = rank === 4 ? graph.node('Transpose', [name], { perm: [0, 2, 3, 1] }) : name;
  return { name: graph.node('Reshape', [channelsLast, graph.integers(sizes)]), rank: sizes.length };
}

const withoutPort = (input: string): string => input.replace(/:0$/, '');
const decodeWord = (base64: string): string => Buffer.from(base64, 'base64').toString('utf8');

function inputOf(node: TfNode, index: number): string {
  const input = node.input?.[index];
  if (input === undefined) throw new Error(`${node.name}: input ${index} is missing`);
  return withoutPort(input);
}

function constant(conversion: Conversion, node: TfNode, index: number): Weights {
  const weights = conversion.weights(inputOf(node, index));
  if (!weights) throw new Error(`${node.name}: input ${index} is not a constant`);
  return weights;
}

function fusedOperations(node: TfNode): string[] {
  return node.attr?.fused_ops?.list?.s?.map(decodeWord) ?? [];
}

function strides(node: TfNode): number[] {
  return node.attr?.strides?.list?.i?.slice(1, 3).map(Number) ?? [1, 1];
}

/** ONNX's word for TensorFlow's padding; both put the odd pixel of SAME at the far end. */
function padding(node: TfNode): string {
  const word = decodeWord(node.attr?.padding?.s ?? '');
  if (word === 'SAME') return 'SAME_UPPER';
  if (word === 'VALID') return 'VALID';
  throw new Error(`${node.name}: the padding ${word} is not supported`);
}

/** The constant as TensorFlow has it. */
function plainConstant({ graph, weights }: Conversion, name: string): string {
  const found = weights(name);
  if (!found) throw new Error(`${name} is not a constant`);
  return graph.floats(name, found.shape, found.values);
}

/** A scalar or one value a channel, shaped to meet four sides with channels first. */
function channelConstant({ graph, weights }: Conversion, name: string): string {
  const found = weights(name);
  if (!found) throw new Error(`${name} is not a constant`);
  const { shape, values } = found;
  if (values.length !== (shape.at(-1) ?? 1)) throw new Error(`${name}: not one value a channel`);
  return graph.floats(`${name}:channels`, shape.length === 0 ? [] : [values.length, 1, 1], values);
}
