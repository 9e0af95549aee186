// What the models were given for one photograph, to run them alone on the same.
import { analyse } from '../src/biometrics/analyse.ts';
import type { Network } from '../src/biometrics/network.ts';
import type { FaceNetworks } from '../src/biometrics/networks.ts';
import { decodePicture } from '../src/images/decode.ts';

interface Input {
  readonly network: Network;
  readonly values: Float32Array;
  readonly width: number;
  readonly height: number;
}

export type ModelInputs = readonly Input[];

/** @throws {Error} where the photograph does not hold one face */
export async function recordInputs(networks: FaceNetworks, photograph: Uint8Array): Promise<ModelInputs> {
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

export async function runModels(inputs: ModelInputs): Promise<void> {
  for (const { network, values, width, height } of inputs) await network.run(values, width, height);
}
