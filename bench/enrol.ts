// What one enrolled face costs: CPU time of a one-face photograph of 600 pixels, from JPEG bytes to template.
// Run: npx tsx bench/enrol.ts [rounds]
import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { analyse } from '../src/biometrics/analyse.ts';
import { loadModels, modelsFolder } from '../src/biometrics/models.ts';
import type { Network } from '../src/biometrics/network.ts';
import { loadNetworks } from '../src/biometrics/networks.ts';
import { Pyramid } from '../src/biometrics/raster.ts';
import { detectWithUltraface, searchSizesFor, type UltrafaceNetwork } from '../src/biometrics/ultraface.ts';
import { decodePicture } from '../src/images/decode.ts';

const rounds = Number(process.argv[2] ?? 100);

const models = await loadModels(modelsFolder('default'));
const networks = await loadNetworks(models, 3);
const detector = networks.detector as UltrafaceNetwork;
const photograph = await oneFacePhotograph();
const picture = await decodePicture(photograph);
const faces = await analyse(networks, picture);
if (faces.length !== 1) throw new Error(`the photograph should hold one face, ${faces.length} were found`);

const runBare = async (network: Network, width: number, height: number) => {
  const values = new Float32Array(width * height * network.model.input.mean.length).fill(0.1);
  await network.run(values, width, height);
};
const searches = searchSizesFor(picture, detector.model.input);

const rows: [what: string, cpuMs: number][] = [];
const measure = async (what: string, work: () => Promise<unknown>) =>
  rows.push([what, await medianCpuMs(work)]);
await measure('decode the JPEG', () => decodePicture(photograph));
await measure('find the face', () => detectWithUltraface(detector, new Pyramid(picture)));
await measure('find the face, lay the mesh, make the template', () => analyse(networks, picture));
await measure('all: from JPEG bytes to template', async () =>
  analyse(networks, await decodePicture(photograph)),
);
for (const { width, height } of searches)
  await measure(`bare detector, ${width} x ${height}`, () => runBare(detector, width, height));
await measure('bare landmarks', () => runBare(networks.landmarks!, 64, 64));
await measure('bare mesh', () => runBare(networks.mesh, 192, 192));
await measure('bare embedder', () => runBare(networks.embedder, 112, 112));

console.log(
  `A photograph of ${picture.width} x ${picture.height} with one face, ${rounds} rounds, one thread.\n`,
);
console.log('| step | CPU ms (median) | a second and core |');
console.log('|---|---:|---:|');
for (const [what, ms] of rows) console.log(`| ${what} | ${ms.toFixed(1)} | ${(1000 / ms).toFixed(0)} |`);
const [all, bare] = [rows[3]![1], rows.slice(4).reduce((sum, [, ms]) => sum + ms, 0)];
console.log(`\nThe models alone take ${bare.toFixed(1)} ms of the ${all.toFixed(1)} ms.`);

/** The woman on the right of sample1, who stands alone in this crop. */
async function oneFacePhotograph(): Promise<Buffer> {
  return sharp(await readFile(new URL('../models/photos/sample1.jpg', import.meta.url)))
    .extract({ left: 1060, top: 60, width: 800, height: 600 })
    .resize({ width: 600 })
    .jpeg({ quality: 90 })
    .toBuffer();
}

async function medianCpuMs(work: () => Promise<unknown>): Promise<number> {
  for (let i = 0; i < 10; i++) await work();
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const start = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(start);
    times.push((user + system) / 1000);
  }
  return times.sort((a, b) => a - b)[rounds >> 1]!;
}
