// What enrolling costs beside the models alone: faces a second over all cores from the bytes of JPEGs, then the steps.
// Run: npx tsx bench/enrol.ts [--rounds 5] [--seconds 4]
import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import pLimit from 'p-limit';
import sharp from 'sharp';
import { analyse } from '../src/biometrics/analyse.ts';
import { loadModels, modelsFolder } from '../src/biometrics/models.ts';
import { loadNetworks } from '../src/biometrics/networks.ts';
import { withPictures } from '../src/biometrics/pixel-kernel.ts';
import { openFaceAnalyser } from '../src/biometrics/pool.ts';
import { Pyramid } from '../src/biometrics/raster.ts';
import { detectWithUltraface, type UltrafaceNetwork } from '../src/biometrics/ultraface.ts';
import { decodePicture } from '../src/images/decode.ts';

/** As many pictures as the server has under way. */
const picturesAtATime = 16;

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, seconds: { type: 'string', default: '4' } },
});
const rounds = Number(values.rounds);
const forMs = Number(values.seconds) * 1000;
const threads = availableParallelism();

const portrait = await cropPortrait();
const photographs = [
  { name: '600 x 450', bytes: await sharp(portrait).resize({ width: 600 }).jpeg({ quality: 90 }).toBuffer() },
  { name: '4000 x 3000', bytes: await enlarge(portrait, 4000, 3000) },
];

console.log(
  `${cpus()[0]!.model}, ${threads} cores, Node ${process.version}, ${rounds} rounds of ${forMs / 1000} s each way, load of the machine ${loadavg()[0]!.toFixed(1)}\n`,
);
await compareRates();
for (const { name, bytes } of photographs) await measureSteps(name, bytes);
process.exit();

/** The pipeline and the models alone take turns, so that both meet the same machine. */
async function compareRates(): Promise<void> {
  const analyser = await openFaceAnalyser({ folder: modelsFolder('default') });
  const bare = await Promise.all(Array.from({ length: threads }, startBare));
  console.log(
    '| photograph | faces a second, all cores | models alone | ratio | CPU ms a face | models alone | ratio |\n' +
      '|---|---:|---:|---:|---:|---:|---:|',
  );
  for (const [index, { name, bytes }] of photographs.entries()) {
    const pairs: { all: Rate; models: Rate }[] = [];
    // The first pair warms up.
    for (let round = 0; round <= rounds; round++) {
      const all = await rateOf(async (endMs) => {
        let count = 0;
        const admit = pLimit(picturesAtATime);
        const enrol = async () => {
          while (performance.now() < endMs) {
            await admit(async () => analyser.analyse(await decodePicture(bytes)));
            count++;
          }
        };
        await Promise.all(Array.from({ length: picturesAtATime }, enrol));
        return count;
      });
      const models = await rateOf(async () => {
        const counts = await Promise.all(bare.map((worker) => ask(worker, { index, forMs })));
        return counts.reduce((sum, count) => sum + count, 0);
      });
      if (round > 0) pairs.push({ all, models });
    }
    const figure = (digits: number, of: (pair: { all: Rate; models: Rate }) => number) =>
      median(pairs.map(of)).toFixed(digits);
    console.log(
      `| ${name}, ${(bytes.length / 1024).toFixed(0)} KiB | ${[
        figure(1, ({ all }) => all.aSecond),
        figure(1, ({ models }) => models.aSecond),
        figure(2, ({ all, models }) => all.aSecond / models.aSecond),
        figure(1, ({ all }) => all.cpuMs),
        figure(1, ({ models }) => models.cpuMs),
        figure(2, ({ all, models }) => models.cpuMs / all.cpuMs),
      ].join(' | ')} |`,
    );
  }
  await analyser.close();
  await Promise.all(bare.map((worker) => worker.terminate()));
}

/** On a machine that does other things besides, the ratio of CPU times is the truer one. */
interface Rate {
  readonly aSecond: number;
  /** Of all threads, for one face. */
  readonly cpuMs: number;
}

async function rateOf(work: (endMs: number) => Promise<number>): Promise<Rate> {
  const startedAtMs = performance.now();
  const startedCpu = process.cpuUsage();
  const count = await work(startedAtMs + forMs);
  const { user, system } = process.cpuUsage(startedCpu);
  return {
    aSecond: (count * 1000) / (performance.now() - startedAtMs),
    cpuMs: (user + system) / 1000 / count,
  };
}

/** CPU time of each step on one thread. */
async function measureSteps(name: string, bytes: Buffer): Promise<void> {
  const networks = await loadNetworks(await loadModels(modelsFolder('default')), 3);
  const detector = networks.detector as UltrafaceNetwork;
  const picture = await decodePicture(bytes);
  const steps: [step: string, work: () => Promise<unknown>][] = [
    ['decode the JPEG', () => decodePicture(bytes)],
    ['find the face', () => withPictures(() => detectWithUltraface(detector, new Pyramid(picture)))],
    ['find the face, lay the mesh, make the template', () => analyse(networks, picture)],
    ['all: from JPEG bytes to template', async () => analyse(networks, await decodePicture(bytes))],
  ];
  console.log(`\nA photograph of ${name}, decoded to ${picture.width} x ${picture.height}, one thread:\n`);
  console.log('| step | CPU ms (median) |\n|---|---:|');
  for (const [step, work] of steps) console.log(`| ${step} | ${(await medianCpuMs(work)).toFixed(1)} |`);
}

async function medianCpuMs(work: () => Promise<unknown>): Promise<number> {
  for (let i = 0; i < 10; i++) await work();
  const times: number[] = [];
  for (let i = 0; i < 50; i++) {
    const start = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(start);
    times.push((user + system) / 1000);
  }
  return median(times);
}

function median(figures: readonly number[]): number {
  return figures.toSorted((a, b) => a - b)[figures.length >> 1]!;
}

/** The woman on the right of sample1, who stands alone in this crop. */
async function cropPortrait(): Promise<Buffer> {
  return sharp(await readFile(new URL('../models/photos/sample1.jpg', import.meta.url)))
    .extract({ left: 1060, top: 60, width: 800, height: 600 })
    .png()
    .toBuffer();
}

/** With a camera's noise, without which an enlarged photograph would be quicker to decode than a real one. */
async function enlarge(photograph: Buffer, width: number, height: number): Promise<Buffer> {
  const noise = await sharp({
    create: {
      width,
      height,
      channels: 3,
      background: '#808080',
      noise: { type: 'gaussian', mean: 128, sigma: 6 },
    },
  })
    .png()
    .toBuffer();
  return sharp(photograph)
    .resize({ width, height })
    .composite([{ input: noise, blend: 'overlay' }])
    .jpeg({ quality: 90 })
    .toBuffer();
}

/** Threads of Node 20 do not inherit tsx. */
async function startBare(): Promise<Worker> {
  const entry = JSON.stringify(new URL('./enrol-bare.ts', import.meta.url));
  const tsx = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const script = `import(${tsx}).then(({ register }) => { register(); return import(${entry}); });`;
  const worker = new Worker(script, { eval: true, workerData: photographs.map(({ bytes }) => bytes) });
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
