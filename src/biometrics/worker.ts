// A worker thread of the pool: loads the models, then answers one picture after another.
import { parentPort, workerData } from 'node:worker_threads';
import type { FoundFace, Picture } from '../gallery/ports.ts';
import { analyse, type Wanted } from './analyse.ts';
import type { ModelSet } from './models.ts';
import type { LogSeverity } from './network.ts';
import { loadNetworks } from './networks.ts';
import type { Answer } from './worker-pool.ts';

export interface WorkerSettings {
  readonly models: ModelSet;
  readonly logSeverity: LogSeverity;
}

export interface AnalysisJob {
  readonly picture: Picture;
  readonly wanted: Wanted;
}

const port = parentPort!;
const { models, logSeverity }: WorkerSettings = workerData;
const networks = await loadNetworks(models, logSeverity);

port.on('message', async ({ picture, wanted }: AnalysisJob) => {
  const send = (answer: Answer<FoundFace[]>, memory: ArrayBuffer[] = []) => port.postMessage(answer, memory);
  try {
    const faces = await analyse(networks, picture, wanted);
    send(
      { result: faces },
      faces.map(({ template }) => template.buffer as ArrayBuffer),
    );
  } catch (error) {
    send({ failure: error instanceof Error ? error.message : String(error) });
  }
});
port.postMessage('ready');
