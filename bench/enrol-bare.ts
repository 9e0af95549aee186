// A thread of bench/enrol.ts that runs the models alone: the inputs that one photograph led to, over and over.
import { parentPort, workerData } from 'node:worker_threads';
import { analyse } from '../src/biometrics/analyse.ts';
import { loadModels, modelsFolder } from '../src/biometrics/models.ts';
import type { Network } from '../src/biometrics/network.ts';
import { loadNetworks } from '../src/biometrics/networks.ts';
import { decodePicture } from '../src/images/decode.ts';

interface Input {
  readonly network: Network;
  readonly values: Float32Array;
  readonly width: number;
  readonly height: number;
}

const port = parentPort!;
const networks = await loadNetworks(await loadModels(modelsFolder('default')), 3);
const inputs = new Map<Uint8Array, readonly Input[]>();
for (const photograph of workerData as Uint8Array[]) inputs.set(photograph, await record(photograph));

/** Answers how many photographs' worth of models it ran until the time was over. */
port.on('message', async ({ index, forMs }: { index: number; forMs: number }) => {
  const sequence = [...inputs.values()][index]!;
  const endMs = performance.now() + forMs;
  let count = 0;
  for (; performance.now() < endMs; count++)
    for (const { network, values, width, height } of sequence) await network.run(values, width, height);
  port.postMessage(count);
});
port.postMessage('ready');

async function record(photograph: Uint8Array): Promise<readonly Input[]> {
  const recorded: Input[] = [];
  const { detector, landmarks, mesh, embedder, fallbackDetector } = networks;
  const all = [detector, landmarks, mesh, embedder, fallbackDetector].filter((one) => one !== undefined);
  const runs = all.map((network: Network) => {
    const run = network.run;
    network.run = (values, width, height) => {
      recorded.push({ network, values: values.slice(), width, height });
      return run.call(network, values, width, height);
    };
    return { network, run };
  });
  const faces = await analyse(networks, await decodePicture(photograph));
  if (faces.length !== 1) throw new Error(`the photograph should hold one face, ${faces.length} were found`);
  for (const { network, run } of runs) network.run = run;
  return recorded;
}
