// From the files of a package to the bytes of an ONNX model: one conversion for each kind of weights.
import { buildDlib } from './dlib.ts';
import { type OnnxModel, readOnnx, writeOnnx } from './onnx-graph.ts';
import { freeBatch, rewritePRelu } from './prelu.ts';
import { convertTfjs } from './tfjs.ts';
import { zeroTinyWeights } from './tiny-weights.ts';
import { cutUltraface } from './ultraface.ts';

export type Conversion =
  | { readonly kind: 'none'; readonly file: string }
  | { readonly kind: 'ultraface'; readonly file: string }
  | { readonly kind: 'prelu'; readonly file: string }
  | {
      readonly kind: 'tfjs';
      readonly graph: string;
      readonly weights: string;
      readonly outputs: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'dlib'; readonly graph: string; readonly weights: string };

/** Paths, inside the package, of the files that a conversion reads. */
export function filesOf(conversion: Conversion): string[] {
  return 'file' in conversion ? [conversion.file] : [conversion.graph, conversion.weights];
}

/** The same files always give the same bytes, on any machine: nothing here is rounded by the platform's own rules. */
export function convert(conversion: Conversion, read: (file: string) => Uint8Array): Uint8Array {
  if (conversion.kind === 'none') return read(conversion.file);
  const model = convertedModel(conversion, read);
  zeroTinyWeights(model);
  return writeOnnx(model);
}

function convertedModel(
  conversion: Exclude<Conversion, { kind: 'none' }>,
  read: (file: string) => Uint8Array,
): OnnxModel {
  const readJson = (file: string) => JSON.parse(Buffer.from(read(file)).toString('utf8'));
  switch (conversion.kind) {
    case 'ultraface': {
      const model = readOnnx(read(conversion.file));
      cutUltraface(model);
      return model;
    }
    case 'prelu': {
      const model = readOnnx(read(conversion.file));
      rewritePRelu(model);
      freeBatch(model);
      return model;
    }
    case 'tfjs': {
      const { graph, weights, outputs } = conversion;
      const model = convertTfjs(readJson(graph), read(weights), { input: 'input', outputs });
      rewritePRelu(model);
      return model;
    }
    case 'dlib':
      return buildDlib(readJson(conversion.graph), read(conversion.weights));
  }
}
