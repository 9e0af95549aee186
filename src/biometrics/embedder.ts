// Turns an aligned face into its template: the embedding, brought to unit length.
import type { Template } from '../gallery/ports.ts';
import type { ModelOf } from './models.ts';
import type { Network } from './network.ts';
import type { Pyramid } from './raster.ts';
import type { Similarity } from './similarity.ts';
import { warpToTensor } from './tensor.ts';

/**
 * @param toChip aligns the face on a square of `side` pixels
 * @throws {Error} where the model answers another number of values than its manifest says, or no direction at all
 */
export async function embed(
  network: Network<ModelOf<'embedder'>>,
  pyramid: Pyramid,
  { toChip, side }: { readonly toChip: Similarity; readonly side: number },
): Promise<Template> {
  const { dimensions, id } = network.model;
  const { embedding } = await network.run(warpToTensor(pyramid, toChip, network, side), side, side);
  if (embedding.length !== dimensions)
    throw new Error(`The model ${id} gives ${embedding.length} values, its manifest says ${dimensions}.`);
  const length = Math.sqrt(embedding.reduce((sum, value) => sum + value * value, 0));
  if (!(length > 0 && length < Number.POSITIVE_INFINITY))
    throw new Error(`The model ${id} gives an embedding without a direction.`);
  return embedding.map((value) => value / length);
}
