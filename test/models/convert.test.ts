// The conversions, each on a graph small enough to compute by hand or to run beside the original.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as ort from 'onnxruntime-node';
import { floatsOf, OnnxGraph, type OnnxModel, readOnnx, writeOnnx } from '../../models/convert/onnx-graph.ts';
import { freeBatch, rewritePRelu } from '../../models/convert/prelu.ts';
import { convertTfjs, type TfGraphModel } from '../../models/convert/tfjs.ts';
import { filtersToOnnx, float16, readWeights } from '../../models/convert/tfjs-weights.ts';
import { zeroTinyWeights } from '../../models/convert/tiny-weights.ts';
import { cutUltraface } from '../../models/convert/ultraface.ts';

async function run(model: OnnxModel, values: readonly number[], dims: readonly number[]) {
  const session = await ort.InferenceSession.create(writeOnnx(model), { logSeverityLevel: 3 });
  const input = new ort.Tensor('float32', Float32Array.from(values), dims);
  const outputs = await session.run({ [session.inputNames[0]!]: input });
  await session.release();
  return outputs;
}

const floats = (tensor: ort.Tensor | undefined): number[] => [...(tensor!.data as Float32Array)];

/** The same numbers at every run, between -2 and 2. */
function scattered(count: number): number[] {
  return Array.from({ length: count }, (_, i) => ((i * 7919) % 401) / 100 - 2);
}

function preluModel(): OnnxModel {
  const graph = new OnnxGraph();
  const x = graph.input('x', [1, 3, 4, 4]);
  const bent = graph.node('PRelu', [x, graph.floats('slope', [3, 1, 1], [0.25, -0.5, 1.5])]);
  graph.node('Reshape', [bent, graph.integers([1, -1])], {}, 'y');
  graph.output('y', [1, 48]);
  return readOnnx(writeOnnx(graph.build('prelu')));
}

test('a PRelu rewritten answers as before, to 1e-5', async () => {
  const rewritten = preluModel();
  rewritePRelu(rewritten);
  assert.ok(rewritten.graph.node.every(({ opType }) => opType !== 'PRelu'));
  assert.ok(rewritten.graph.initializer.every(({ name }) => name !== 'slope'));
  const values = scattered(48);
  const expected = floats((await run(preluModel(), values, [1, 3, 4, 4])).y);
  const actual = floats((await run(rewritten, values, [1, 3, 4, 4])).y);
  for (const [i, value] of expected.entries()) assert.ok(Math.abs(value - actual[i]!) <= 1e-5, `value ${i}`);
});

test('a model freed of its batch answers each of two faces as it answers one', async () => {
  const freed = preluModel();
  freeBatch(freed);
  const values = scattered(96);
  const { y } = await run(freed, values, [2, 3, 4, 4]);
  assert.deepEqual(y!.dims, [2, 48]);
  const second = floats((await run(preluModel(), values.slice(48), [1, 3, 4, 4])).y);
  assert.deepEqual(floats(y).slice(48), second);
});

test('a slope that is not a constant is refused', () => {
  const graph = new OnnxGraph();
  const x = graph.input('x', [1, 3, 4, 4]);
  graph.node('PRelu', [x, x], {}, 'y');
  graph.output('y');
  assert.throws(() => rewritePRelu(graph.build('g')), { message: /slope x of a PRelu is not a constant/ });
});

test('weights too small to count become zero, and the others stay as they are', () => {
  const graph = new OnnxGraph();
  graph.floats('dead', [5], [1e-40, -1e-25, 1e-3, 0, -2]);
  graph.floats('alive', [2], [1e-14, 1]);
  const shape = graph.integers([1, -1]);
  const model = graph.build('g');
  const before = model.graph.initializer;
  zeroTinyWeights(model);
  const [dead, alive, integers] = model.graph.initializer;
  assert.deepEqual(floatsOf(dead!), Float32Array.of(0, 0, 1e-3, 0, -2));
  assert.deepEqual([dead!.name, dead!.dims], ['dead', [5]]);
  assert.equal(alive, before[1]);
  assert.equal(integers?.name, shape);
});

test('UltraFace is cut behind its raw outputs, and what only the decoding used is gone', () => {
  const graph = new OnnxGraph();
  const x = graph.input('input', [1, 3, 240, 320]);
  const kept = graph.floats('kept', [], [2]);
  graph.node('Mul', [x, kept], {}, '462');
  graph.node('Softmax', [x], { axis: 2 }, 'scores');
  graph.node('Add', ['462', graph.floats('priors', [], [1])], {}, 'boxes');
  graph.output('scores');
  graph.output('boxes');
  const model = graph.build('ultraface');
  cutUltraface(model);
  assert.deepEqual(
    model.graph.node.map(({ output }) => output[0]),
    ['locations', 'scores'],
  );
  assert.deepEqual(
    model.graph.initializer.map(({ name }) => name),
    ['kept'],
  );
  assert.deepEqual(
    model.graph.output.map(({ name }) => name),
    ['scores', 'locations'],
  );
});

test('a graph that is not UltraFace is refused', () => {
  const graph = new OnnxGraph();
  graph.node('Relu', [graph.input('input', [1])], {}, 'scores');
  assert.throws(() => cutUltraface(graph.build('g')), { message: /no tensor 462/ });
});

const word = (text: string): string => Buffer.from(text).toString('base64');

/** A picture of 2 x 2 with two channels: 1 x 1 convolution to three, bias and PRelu, then flattened. */
function smallTfModel(): { model: TfGraphModel; file: Uint8Array } {
  const weights = [
    { name: 'filters', shape: [1, 1, 2, 3], dtype: 'float32' },
    { name: 'bias', shape: [3], dtype: 'float32' },
    { name: 'alpha', shape: [1, 1, 3], dtype: 'float32' },
    { name: 'offset', shape: [3], dtype: 'float32' },
    { name: 'shape', shape: [2], dtype: 'int32' },
  ];
  const values = Float32Array.from([1, 2, 3, 4, 5, 6, 0, -20, -100, 0.5, 0.5, 0.1, 1, 2, 3]);
  const file = Buffer.concat([Buffer.from(values.buffer), Buffer.from(Int32Array.from([-1, 12]).buffer)]);
  const picture = { shape: { dim: [{ size: '-1' }, { size: '2' }, { size: '2' }, { size: '2' }] } };
  const convolution = {
    fused_ops: { list: { s: [word('BiasAdd'), word('Prelu')] } },
    padding: { s: word('SAME') },
    strides: { list: { i: ['1', '1', '1', '1'] } },
  };
  const node = [
    ...weights.map(({ name }) => ({ name, op: 'Const' })),
    { name: 'picture', op: 'Placeholder', attr: { shape: picture } },
    { name: 'conv', op: '_FusedConv2D', input: ['picture', 'filters', 'bias', 'alpha'], attr: convolution },
    { name: 'moved', op: 'AddV2', input: ['conv', 'offset'] },
    { name: 'flat', op: 'Reshape', input: ['moved', 'shape'] },
    { name: 'Identity', op: 'Identity', input: ['flat:0'] },
    { name: 'unused', op: 'NoSuchOperation', input: ['flat'] },
  ];
  return { model: { modelTopology: { node }, weightsManifest: [{ weights }] }, file };
}

test('a TensorFlow.js graph turned channels first answers what TensorFlow would, in its order', async () => {
  const { model, file } = smallTfModel();
  const converted = convertTfjs(model, file, { input: 'input', outputs: { y: 'Identity' } });
  // Channels first: four pixels of the first channel, then of the second.
  const { y } = await run(converted, [1, 2, 3, 4, 10, 20, 30, 40], [1, 2, 2, 2]);
  // Pixel (a, b): [a + 4b, 2a + 5b - 20, 3a + 6b - 100], negatives by the slope, plus [1, 2, 3].
  const expected = [42, 34, 3 - 3.7, 83, 86, 29, 124, 138, 92, 165, 190, 155];
  for (const [i, value] of floats(y).entries())
    assert.ok(Math.abs(value - expected[i]!) < 1e-4, `${i}: ${value}`);
});

test('a conversion gives the same bytes at every run', () => {
  const { model, file } = smallTfModel();
  const bytes = () => writeOnnx(convertTfjs(model, file, { input: 'input', outputs: { y: 'Identity' } }));
  assert.deepEqual(bytes(), bytes());
});

test('an operation that is not known is refused by its name, where it is needed', () => {
  const { model, file } = smallTfModel();
  assert.throws(() => convertTfjs(model, file, { input: 'input', outputs: { y: 'unused' } }), {
    message: 'unused: the operation NoSuchOperation is not supported',
  });
});

test('half floats are read exactly, subnormal and infinite ones too', () => {
  const cases: [bits: number, value: number][] = [
    [0x3c00, 1],
    [0xc000, -2],
    [0x3555, 0.333251953125],
    [0x0001, 2 ** -24],
    [0x7bff, 65504],
    [0xfc00, Number.NEGATIVE_INFINITY],
  ];
  for (const [bits, value] of cases) assert.equal(float16(bits), value);
  assert.ok(Number.isNaN(float16(0x7e00)));
});

test('quantised weights are read back by scale and smallest value', () => {
  const weights = [
    { name: 'w', shape: [3], dtype: 'float32', quantization: { dtype: 'uint8', scale: 0.5, min: -1 } },
  ];
  const read = readWeights([{ weights }], Uint8Array.from([0, 2, 255]));
  assert.deepEqual([...read.get('w')!.values], [-1, 0, 126.5]);
});

test('a weights file that is too short or too long is refused', () => {
  const manifest = [{ weights: [{ name: 'w', shape: [2], dtype: 'float32' }] }];
  assert.throws(() => readWeights(manifest, new Uint8Array(7)), { message: /ends inside w/ });
  assert.throws(() => readWeights(manifest, new Uint8Array(9)), { message: /1 bytes too many/ });
});

test('filters turn from height, width, in, out to out, in, height, width', () => {
  const turned = filtersToOnnx({ shape: [1, 2, 2, 1], values: Float32Array.from([1, 2, 3, 4]) });
  assert.deepEqual(turned.shape, [1, 2, 1, 2]);
  assert.deepEqual([...turned.values], [1, 3, 2, 4]);
});
