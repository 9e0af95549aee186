// The built-in sets of models: how each model is made, what it takes and gives, and on what terms it may be used.
import { type BuiltModel, colour, sourceOf } from './built-model.ts';
import { dlib, frFeature } from './embedders.ts';
import { sources } from './sources.ts';

const { faceplugin, human, faceApi } = sources;

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
