// From JPEG bytes to template beside other face pipelines for Node: faces a second, and CPU time a face.
import { availableParallelism } from 'node:os';
import pLimit from 'p-limit';
import { modelsFolder } from '../src/biometrics/models.ts';
import { openFaceAnalyser } from '../src/biometrics/pool.ts';
import { openPicture } from '../src/images/decode.ts';
import { defineBench, type Page } from './bench.ts';
import { median } from './figures.ts';
import { pipelinePeers } from './pipeline-peers.ts';
import { smallPhotograph } from './portrait.ts';
import { type Rate, rateOf } from './rate.ts';

interface Contestant {
  readonly name: string;
  /** Photographs under way at a time. */
  readonly atATime: number;
  readonly describe: (jpeg: Buffer) => Promise<ArrayLike<number>>;
  readonly rates: Rate[];
  dimensions: number;
}

export const bench = defineBench({
  sentence: 'From JPEG bytes to template beside @vladmandic/face-api and @vladmandic/human, by turns.',
  minutes: { full: 2, short: 0.5 },
  options: {
    rounds: ['5', '1', 'of all by turns'],
    seconds: ['5', '3', 'of each in a round'],
  },
  async run(options, page) {
    const [rounds, forMs] = [Number(options.rounds), Number(options.seconds) * 1000];
    const jpeg = await smallPhotograph();
    const contestants = [...(await openLethe()), ...(await openPeers(page))];
    for (const one of contestants) one.dimensions = (await one.describe(jpeg)).length;
    // The first round warms up.
    for (let round = 0; round <= rounds; round++)
      for (const { rates, atATime, describe } of contestants) {
        const rate = await rateOf(forMs, async (endMs) => {
          const counts = Array.from({ length: atATime }, async () => {
            let count = 0;
            for (; performance.now() < endMs; count++) await describe(jpeg);
            return count;
          });
          return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
        });
        if (round > 0) rates.push(rate);
      }
    page.say(
      `One photograph of 600 x 450 with one face; medians of ${rounds} rounds of ${forMs / 1000} s each. The peers run on the WebAssembly backend of TensorFlow.js, one thread, with sharp to decode: their other backend downloads a library when it is installed.\n`,
    );
    page.head([
      'pipeline',
      'dimensions',
      'faces a second',
      'CPU ms a face',
      "as a multiple of Lethe's CPU time",
    ]);
    const own = median(contestants[0]!.rates.map(({ cpuMs }) => cpuMs));
    for (const { name, dimensions, rates } of contestants) {
      const cpuMs = median(rates.map((rate) => rate.cpuMs));
      const aSecond = median(rates.map((rate) => rate.aSecond));
      page.row([name, dimensions, aSecond.toFixed(1), cpuMs.toFixed(1), (cpuMs / own).toFixed(1)]);
    }
  },
});

async function openLethe(): Promise<Contestant[]> {
  const opened: Contestant[] = [];
  for (const workers of new Set([availableParallelism(), 1])) {
    const analyser = await openFaceAnalyser({ folder: modelsFolder('default'), workers });
    const admit = pLimit(workers * 2);
    opened.push({
      name: `Lethe, ${workers === 1 ? 'one model thread' : `${workers} model threads`}`,
      atATime: workers * 2,
      describe: (jpeg) =>
        admit(
          async () => (await analyser.analyse(await openPicture(new Uint8Array(jpeg))))[0]?.template ?? [],
        ),
      rates: [],
      dimensions: 0,
    });
  }
  return opened;
}

async function openPeers(page: Page): Promise<Contestant[]> {
  const opened: Contestant[] = [];
  for (const { name, open } of pipelinePeers) {
    try {
      opened.push({ name, atATime: 1, describe: await open(), rates: [], dimensions: 0 });
    } catch (error) {
      page.say(`${name} could not be tried: ${(error as Error).message.split('\n')[0]}\n`);
    }
  }
  return opened;
}
