// Gender, age and smile of a face, as far as the models of the research can tell.
import type { FaceAttributes } from '../gallery/ports.ts';
import { type Detection, longerSideOf } from './detection.ts';
import type { ModelOf } from './models.ts';
import type { Network } from './network.ts';
import type { Pyramid } from './raster.ts';
import { squareToChip } from './similarity.ts';
import { warpToTensor } from './tensor.ts';

export interface AttributeNetworks {
  readonly genderAge: Network<ModelOf<'genderAge'>>;
  readonly emotion: Network<ModelOf<'emotion'>>;
}

/** Side of the square that both models look at, over the face's longer side (research, section 7). */
const margin = 1.1;

/** Place of "happy" among FER2013's seven: angry, disgust, fear, happy, sad, surprise, neutral. */
const happy = 3;

/** Measured on LFW: gender right for 98.9 % of men and 94.6 % of women, smile's AUC 0.963; age unmeasured. */
export async function readAttributes(
  { genderAge, emotion }: AttributeNetworks,
  pyramid: Pyramid,
  detection: Detection,
  angle: number,
): Promise<FaceAttributes> {
  const { left, top, right, bottom } = detection.corners;
  const square = {
    centreX: (left + right) / 2,
    centreY: (top + bottom) / 2,
    side: longerSideOf(detection.corners) * margin,
    angle,
  };
  const look = (network: Network): Float32Array =>
    warpToTensor(pyramid, squareToChip(square, network.side), network, network.side);
  const { male, age } = await genderAge.run(look(genderAge), genderAge.side, genderAge.side);
  const { emotions } = await emotion.run(look(emotion), emotion.side, emotion.side);
  const isMale = male[0]! > 0.5;
  return {
    gender: { value: isMale ? 'male' : 'female', probability: isMale ? male[0]! : 1 - male[0]! },
    age: likelyAge(age),
    smile: emotions[happy]!,
  };
}

/** Mean of the two likeliest years, weighted; the mean of all leans to the middle of life. */
function likelyAge(probabilities: Float32Array): number {
  const [first, second] = [...probabilities.keys()].sort((a, b) => probabilities[b]! - probabilities[a]!);
  const [p, q] = [probabilities[first!]!, probabilities[second!]!];
  return (p * first! + q * second!) / (p + q);
}
