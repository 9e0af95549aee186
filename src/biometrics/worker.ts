// A worker thread of the pool: loads the models, then answers one picture after another.
import { parentPort, workerData } from 'node:worker_threads';
import type { FoundFace, Picture } from '../gallery/ports.ts';
import type { Answer } from '../threads/thread-pool.ts';
import { analyse, type Wanted } from './analyse.ts';
import { overwrite } from './lent-memory.ts';
import type { ModelSet } from './models.ts';
import type { LogSeverity } from './network.ts';
import { loadNetworks } from './networks.ts';

export interface WorkerSettings {
  readonly models: ModelSet;
  readonly logSeverity: LogSeverity;
}

export interface AnalysisJob {
  readonly picture: Omit<Picture, 'pixels'>;
  /** Begins with the picture's pixels, which are overwritten when it is analysed. */
  readonly memory: SharedArrayBuffer;
  readonly wanted: Wanted;
}

const port = parentPort!;
const { models, logSeverity }: WorkerSettings = workerData;
const networks = await loadNetworks(models, logSeverity);

port.on('message', async (job: AnalysisJob) => {
  const answer = await work(job);
  const faces = 'result' in answer ? answer.result : [];
  port.postMessage(
    answer,
    faces.map(({ template }) => template.buffer as ArrayBuffer),
  );
});

async function work({ picture, memory, wanted }: AnalysisJob): Promise<Answer<FoundFace[]>> {
  const pixels = new Uint8Array(memory, 0, picture.width * picture.height * 3);
  try {
    return { result: await analyse(networks, { ...picture, pixels }, wanted) };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  } finally {
    overwrite(memory, pixels.length);
  }
}
port.postMessage('ready');
