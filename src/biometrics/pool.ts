// The face analyser: a pool of worker threads that hold the models.
import { availableParallelism } from 'node:os';
import type { EncodedPicture, FaceAnalyser, FoundFace, Picture } from '../gallery/ports.ts';
import { startThread } from '../threads/start-thread.ts';
import { ThreadPool } from '../threads/thread-pool.ts';
import { Refusal } from '../wire/errors.ts';
import type { Wanted } from './analyse.ts';
import { LentMemory } from './lent-memory.ts';
import { loadModels } from './models.ts';
import type { LogSeverity } from './network.ts';
import type { AnalysisJob, WorkerSettings } from './worker.ts';

/** That a thread looks at step by step, so that one network runs for all of them before its weights leave the cache. */
const picturesTogether = 4;

/** The pixels of more would push the weights out of the cache, and decoding them takes most of their time anyway. */
const mostPixelsTogether = 1_000_000;

type Size = Pick<Picture, 'width' | 'height'>;

/** Small, so that what networks answered is cleared before it makes V8 look through the whole heap on other cores. */
const maxYoungGenerationSizeMb = 12;

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
  const lent = new LentMemory();
  const pool = new ThreadPool<FoundFace[] | undefined>({
    name: 'face analysis',
    size: workers,
    jobsAtATime: picturesTogether,
    start: () => startThread(import.meta.url, 'worker', workerData, { maxYoungGenerationSizeMb }),
  });
  await pool.startAndWait();
  const run = async (bytes: Uint8Array, size: Size, job: Pick<AnalysisJob, 'picture' | 'wanted'>) => {
    try {
      return await lent.lend(bytes, (borrow) =>
        pool.run(
          (): AnalysisJob => ({ ...job, length: bytes.length, memory: borrow() }),
          size.width * size.height > mostPixelsTogether,
        ),
      );
    } catch (error) {
      throw new Refusal('algorithmFailed', (error as Error).message);
    }
  };
  const analyseDecoded = async (picture: Picture, wanted: Wanted): Promise<FoundFace[]> => {
    if (!isWhole(picture)) throw new Refusal('algorithmFailed', 'the picture is not as large as it says');
    const { pixels, ...rest } = picture;
    const found = await run(pixels, picture, { picture: rest, wanted }).finally(() => pixels.fill(0));
    return found ?? [];
  };
  const analyseEncoded = async (picture: EncodedPicture, wanted: Wanted): Promise<FoundFace[]> => {
    const { jpeg, scale } = picture;
    try {
      return (
        (await run(jpeg, picture, { picture: { scale }, wanted })) ??
        (await analyseDecoded(await picture.decode(), wanted))
      );
    } finally {
      jpeg.fill(0);
    }
  };
  const { id, dimensions, calibration } = models.embedder;
  return {
    modelId: id,
    dimensions,
    calibration,
    analyse: (picture, wanted = {}) =>
      'jpeg' in picture ? analyseEncoded(picture, wanted) : analyseDecoded(picture, wanted),
    close: () => pool.close(),
  };
}

function isWhole({ pixels, width, height, scale }: Picture): boolean {
  const isSide = (side: number) => Number.isSafeInteger(side) && side > 0;
  return isSide(width) && isSide(height) && scale > 0 && pixels.length === width * height * 3;
}
