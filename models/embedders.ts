// The models that make templates, with what their comparison scores mean and where that was measured.
import { type BuiltModel, colour, sourceOf } from './built-model.ts';
import { sources } from './sources.ts';

const { faceplugin, faceApi } = sources;

export const frFeature: BuiltModel = {
  from: faceplugin,
  conversion: { kind: 'prelu', file: 'model/fr_feature.onnx' },
  described: {
    role: 'embedder',
    id: 'fr_feature',
    file: 'fr_feature.onnx',
    sha256: '7462fb0958f82b4c23a292a505032f17d53733b13171c4ba624b83319b723626',
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

export const dlib: BuiltModel = {
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
