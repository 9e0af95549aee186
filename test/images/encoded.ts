// Pictures made on the fly for the decoder's tests: known pixels, in every format and state of repair.
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';

/** Four quarters: red, green / blue, white. Width and height are even. */
export function quarters(width: number, height: number): Buffer {
  const colors = [
    [255, 0, 0],
    [0, 255, 0],
    [0, 0, 255],
    [255, 255, 255],
  ];
  const pixels = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      pixels.set(colors[(y < height / 2 ? 0 : 2) + (x < width / 2 ? 0 : 1)]!, (y * width + x) * 3);
    }
  }
  return pixels;
}

/** sharp over the quarters. */
export const quartersImage = (width: number, height: number) =>
  sharp(quarters(width, height), { raw: { width, height, channels: 3 } });

export const photograph = (width: number, height: number) =>
  sharp({
    create: { width, height, channels: 3, background: '#888', noise: { type: 'gaussian', mean: 128, sigma: 40 } },
  });
