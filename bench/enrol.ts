// What enrolling costs beside the models alone: faces a second over all cores from the bytes of JPEGs, then the steps.
import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { analyse } from '../src/biometrics/analyse.ts';
import { loadModels, modelsFolder } from '../src/biometrics/models.ts';
import { loadNetworks } from '../src/biometrics/networks.ts';
import { openFaceAnalyser } from '../src/biometrics/pool.ts';
import { Pyramid } from '../src/biometrics/raster.ts';
import { detectWithUltraface, type UltrafaceNetwork } from '../src/biometrics/ultraface.ts';
import type { Picture } from '../src/gallery/ports.ts';
import { openPicture } from '../src/images/decode.ts';
import { withJpeg } from '../src/jpeg/decoder.ts';
import { type KernelMemory, lendMemory } from '../src/kernels/kernel.ts';
import { startThread } from '../src/threads/start-thread.ts';
import { defineBench, type Page } from './bench.ts';
import { median } from './figures.ts';
import { recordInputs, runModels } from './model-inputs.ts';
import { largePhotograph, smallPhotograph } from './portrait.ts';
import { medianCpuMs, type Rate, rateOf } from './rate.ts';

/** As many pictures as the server has under way. */
const picturesAtATime = 16;

interface Photograph {
  readonly name: string;
  readonly bytes: Buffer;
}

export const bench = defineBench({
  sentence:
    'Faces a second and CPU time a face from JPEG bytes to template, beside the bare models on the same inputs.',
  minutes: { full: 2, short: 0.5 },
  options: {
    rounds: ['5', '2', 'of both by turns'],
    seconds: ['4', '2', 'of each in a round'],
  },
  async run(options, page) {
    const [rounds, forMs] = [Number(options.rounds), Number(options.seconds) * 1000];
    const photographs = [
      { name: '600 x 450', bytes: await smallPhotograph() },
      { name: '4000 x 3000', bytes: await largePhotograph() },
    ];
    page.say(`Medians of ${rounds} rounds of ${forMs / 1000} s each way.\n`);
    await compareRates(page, photographs, rounds, forMs);
    for (const photograph of photographs) await measureSteps(page, photograph);
  },
});

/** The pipeline and the models alone take turns, so that both meet the same machine. */
async function compareRates(
  page: Page,
  photographs: readonly Photograph[],
  rounds: number,
  forMs: number,
): Promise<void> {
  const analyser = await openFaceAnalyser({ folder: modelsFolder('default') });
  const bytes = photographs.map((one) => one.bytes);
  const bare = await Promise.all(Array.from({ length: availableParallelism() }, () => startBare(bytes)));
  page.head([
    'photograph',
    'faces a second, all cores',
    'models alone',
    'ratio',
    'CPU ms a face',
    'models alone',
    'ratio',
  ]);
  for (const [index, { name, bytes }] of photographs.entries()) {
    const pairs: { all: Rate; models: Rate }[] = [];
    // The first pair warms up.
    for (let round = 0; round <= rounds; round++) {
      const all = await rateOf(forMs, async (endMs) => {
        let count = 0;
        const enrol = async () => {
          // The bytes of a request, which are taken over.
          const own = new Uint8Array(bytes.length);
          while (performance.now() < endMs) {
            own.set(bytes);
            await analyser.analyse(await openPicture(own));
            count++;
          }
        };
        await Promise.all(Array.from({ length: picturesAtATime }, enrol));
        return count;
      });
      const models = await rateOf(forMs, async () => {
        const counts = await Promise.all(bare.map((worker) => ask(worker, { index, forMs })));
        return counts.reduce((sum, count) => sum + count, 0);
      });
      if (round > 0) pairs.push({ all, models });
    }
    const figure = (digits: number, of: (pair: { all: Rate; models: Rate }) => number) =>
      median(pairs.map(of)).toFixed(digits);
    page.row([
      `${name}, ${(bytes.length / 1024).toFixed(0)} KiB`,
      figure(1, ({ all }) => all.aSecond),
      figure(1, ({ models }) => models.aSecond),
      figure(2, ({ all, models }) => all.aSecond / models.aSecond),
      figure(1, ({ all }) => all.cpuMs),
      figure(1, ({ models }) => models.cpuMs),
      figure(2, ({ all, models }) => models.cpuMs / all.cpuMs),
    ]);
  }
  await analyser.close();
  await Promise.all(bare.map((worker) => worker.terminate()));
}

/** CPU time of each step on one thread. */
async function measureSteps(page: Page, { name, bytes }: Photograph): Promise<void> {
  const networks = await loadNetworks(await loadModels(modelsFolder('default')), 3);
  const detector = networks.detector as UltrafaceNetwork;
  const picture = (await decodeFor(bytes, async (found) => ({ ...found, pixels: found.pixels.slice() })))!;
  const inputs = await recordInputs(networks, bytes);
  const steps: [step: string, work: () => Promise<unknown>][] = [
    ['decode the JPEG', () => decodeFor(bytes, async () => undefined)],
    [
      'find the face',
      () => lendMemory((memory) => detectWithUltraface(detector, new Pyramid(memory, picture))),
    ],
    ['find the face, lay the mesh, make the template', () => analyse(networks, picture)],
    ['of that, the models alone', () => runModels(inputs)],
    [
      'all: from JPEG bytes to template',
      () => decodeFor(bytes, (decoded, memory) => analyse(networks, decoded, {}, memory)),
    ],
  ];
  page.say(`\nA photograph of ${name}, decoded to ${picture.width} x ${picture.height}, one thread:\n`);
  page.head(['step', 'CPU ms (median)']);
  for (const [step, work] of steps) page.row([step, (await medianCpuMs(work)).toFixed(1)]);
}

/** As the pipeline does it. */
async function decodeFor<Result>(
  bytes: Buffer,
  use: (picture: Picture, memory?: KernelMemory) => Promise<Result>,
): Promise<Result | undefined> {
  const picture = await openPicture(new Uint8Array(bytes));
  return 'jpeg' in picture ? withJpeg(picture.jpeg, picture.scale, use) : use(picture);
}

async function startBare(photographs: readonly Buffer[]): Promise<Worker> {
  const worker = startThread(import.meta.url, 'enrol-bare', photographs);
  await new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  return worker;
}

function ask(worker: Worker, message: unknown): Promise<number> {
  return new Promise((resolve) => {
    worker.once('message', resolve);
    worker.postMessage(message);
  });
}
