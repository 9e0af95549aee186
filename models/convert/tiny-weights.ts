// Zeroes weights too small to count, which slow down a processor that takes long over denormal numbers.
import { floatsOf, floatTensor, isFloatTensor, type OnnxModel } from './onnx-graph.ts';

/** Far below what a sum of float32 keeps of weights that training left in use. */
const leastMagnitude = 1e-15;

/**
 * Training with weight decay leaves dead channels behind, whose weights are next to nothing: one in six of MobileFaceNet's.
 * Their products are denormal, over which an Intel core takes most of an embedding's time; without them the embedding is
 * the same to the last bit. Changes the model in place.
 */
export function zeroTinyWeights({ graph }: OnnxModel): void {
  graph.initializer = graph.initializer.map((tensor) => {
    if (!isFloatTensor(tensor)) return tensor;
    const values = floatsOf(tensor);
    const isTiny = (value: number): boolean => value !== 0 && Math.abs(value) < leastMagnitude;
    if (!values.some(isTiny)) return tensor;
    const kept = values.map((value) => (isTiny(value) ? 0 : value));
    return floatTensor(tensor.name, (tensor.dims ?? []).map(Number), kept);
  });
}
