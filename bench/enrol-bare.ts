// A thread of bench/enrol.ts that runs the models alone: the inputs that one photograph led to, over and over.
import { parentPort, workerData } from 'node:worker_threads';
import { loadModels, modelsFolder } from '../src/biometrics/models.ts';
import { loadNetworks } from '../src/biometrics/networks.ts';
import { type ModelInputs, recordInputs, runModels } from './model-inputs.ts';

const port = parentPort!;
const networks = await loadNetworks(await loadModels(modelsFolder('default')), 3);
const inputs: ModelInputs[] = [];
for (const photograph of workerData as Uint8Array[]) inputs.push(await recordInputs(networks, photograph));

/** Answers how many photographs' worth of models it ran until the time was over. */
port.on('message', async ({ index, forMs }: { index: number; forMs: number }) => {
  const endMs = performance.now() + forMs;
  let count = 0;
  for (; performance.now() < endMs; count++) await runModels(inputs[index]!);
  port.postMessage(count);
});
port.postMessage('ready');
