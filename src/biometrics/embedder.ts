// Turns an aligned face into its template: the embedding, brought to unit length.
import type { Template } from '../gallery/ports.ts';
import type { ModelOf } from './models.ts';
import type { Network } from './network.ts';
import { type Chip, chipToTensor } from './tensor.ts';

/** @throws {Error} where the model answers another number of values than its manifest says, or no direction at all */
export async function embed(network: Network<ModelOf<'embedder'>>, aligned: Chip): Promise<Template> {
  const { dimensions, id } = network.model;
  const { embedding } = await network.run(chipToTensor(aligned, network), aligned.side, aligned.side);
  if (embedding.length !== dimensions)
    throw new Error(`The model ${id} gives ${embedding.length} values, its manifest says ${dimensions}.`);
  const length = Math.hypot(...embedding);
  if (!(length > 0 && length < Number.POSITIVE_INFINITY))
    throw new Error(`The model ${id} gives an embedding without a direction.`);
  return embedding.map((value) => value / length);
}
