// Every model of the built-in sets: how it is made, what it takes and gives, and on what terms it may be used.
import type { ManifestModel } from '../src/biometrics/models.ts';
import type { Conversion } from './convert/convert.ts';
import { type Source, sources } from './sources.ts';

/** A model that `npm run models` makes; `described` is its entry in the manifest, with the hash it must come out with. */
export interface BuiltModel {
  readonly from: Source;
  readonly conversion: Conversion;
  readonly described: ManifestModel;
}

const { faceplugin, human, faceApi } = sources;

const sourceOf = ({ name, version }: Source, file: string): string => `${name}@${version} ${file}`;

/** A picture of fixed sides, three channels, the same mean and divisor for each. */
const colour = (
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

const ultraface: BuiltModel = {
  from: faceplugin,
  conversion: { kind: 'ultraface', file: 'model/fr_detect.onnx' },
  described: {
    role: 'detector',
    id: 'ultraface-rfb',
    file: 'ultraface-rfb.onnx',
    sha256: '55beafee6bcd5e93fb59d04c6f80daa678702f6263704156fa12dcf9d8d0a20a',
    source: sourceOf(faceplugin, 'model/fr_detect.onnx'),
    licence: 'MIT (Linzaer, 2019)',
    caveat: 'Trained by its author on WIDER FACE, pictures collected for research.',
    decoder: 'ultraface',
    input: {
      name: 'input',
      layout: 'NCHW',
      width: 'dynamic',
      height: 'dynamic',
      multipleOf: 16,
      channelOrder: 'RGB',
      mean: [127, 127, 127],
      std: [128, 128, 128],
    },
    outputs: { scores: 'scores', locations: 'locations' },
  },
};

/** Second detector of the default set, first of the strict one. */
const blazeface = <Role extends 'detector' | 'fallbackDetector'>(role: Role) => ({
  from: human,
  conversion: {
    kind: 'tfjs',
    graph: 'models/blazeface.json',
    weights: 'models/blazeface.bin',
    outputs: {
      scores16: 'Identity',
      scores8: 'Identity_1',
      boxes16: 'Identity_2',
      boxes8: 'Identity_3',
    },
  } as const,
  described: {
    role,
    id: 'blazeface-back',
    file: 'blazeface-back.onnx',
    sha256: '31772b59bc7f8dacc2cdce709d770f2f7fd8210519d66f495845d22f6d2a8e11',
    source: sourceOf(human, 'models/blazeface.bin'),
    licence: 'Apache-2.0 (Google MediaPipe), repackaged under MIT',
    caveat: 'Training data not published by Google.',
    decoder: 'blazeface' as const,
    input: colour('RGB', 256, 127.5, 127.5),
    outputs: { scores16: 'scores16', scores8: 'scores8', boxes16: 'boxes16', boxes8: 'boxes8' },
  },
});

const landmarks: BuiltModel = {
  from: faceplugin,
  conversion: { kind: 'none', file: 'model/fr_landmark.onnx' },
  described: {
    role: 'landmarks',
    id: 'fr_landmark',
    file: 'fr_landmark.onnx',
    sha256: 'f10b0ba1d2a8a099adefede1ebf3733e44fe370715e7303dbeb7f59c02142258',
    source: sourceOf(faceplugin, 'model/fr_landmark.onnx'),
    licence: 'MIT, as its package states',
    caveat: 'Training data undisclosed by the vendor.',
    input: {
      name: 'input',
      layout: 'NCHW',
      width: 64,
      height: 64,
      channelOrder: 'grey',
      mean: [0],
      std: [256],
    },
    outputs: { points: 'output' },
  },
};

const mesh: BuiltModel = {
  from: human,
  conversion: {
    kind: 'tfjs',
    graph: 'models/facemesh.json',
    weights: 'models/facemesh.bin',
    outputs: { points: 'Identity_2', presence: 'Identity_1' },
  },
  described: {
    role: 'mesh',
    id: 'facemesh',
    file: 'facemesh.onnx',
    sha256: '4fd2a06e93161bd2a779da4f7cbb1858b81af3aca29486a609e262850786fe83',
    source: sourceOf(human, 'models/facemesh.bin'),
    licence: 'Apache-2.0 (Google MediaPipe), repackaged under MIT',
    caveat: 'Training data not published by Google.',
    input: colour('RGB', 192, 0, 255),
    outputs: { points: 'points', presence: 'presence' },
  },
};

const frFeature: BuiltModel = {
  from: faceplugin,
  conversion: { kind: 'prelu', file: 'model/fr_feature.onnx' },
  described: {
    role: 'embedder',
    id: 'fr_feature',
    file: 'fr_feature.onnx',
    sha256: '2f3ab6b2676e96423ceb5e95cff2ae74c0243bd9b86add01a3d3309377b08baa',
    source: sourceOf(faceplugin, 'model/fr_feature.onnx'),
    licence: 'MIT, as its package states',
    caveat:
      'Training data undisclosed by the vendor; networks of this kind are usually trained on MS1M, whose pictures were collected for research. The licence file names a copyright holder other than the vendor.',
    input: colour('BGR', 112, 127.5, 127.5),
    outputs: { embedding: 'output' },
    dimensions: 512,
    alignment: 'arcface-112',
    // Unrelated faces score about 0, so the rate curve keeps them near 10.
    calibration: {
      rateCurve: [
        [-1, 0],
        [0, 10],
        [0.25, 40],
        [0.35, 60],
        [0.4, 70],
        [0.45, 76],
        [0.5, 80],
        [0.7, 95],
        [1, 100],
      ],
      verify: { threshold: 0.4, falseMatchRate: 1.8e-4 },
      identify: { threshold: 0.45 },
      // Below 0.25 counted on 1,444 photographs of LFW (a million pairs), from there on on all of it. It ends where LFW's own
      // wrong labels begin to count: at 0.55 all of LFW says 1.7e-6, where the curve going on straight says 1.2e-6.
      falseMatches: {
        points: [
          [0, 0.52],
          [0.1, 0.16],
          [0.2, 0.026],
          [0.25, 9.5e-3],
          [0.3, 2.9e-3],
          [0.35, 7.6e-4],
          [0.4, 1.8e-4],
          [0.45, 3.5e-5],
          [0.5, 6.5e-6],
        ],
        comparisons: 87_300_000,
        measuredOn: 'all 13,233 photographs of LFW, every two persons',
      },
    },
  },
};

const dlib: BuiltModel = {
  from: faceApi,
  conversion: {
    kind: 'dlib',
    graph: 'model/face_recognition_model-weights_manifest.json',
    weights: 'model/face_recognition_model.bin',
  },
  described: {
    role: 'embedder',
    id: 'dlib_resnet',
    file: 'dlib_resnet.onnx',
    sha256: '52b5a6e231885d50c8f1aa38489423e2ef576355fcd6f12df0c6038c30ea3698',
    source: sourceOf(faceApi, 'model/face_recognition_model.bin'),
    licence: 'Public domain (Davis King, dlib-models), repackaged under MIT',
    caveat:
      'Trained by its author on FaceScrub, VGG-Face and pictures gathered from the web. Quantised to 8 bits by the package. At the same false-match rate it misses several times as many genuine pairs as the default.',
    input: colour('RGB', 150, 0, 1),
    outputs: { embedding: 'embedding' },
    dimensions: 128,
    alignment: 'dlib-150',
    // Cosines crowd together: unrelated faces have a median of 0.84, one person's of 0.955. Each rate stands where the
    // false-match rate is that of the default model at the same rate. At 0.93 one genuine pair in nine is missed.
    calibration: {
      rateCurve: [
        [-1, 0],
        [0.84, 10],
        [0.91, 40],
        [0.93, 60],
        [0.9375, 70],
        [0.9475, 76],
        [0.955, 80],
        [0.98, 95],
        [1, 100],
      ],
      verify: { threshold: 0.93, falseMatchRate: 6.1e-4 },
      identify: { threshold: 0.94 },
      // Ends at the last score that at least 30 pairs reach.
      falseMatches: {
        points: [
          [0.84, 0.48],
          [0.86, 0.264],
          [0.88, 0.1],
          [0.9, 0.023],
          [0.91, 8.2e-3],
          [0.92, 2.4e-3],
          [0.93, 6.1e-4],
          [0.94, 1.03e-4],
          [0.945, 4.4e-5],
        ],
        comparisons: 1_041_412,
        measuredOn: '1,444 photographs of LFW, every two persons',
      },
    },
  },
};

const genderAge: BuiltModel = {
  from: human,
  conversion: {
    kind: 'tfjs',
    graph: 'models/faceres.json',
    weights: 'models/faceres.bin',
    outputs: { male: 'gender_pred/Sigmoid', age: 'age_pred/Softmax' },
  },
  described: {
    role: 'genderAge',
    id: 'faceres',
    file: 'faceres.onnx',
    sha256: 'fd7fae6f2aa52260cb9e1d214c3d5a9340debaccb59bb461572fdf749713e991',
    source: sourceOf(human, 'models/faceres.bin'),
    licence: 'MIT, as its package states',
    caveat:
      "From HSE's FaceRes, whose own licence could not be verified; trained on VGGFace2 and age data collected for research.",
    input: {
      ...colour('BGR', 224, 0, 1),
      mean: [103.939, 116.779, 123.68],
    },
    outputs: { male: 'male', age: 'age' },
  },
};

const emotion: BuiltModel = {
  from: human,
  conversion: {
    kind: 'tfjs',
    graph: 'models/emotion.json',
    weights: 'models/emotion.bin',
    outputs: { emotions: 'Identity' },
  },
  described: {
    role: 'emotion',
    id: 'emotion',
    file: 'emotion.onnx',
    sha256: '9d18eb3ffc97c4678e7a7f80251b531d0078b19549549c847c86d7830ed5cfa1',
    source: sourceOf(human, 'models/emotion.bin'),
    licence: 'MIT, as its package states',
    caveat:
      "From oarriaga's mini-Xception, whose own licence was not verified; trained on FER2013, pictures collected for research.",
    input: {
      name: 'input',
      layout: 'NCHW',
      width: 64,
      height: 64,
      channelOrder: 'grey',
      mean: [127.5],
      std: [127.5],
    },
    outputs: { emotions: 'emotions' },
  },
};

/** The strict set holds only what is Apache-2.0 or in the public domain. */
export const modelSets: Readonly<Record<'default' | 'strict', readonly BuiltModel[]>> = {
  default: [ultraface, blazeface('fallbackDetector'), landmarks, mesh, frFeature, genderAge, emotion],
  strict: [blazeface('detector'), mesh, dlib],
};

/** Photographs for the demo and the tests: files of the package whose names they keep. */
export const photographs = {
  from: faceApi,
  files: [1, 2, 3, 4, 5, 6].map((number) => `demo/sample${number}.jpg`),
} as const;
