// A worker thread of the pool: loads the models, then looks at the pictures it is given, a few of them together.
import { parentPort, workerData } from 'node:worker_threads';
import type { EncodedPicture, FoundFace, Picture } from '../gallery/ports.ts';
import { withJpeg } from '../jpeg/decoder.ts';
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
  /** Begins with `length` bytes, which are overwritten when they were looked at: the picture's pixels, or a JPEG. */
  readonly memory: SharedArrayBuffer;
  readonly length: number;
  /** Of pixels, or the scale that a JPEG is to be decoded at. */
  readonly picture: Omit<Picture, 'pixels'> | Pick<EncodedPicture, 'scale'>;
  readonly wanted: Wanted;
}

const port = parentPort!;
const { models, logSeverity }: WorkerSettings = workerData;
const networks = await loadNetworks(models, logSeverity);

let lastAnswer = Promise.resolve();

/** Answers in the order of the jobs, whichever is done first. */
port.on('message', (job: AnalysisJob) => {
  const [before, answer] = [lastAnswer, work(job)];
  lastAnswer = before.then(async () => send(await answer));
});

function send(answer: Answer<FoundFace[] | undefined>): void {
  const faces = ('result' in answer && answer.result) || [];
  port.postMessage(
    answer,
    faces.map(({ template }) => template.buffer as ArrayBuffer),
  );
}

/** No result where the bytes are of a JPEG that has to be decoded otherwise. */
async function work({
  memory,
  length,
  picture,
  wanted,
}: AnalysisJob): Promise<Answer<FoundFace[] | undefined>> {
  const bytes = new Uint8Array(memory, 0, length);
  try {
    const result = await ('width' in picture
      ? analyse(networks, { ...picture, pixels: bytes }, wanted)
      : withJpeg(bytes, picture.scale, (decoded, memory) => analyse(networks, decoded, wanted, memory)));
    return { result };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  } finally {
    overwrite(memory, length);
  }
}
port.postMessage('ready');
