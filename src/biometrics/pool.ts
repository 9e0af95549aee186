// The face analyser: a pool of worker threads that hold the models.
import { availableParallelism } from 'node:os';
import type { FaceAnalyser, FoundFace, Picture } from '../gallery/ports.ts';
import { startThread } from '../threads/start-thread.ts';
import { ThreadPool } from '../threads/thread-pool.ts';
import { Refusal } from '../wire/errors.ts';
import { LentMemory } from './lent-memory.ts';
import { loadModels } from './models.ts';
import type { LogSeverity } from './network.ts';
import type { AnalysisJob, WorkerSettings } from './worker.ts';

/**
 * Loads the models of a folder into worker threads, one a core when `workers` is not given.
 * @throws {Error} naming the file that is missing, changed or unreadable
 */
export async function openFaceAnalyser({
  folder,
  workers = availableParallelism(),
  logSeverity = 3,
}: {
  folder: string;
  workers?: number;
  /** Of onnxruntime: 0 verbose to 4 fatal. */
  logSeverity?: LogSeverity;
}): Promise<FaceAnalyser> {
  const models = await loadModels(folder);
  const workerData: WorkerSettings = { models, logSeverity };
  const lent = Array.from({ length: workers }, () => new LentMemory());
  const pool = new ThreadPool<FoundFace[]>({
    name: 'face analysis',
    size: workers,
    start: () => startThread(import.meta.url, 'worker', workerData),
    onAnswer: (place) => lent[place]!.takeBack(),
    onLoss: (place) => lent[place]!.forget(),
  });
  await pool.startAndWait();
  const { id, dimensions, calibration } = models.embedder;
  return {
    modelId: id,
    dimensions,
    calibration,
    async analyse(picture, wanted = {}) {
      if (!isWhole(picture)) throw new Refusal('algorithmFailed', 'the picture is not as large as it says');
      const { pixels, ...rest } = picture;
      try {
        return await pool.run((place): AnalysisJob => {
          const memory = lent[place]!.put(pixels);
          pixels.fill(0);
          return { picture: rest, memory, wanted };
        });
      } catch (error) {
        throw new Refusal('algorithmFailed', (error as Error).message);
      }
    },
    close: () => pool.close(),
  };
}

function isWhole({ pixels, width, height, scale }: Picture): boolean {
  const isSide = (side: number) => Number.isSafeInteger(side) && side > 0;
  return isSide(width) && isSide(height) && scale > 0 && pixels.length === width * height * 3;
}
