// The face pipelines that a user of Node would pick instead, each installed for the occasion, behind one shape.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import sharp from 'sharp';
import { installPeer, type Loose, type LooseClass, loadPeer } from './peer-packages.ts';

/** Both find one face in pixels, place its points and describe it. */
export interface PipelinePeer {
  readonly name: string;
  /** What an installation of it alone takes. */
  readonly packages: readonly string[];
  /** Answers what makes a template of a JPEG: its numbers. */
  open(): Promise<(jpeg: Buffer) => Promise<ArrayLike<number>>>;
}

// Their faster backend, tfjs-node, downloads libtensorflow when it is installed; this one is whole in its package.
const backend = ['@tensorflow/tfjs@4.22.0', '@tensorflow/tfjs-backend-wasm@4.22.0'];
const wasmFolder = 'node_modules/@tensorflow/tfjs-backend-wasm/dist/';
const faceApi = ['@vladmandic/face-api@1.7.15', ...backend];
const human = ['@vladmandic/human@3.3.6', ...backend];
/** What is run: two copies of the backend would share one registry in the process. */
const together = [...new Set([...faceApi, ...human])];

export const pipelinePeers: readonly PipelinePeer[] = [
  {
    name: '@vladmandic/face-api',
    packages: faceApi,
    async open() {
      const folder = await installPeer(together);
      const wasm = (await loadPeer(together, '@tensorflow/tfjs-backend-wasm')) as Loose;
      wasm.setWasmPaths!(join(folder, wasmFolder));
      const api = await loadPeer(together, '@vladmandic/face-api/dist/face-api.node-wasm.js');
      const tf = api.tf as Loose;
      await tf.setBackend!('wasm');
      await tf.ready!();
      const models = join(folder, 'node_modules/@vladmandic/face-api/model');
      const nets = api.nets as Record<string, Loose>;
      for (const net of ['ssdMobilenetv1', 'faceLandmark68Net', 'faceRecognitionNet'])
        await nets[net]!.loadFromDisk!(models);
      const options = new (api.SsdMobilenetv1Options as LooseClass)({ minConfidence: 0.3 });
      return async (jpeg) => {
        const pixels = await readPixels(tf, jpeg, 'int32');
        const face = (api.detectSingleFace as (...values: unknown[]) => Loose)(pixels, options);
        const described = (face.withFaceLandmarks!() as Loose).withFaceDescriptor!();
        const { descriptor } = (await described) as { descriptor: Float32Array };
        tf.dispose!(pixels);
        return descriptor;
      };
    },
  },
  {
    name: '@vladmandic/human',
    packages: human,
    async open() {
      const folder = await installPeer(together);
      const { Human } = await loadPeer(
        human,
        join(folder, 'node_modules/@vladmandic/human/dist/human.node-wasm.js'),
      );
      const off = { enabled: false };
      const made = new (Human as LooseClass)({
        backend: 'wasm',
        wasmPath: join(folder, wasmFolder),
        modelBasePath: await serveFolder(join(folder, 'node_modules/@vladmandic/human/models')),
        cacheSensitivity: 0,
        filter: off,
        face: {
          enabled: true,
          detector: { maxDetected: 1 },
          mesh: { enabled: true },
          description: { enabled: true },
          iris: off,
          emotion: off,
          antispoof: off,
          liveness: off,
        },
        body: off,
        hand: off,
        object: off,
        gesture: off,
        segmentation: off,
      });
      await made.load!();
      const tf = made.tf as unknown as Loose;
      return async (jpeg) => {
        const pixels = await readPixels(tf, jpeg, 'float32');
        const batch = tf.expandDims!(pixels, 0);
        const { face } = (await made.detect!(batch)) as { face: { embedding?: number[] }[] };
        tf.dispose!([pixels, batch]);
        return face[0]?.embedding ?? [];
      };
    },
  },
];

/** Decoded by sharp, since this backend decodes nothing. */
async function readPixels(tf: Loose, jpeg: Buffer, type: string): Promise<unknown> {
  const { data, info } = await sharp(jpeg).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return tf.tensor3d!(new Uint8Array(data), [info.height, info.width, info.channels], type);
}

/** On loopback: this backend loads models by URL only. */
async function serveFolder(folder: string): Promise<string> {
  const server = createServer((request, response) => {
    const name = new URL(request.url ?? '/', 'http://loopback').pathname.slice(1);
    readFile(join(folder, name)).then(
      (bytes) => response.end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}
