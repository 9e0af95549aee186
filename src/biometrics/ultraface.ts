// The UltraFace detector: a single-shot network for any picture size, searched at two sizes that are merged.
import { areaOf, type Corners, type Detection, longerSideOf, sharedArea, suppress } from './detection.ts';
import type { ModelOf } from './models.ts';
import type { Network } from './network.ts';
import type { Pyramid } from './raster.ts';
import { resizeToTensor } from './tensor.ts';

type UltrafaceModel = Extract<ModelOf<'detector' | 'fallbackDetector'>, { decoder: 'ultraface' }>;
export type UltrafaceNetwork = Network<UltrafaceModel>;
type Size = { readonly width: number; readonly height: number };

// Strides and sides of the prior boxes as the network was trained (Linzaer, Ultra-Light-Fast-Generic-Face-Detector).
const grids = [
  { stride: 8, sides: [10, 16, 24] },
  { stride: 16, sides: [32, 48] },
  { stride: 32, sides: [64, 96] },
  { stride: 64, sides: [128, 192, 256] },
] as const;
const centreVariance = 0.1;
const sizeVariance = 0.2;

/** Research on LFW and group photographs: no face of 13,233 portraits missed, no false face in the group photographs. */
const leastConfidence = 0.7;
const mostOverlap = 0.4;

/** Longer side of the one search of a small picture. The largest prior, 256 pixels, is nearly as large. */
const singleSide = 320;
const largestSinglePicture = 400;

/**
 * A larger picture is searched twice: finely for small faces (found are those of 32 pixels in 1280 x 720, research: 40
 * of 40), and at half that size for large ones, the proportions the research measured. Up to 1,184 pixels the fine
 * search takes 0.54 of the picture's size: 600 pixels cost 5 ms in both searches, where 640 and 320 took 17. Of LFW's
 * faces laid into 600 x 450 it finds 152 of 152 at 48 pixels, the smallest that may be enrolled, and 150 at 32, and
 * mates score the same (0.67 on average); at 24 pixels it finds 134 where 0.64 of the size found 146, but half of
 * these match nobody.
 */
const mostFineSide = 640;
const leastFineSide = 320;
const fineScale = 0.54;

// At the coarse search's scale. Below 56 pixels its boxes are poor; above 90 those of the fine search become so.
const leastCoarseFace = 56;
const mostFineFace = 90;
/** A fine find is a coarse one's again when they share more than this part of the smaller. */
const mostSharedPart = 0.5;

/** Every face of the picture, in pixels of its base; with `onlyLarge`, one search that shows large faces only. */
export async function detectWithUltraface(
  network: UltrafaceNetwork,
  pyramid: Pyramid,
  { onlyLarge = false } = {},
): Promise<Detection[]> {
  const { input } = network.model;
  const [first, second] = onlyLarge
    ? [sizeFor(pyramid.base, singleSide, input)]
    : searchSizesFor(pyramid.base, input);
  const found = await detectAt(network, pyramid, first);
  if (!second) return found;
  const fine = await detectAt(network, pyramid, second);
  return merge(found, fine, pyramid.base.width / first.scaledWidth);
}

/** What a search sees: the picture resized, and the black beyond it up to the input's size. */
interface SearchSize {
  readonly scaledWidth: number;
  readonly scaledHeight: number;
  readonly width: number;
  readonly height: number;
}

type Input = UltrafaceModel['input'];

/** One search for a small picture, the coarse and the fine one for a larger. */
function searchSizesFor(
  picture: Size,
  input: Input,
): readonly [first: SearchSize] | readonly [coarse: SearchSize, fine: SearchSize] {
  const longSide = Math.max(picture.width, picture.height);
  if (longSide <= largestSinglePicture) return [sizeFor(picture, singleSide, input)];
  const scaled = Math.floor((longSide * fineScale) / 64) * 64;
  const fineSide = Math.max(leastFineSide, Math.min(mostFineSide, scaled));
  return [sizeFor(picture, fineSide / 2, input), sizeFor(picture, fineSide, input)];
}

function sizeFor({ width, height }: Size, longSide: number, input: Input): SearchSize {
  const scale = longSide / Math.max(width, height);
  const scaledWidth = Math.max(1, Math.round(width * scale));
  const scaledHeight = Math.max(1, Math.round(height * scale));
  const side = (given: number | 'dynamic', wanted: number): number => {
    if (given !== 'dynamic') return Math.max(given, wanted);
    const step = input.multipleOf ?? 1;
    return Math.ceil(wanted / step) * step;
  };
  return {
    scaledWidth,
    scaledHeight,
    width: side(input.width, scaledWidth),
    height: side(input.height, scaledHeight),
  };
}

/** Large faces of the coarse search, small ones of the fine; `scale` is pixels of the boxes a pixel of the coarse search. */
export function merge(coarse: readonly Detection[], fine: readonly Detection[], scale: number): Detection[] {
  const large = coarse.filter(({ corners }) => longerSideOf(corners) >= leastCoarseFace * scale);
  const small = fine.filter(
    ({ corners }) =>
      longerSideOf(corners) < mostFineFace * scale &&
      !large.some((face) => isSameFace(face.corners, corners)),
  );
  return [...large, ...small];
}

const isSameFace = (one: Corners, other: Corners): boolean =>
  sharedArea(one, other) > mostSharedPart * Math.min(areaOf(one), areaOf(other));

async function detectAt(network: UltrafaceNetwork, pyramid: Pyramid, size: SearchSize): Promise<Detection[]> {
  const { base } = pyramid;
  const { scaledWidth, scaledHeight, width, height } = size;
  const scaled = { width: scaledWidth, height: scaledHeight };
  const tensor = resizeToTensor(pyramid, scaled, network, { width, height, left: 0, top: 0 });
  const { scores, locations } = await network.run(tensor, width, height);
  const found = decode(scores, locations, width, height, leastConfidence);
  return suppress(found, mostOverlap).map(({ confidence, corners }) => ({
    confidence,
    corners: {
      left: (corners.left * base.width) / scaledWidth,
      top: (corners.top * base.height) / scaledHeight,
      right: (corners.right * base.width) / scaledWidth,
      bottom: (corners.bottom * base.height) / scaledHeight,
    },
    angle: undefined,
  }));
}

/** Reads boxes out of the raw outputs: a score pair (no face, face) and four offsets for each prior. */
export function decode(
  scores: Float32Array,
  locations: Float32Array,
  width: number,
  height: number,
  leastScore: number,
): Detection[] {
  const found: Detection[] = [];
  let prior = 0;
  for (const { stride, sides } of grids) {
    const columns = Math.ceil(width / stride);
    const rows = Math.ceil(height / stride);
    for (let cell = 0; cell < columns * rows; cell++) {
      for (const side of sides) {
        const confidence = scores[2 * prior + 1]!;
        const at = 4 * prior++;
        if (!(confidence > leastScore)) continue;
        // Priors end at the picture's edge, as in training.
        const priorWidth = Math.min(side, width);
        const priorHeight = Math.min(side, height);
        const priorX = Math.min(((cell % columns) + 0.5) * stride, width);
        const priorY = Math.min((Math.floor(cell / columns) + 0.5) * stride, height);
        const x = priorX + locations[at]! * centreVariance * priorWidth;
        const y = priorY + locations[at + 1]! * centreVariance * priorHeight;
        const halfWidth = (priorWidth * Math.exp(locations[at + 2]! * sizeVariance)) / 2;
        const halfHeight = (priorHeight * Math.exp(locations[at + 3]! * sizeVariance)) / 2;
        const corners = {
          left: x - halfWidth,
          top: y - halfHeight,
          right: x + halfWidth,
          bottom: y + halfHeight,
        };
        found.push({ confidence, corners, angle: undefined });
      }
    }
  }
  return found;
}
