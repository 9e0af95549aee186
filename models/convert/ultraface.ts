// Frees the UltraFace detector from its one picture size, by cutting its graph before the built-in decoding.
import { floatValue, type OnnxModel, type OnnxNode } from './onnx-graph.ts';

/** Tensors of the published graph that hold what the network itself computes; all behind them is fixed to 320 x 240. */
const scores = 'scores';
const locations = '462';

/**
 * Answers the class scores (softmaxed, face second) and the raw box offsets of each prior, for pictures whose sides
 * are multiples of 64: outputs `scores` [1, priors, 2] and `locations` [1, priors, 4]. Changes the model in place.
 * @throws {Error} when the graph is not the one this cut was made for
 */
export function cutUltraface(model: OnnxModel): void {
  const { graph } = model;
  graph.node = neededNodes(graph.node, [scores, locations]);
  const used = new Set(graph.node.flatMap(({ input }) => input));
  graph.initializer = graph.initializer.filter(({ name }) => used.has(name));
  for (const one of graph.node)
    one.output = one.output.map((name) => (name === locations ? 'locations' : name));
  graph.valueInfo = [];
  graph.input = [floatValue('input', [1, 3, 'height', 'width'])];
  graph.output = [floatValue(scores, [1, 'priors', 2]), floatValue('locations', [1, 'priors', 4])];
}

/** The nodes behind the given tensors, in the graph's order. */
function neededNodes(nodes: readonly OnnxNode[], tensors: readonly string[]): OnnxNode[] {
  const producers = new Map(nodes.flatMap((one) => one.output.map((name) => [name, one] as const)));
  for (const name of tensors) {
    if (!producers.has(name)) throw new Error(`the graph computes no tensor ${name}`);
  }
  const needed = new Set<OnnxNode>();
  const open = [...tensors];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const producer = producers.get(name);
    if (!producer || needed.has(producer)) continue;
    needed.add(producer);
    open.push(...producer.input);
  }
  return nodes.filter((one) => needed.has(one));
}
