// The models of a set, loaded: those that every picture needs at once, those of attributes when first asked for.
import type { AttributeNetworks } from './attributes.ts';
import type { Model, ModelOf, ModelSet } from './models.ts';
import { type LogSeverity, Network } from './network.ts';

export type DetectorNetwork = Network<ModelOf<'detector' | 'fallbackDetector'>>;

export interface FaceNetworks {
  readonly detector: DetectorNetwork;
  readonly fallbackDetector: DetectorNetwork | undefined;
  readonly landmarks: Network<ModelOf<'landmarks'>> | undefined;
  readonly mesh: Network<ModelOf<'mesh'>>;
  readonly embedder: Network<ModelOf<'embedder'>>;
  /** Undefined where the set has no models for them. */
  loadAttributes(): Promise<AttributeNetworks | undefined>;
}

/** @throws {Error} naming the model that cannot be loaded */
export async function loadNetworks(models: ModelSet, logSeverity: LogSeverity): Promise<FaceNetworks> {
  const open = <M extends Model>(model: M) => Network.open(model, logSeverity);
  const openIfAny = async <M extends Model>(model: M | undefined) => (model ? open(model) : undefined);
  const openAttributes = async (): Promise<AttributeNetworks | undefined> => {
    if (!models.genderAge || !models.emotion) return undefined;
    return { genderAge: await open(models.genderAge), emotion: await open(models.emotion) };
  };
  let attributes: Promise<AttributeNetworks | undefined> | undefined;
  return {
    detector: await open(models.detector),
    fallbackDetector: await openIfAny(models.fallbackDetector),
    landmarks: await openIfAny(models.landmarks),
    mesh: await open(models.mesh),
    embedder: await open(models.embedder),
    loadAttributes: () => {
      attributes ??= openAttributes().catch((error: Error) => {
        attributes = undefined;
        throw error;
      });
      return attributes;
    },
  };
}
