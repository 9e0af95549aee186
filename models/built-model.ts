// What the catalogue says of a model, and what the entries of several have in common.
import type { ManifestModel } from '../src/biometrics/models.ts';
import type { Conversion } from './convert/convert.ts';
import type { Source } from './sources.ts';

/** A model that `npm run models` makes; `described` is its entry in the manifest, with the hash it must come out with. */
export interface BuiltModel {
  readonly from: Source;
  readonly conversion: Conversion;
  readonly described: ManifestModel;
}

/** As a manifest names where a model comes from. */
export const sourceOf = ({ name, version }: Source, file: string): string => `${name}@${version} ${file}`;

/** A picture of fixed sides, three channels, the same mean and divisor for each. */
export const colour = (
  channelOrder: 'RGB' | 'BGR',
  side: number,
  mean: number,
  std: number,
): ManifestModel['input'] => ({
  name: 'input',
  layout: 'NCHW',
  width: side,
  height: side,
  channelOrder,
  mean: [mean, mean, mean],
  std: [std, std, std],
});
