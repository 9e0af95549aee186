// Builds the ONNX graph of dlib's face recognition ResNet from the weights that face-api publishes for it.
import { OnnxGraph, type OnnxModel } from './onnx-graph.ts';
import { filtersToOnnx, readWeights, type Weights, type WeightsManifest } from './tfjs-weights.ts';

/** Mean of R, G and B that dlib subtracts before dividing by 256 (input_rgb_image_sized in dlib's dnn/input.h). */
const meanColour = [122.782, 117.001, 104.298];
const side = 150;

interface Convolution {
  readonly stride?: 1 | 2;
  readonly padding?: 'SAME_UPPER' | 'VALID';
}

/** Blocks after the stem in order: the weights' prefix and, where a block halves the picture, its channels. */
const blocks: readonly { prefix: string; halves?: { from: number; to: number } }[] = [
  { prefix: 'conv32_1' },
  { prefix: 'conv32_2' },
  { prefix: 'conv32_3' },
  { prefix: 'conv64_down', halves: { from: 32, to: 64 } },
  { prefix: 'conv64_1' },
  { prefix: 'conv64_2' },
  { prefix: 'conv64_3' },
  { prefix: 'conv128_down', halves: { from: 64, to: 128 } },
  { prefix: 'conv128_1' },
  { prefix: 'conv128_2' },
  { prefix: 'conv256_down', halves: { from: 128, to: 256 } },
  { prefix: 'conv256_1' },
  { prefix: 'conv256_2' },
  { prefix: 'conv256_down_out', halves: { from: 256, to: 256 } },
];

/**
 * Input `input` [N, 3, 150, 150], RGB of 0 to 255; output `embedding` [N, 128], not normalised.
 * @throws {Error} when weights are missing
 */
export function buildDlib(manifest: WeightsManifest, file: Uint8Array): OnnxModel {
  const builder = new DlibBuilder(readWeights(manifest, file));
  return builder.build();
}

class DlibBuilder {
  readonly #graph = new OnnxGraph();
  readonly #weights: Map<string, Weights>;

  constructor(weights: Map<string, Weights>) {
    this.#weights = weights;
  }

  build(): OnnxModel {
    const graph = this.#graph;
    let x = graph.input('input', ['N', 3, side, side]);
    x = graph.node('Sub', [x, graph.floats('meanColour', [1, 3, 1, 1], meanColour)]);
    x = graph.node('Div', [x, graph.floats('colourRange', [], [256])]);
    x = graph.node('Relu', [this.#convolution(x, 'conv32_down', { stride: 2, padding: 'VALID' })]);
    x = graph.node('MaxPool', [x], { kernel_shape: [3, 3], strides: [2, 2], auto_pad: 'VALID' });
    // 150 after a 7 x 7 stride-2 convolution, then a 3 x 3 stride-2 pooling.
    let size = halved(halved(side, 7), 3);
    for (const { prefix, halves } of blocks) {
      if (!halves) {
        x = this.#residual(x, prefix);
        continue;
      }
      x = this.#halving(x, prefix, halves, size);
      size = Math.max(halved(size, 3), halved(size, 2));
    }
    x = graph.node('ReduceMean', [x], { axes: [2, 3], keepdims: 0 });
    const { shape, values } = this.#find('fc');
    graph.node('MatMul', [x, graph.floats('fc', shape, values)], {}, 'embedding');
    graph.output('embedding', ['N', 128]);
    return graph.build('dlib');
  }

  #find(name: string): Weights {
    const weights = this.#weights.get(name);
    if (!weights) throw new Error(`the weights ${name} are missing`);
    return weights;
  }

  /** A convolution with dlib's affine layer (scale, then shift) folded into its filters and bias. */
  #convolution(x: string, prefix: string, { stride = 1, padding = 'SAME_UPPER' }: Convolution = {}): string {
    const { shape, values } = filtersToOnnx(this.#find(`${prefix}/conv/filters`));
    const scale = this.#find(`${prefix}/scale/weights`).values;
    const shift = this.#find(`${prefix}/scale/biases`).values;
    const bias = this.#find(`${prefix}/conv/bias`).values;
    const perOutput = values.length / scale.length;
    const filters = values.map((value, i) => value * scale[Math.floor(i / perOutput)]!);
    const shifts = Float32Array.from(shift, (value, i) => bias[i]! * scale[i]! + value);
    const graph = this.#graph;
    const names = [
      x,
      graph.floats(`${prefix}/filters`, shape, filters),
      graph.floats(`${prefix}/shift`, [shifts.length], shifts),
    ];
    return graph.node('Conv', names, {
      kernel_shape: shape.slice(2),
      strides: [stride, stride],
      auto_pad: padding,
    });
  }

  #residual(x: string, prefix: string): string {
    const first = this.#graph.node('Relu', [this.#convolution(x, `${prefix}/conv1`)]);
    const second = this.#convolution(first, `${prefix}/conv2`);
    return this.#graph.node('Relu', [this.#graph.node('Add', [second, x])]);
  }

  /** The block whose short cut is an average pooling; the smaller of both paths is filled up with zeros, as in dlib. */
  #halving(x: string, prefix: string, { from, to }: { from: number; to: number }, size: number): string {
    const graph = this.#graph;
    const first = this.#convolution(x, `${prefix}/conv1`, { stride: 2, padding: 'VALID' });
    let second = this.#convolution(graph.node('Relu', [first]), `${prefix}/conv2`);
    const missing = halved(size, 2) - halved(size, 3);
    if (missing > 0)
      second = graph.node('Pad', [second, graph.integers([0, 0, 0, 0, 0, 0, missing, missing])]);
    let pooled = graph.node('AveragePool', [x], {
      kernel_shape: [2, 2],
      strides: [2, 2],
      auto_pad: 'VALID',
    });
    if (to > from) pooled = graph.node('Pad', [pooled, graph.integers([0, 0, 0, 0, 0, to - from, 0, 0])]);
    return graph.node('Relu', [graph.node('Add', [pooled, second])]);
  }
}

/** Side of what a stride of two leaves of a picture without padding. */
function halved(size: number, kernel: number): number {
  return Math.floor((size - kernel) / 2) + 1;
}
