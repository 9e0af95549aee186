// From a URL to the faces of its picture, and the reasons for which a face is not good enough to enrol.
import { Refusal } from '../wire/errors.ts';
import { maxFacesPerProbe } from '../wire/limits.ts';
import { compareTemplates, rateOf } from './decision.ts';
import type { FaceAnalyser, FoundFace, PictureSource, Template } from './ports.ts';
import type { Thresholds } from './thresholds.ts';

/**
 * Narrowest face that is enrolled, original pixels: below it the mean score of mates falls
 * (research: 66 px in 1080p still verifies at 99.6 %, 44 px loses 8 points).
 */
const minEnrolledFacePx = 48;

/** Sharpness below which a face is too blurred to enrol: a Gaussian blur of about sigma 3 on the 112 px face. */
const minEnrolledSharpness = 0.05;

export interface Recogniser {
  readonly pictures: PictureSource;
  readonly analyser: FaceAnalyser;
  readonly thresholds: Thresholds;
  /** Runs the work when its turn has come: bounds the pictures in memory at a time. */
  readonly admit: <Value>(work: () => Promise<Value>) => Promise<Value>;
}

export interface Verification {
  readonly score: number;
  readonly rate: number;
  readonly isSamePerson: boolean;
}

/** Every face of the picture, largest first. */
export async function findFaces(
  { pictures, analyser, admit }: Recogniser,
  account: string,
  url: string,
  { attributes = false } = {},
): Promise<FoundFace[]> {
  return admit(async () =>
    analyser.analyse(await pictures.open(url, account), { attributes, maxFaces: maxFacesPerProbe }),
  );
}

/** What stays of a picture that a face was enrolled from: nothing, the face with what surrounds it, or its bytes. */
export type KeptPhotographs = 'none' | 'crop' | 'original';

export interface EnrollableFace {
  readonly template: Template;
  /** Where photographs are kept. */
  readonly photograph?: Uint8Array;
}

/** The one enrollable face of each picture, or why there is none. */
export const findEnrollableFaces = (
  recogniser: Recogniser,
  account: string,
  urls: readonly string[],
  kept: KeptPhotographs = 'none',
): Promise<(EnrollableFace | Refusal)[]> =>
  Promise.all(urls.map((url) => orRefusal(findEnrollableFace(recogniser, account, url, kept))));

async function orRefusal<Value>(promise: Promise<Value>): Promise<Value | Refusal> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

async function findEnrollableFace(
  recogniser: Recogniser,
  account: string,
  url: string,
  kept: KeptPhotographs,
): Promise<EnrollableFace> {
  const { pictures, analyser, admit } = recogniser;
  if (kept === 'none') return checkEnrollable(await findFaces(recogniser, account, url));
  return admit(async () => {
    const { picture, bytes } = await pictures.openWithBytes(url, account);
    let photograph: Uint8Array | undefined;
    try {
      const { box, template } = checkEnrollable(
        await analyser.analyse(picture, { maxFaces: maxFacesPerProbe }),
      );
      photograph = kept === 'original' ? bytes : await pictures.cutOut(bytes, box);
      return { template, photograph };
    } finally {
      if (photograph !== bytes) bytes.fill(0);
    }
  });
}

/**
 * The one face of a picture, fit to stand for a person.
 * @throws {Refusal} badRequest saying that there is none, more than one, or that it is too small or too blurred
 */
function checkEnrollable([face, ...others]: readonly FoundFace[]): FoundFace {
  if (face === undefined) throw new Refusal('badRequest', 'no face found in the picture');
  if (others.length > 0) {
    throw new Refusal('badRequest', `${others.length + 1} faces found in the picture, exactly one is needed`);
  }
  const shorterPx = Math.round(Math.min(face.box.width, face.box.height));
  if (shorterPx < minEnrolledFacePx) {
    throw new Refusal(
      'badRequest',
      `the face is too small: ${shorterPx} pixels, at least ${minEnrolledFacePx} are needed`,
    );
  }
  if (face.quality.sharpness < minEnrolledSharpness) {
    throw new Refusal('badRequest', 'the face is too blurred');
  }
  return face;
}

/**
 * Compares the largest faces of two pictures (1:1).
 * @throws {Refusal} badRequest when a picture shows no face
 */
export async function verify(
  recogniser: Recogniser,
  account: string,
  url: string,
  otherUrl: string,
): Promise<Verification> {
  const [face, other] = await Promise.all([
    findLargestFace(recogniser, account, url, 'url'),
    findLargestFace(recogniser, account, otherUrl, 'extras.faceUrl'),
  ]);
  const { analyser, thresholds } = recogniser;
  const score = compareTemplates(face.template, other.template);
  return { score, rate: rateOf(score, analyser.calibration), isSamePerson: score >= thresholds.verify };
}

/**
 * The largest face of a picture, to be compared with another.
 * @throws {Refusal} badRequest when there is none
 */
async function findLargestFace(
  recogniser: Recogniser,
  account: string,
  url: string,
  what: string,
): Promise<FoundFace> {
  const [face] = await findFaces(recogniser, account, url);
  if (face === undefined) throw new Refusal('badRequest', `no face found in the picture of ${what}`);
  return face;
}
