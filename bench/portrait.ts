// Photographs with one face: a crop of the demo's, as a JPEG of any size.
import { readFile } from 'node:fs/promises';
import sharp from 'sharp';

const quality = 90;

/** 600 x 450, as a program sends it. */
export async function smallPhotograph(): Promise<Buffer> {
  return sharp(await cropPortrait())
    .resize({ width: 600 })
    .jpeg({ quality })
    .toBuffer();
}

/** 4000 x 3000, as a camera takes it. */
export async function largePhotograph(): Promise<Buffer> {
  return enlarge(await cropPortrait(), 4000, 3000);
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
    .jpeg({ quality })
    .toBuffer();
}
