// Pictures made on the fly for the decoder's tests: four quarters of known colours, and bitmaps of every kind.
import sharp, { type Sharp } from 'sharp';
import type { Picture, PictureSource } from '../../src/gallery/ports.ts';

const colors = { red: 0xff0000, green: 0x00ff00, blue: 0x0000ff, white: 0xffffff } as const;
const inOrder = Object.values(colors);

/** Which of red, green, blue, white lies at a pixel of the quarters: top left, top right, bottom left, bottom right. */
const quarterAt = (x: number, y: number, width: number, height: number): number =>
  (y < height / 2 ? 0 : 2) + (x < width / 2 ? 0 : 1);

export function quarters(width: number, height: number): Sharp {
  const pixels = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      pixels.writeUIntBE(inOrder[quarterAt(x, y, width, height)]!, (y * width + x) * 3, 3);
    }
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

/** Names the colours in the middle of the four quarters of a picture, in reading order. */
export function cornersOf(picture: { pixels: Uint8Array; width: number; height: number }): string {
  const { pixels, width, height } = picture;
  const nameAt = (x: number, y: number): string => {
    const at = (Math.floor(y * height) * width + Math.floor(x * width)) * 3;
    const distance = (color: number) =>
      Math.max(...[16, 8, 0].map((shift, i) => Math.abs(((color >> shift) & 255) - pixels[at + i]!)));
    const found = Object.entries(colors).find(([, color]) => distance(color) < 40);
    return found?.[0] ?? `(${pixels.subarray(at, at + 3).join()})`;
  };
  return [nameAt(0.25, 0.25), nameAt(0.75, 0.25), nameAt(0.25, 0.75), nameAt(0.75, 0.75)].join(' ');
}

export async function openDecoded(source: PictureSource, url: string): Promise<Picture> {
  const picture = await source.open(url, 'default');
  return 'jpeg' in picture ? picture.decode() : picture;
}

export interface BitmapShape {
  readonly bits: 1 | 4 | 8 | 16 | 24 | 32;
  readonly headerBytes?: 12 | 40 | 56 | 108 | 124;
  readonly masks?: readonly [number, number, number];
  readonly isTopDown?: boolean;
}

/** Writes the quarters as a Windows bitmap; with 1 bit only red and white remain. */
export function bitmap(width: number, height: number, shape: BitmapShape): Buffer {
  const { bits, headerBytes = 40, masks, isTopDown = false } = shape;
  const header = Buffer.alloc(14 + headerBytes);
  const maskBytes = Buffer.alloc(headerBytes === 40 && masks !== undefined ? 12 : 0);
  const palette = Buffer.alloc(bits <= 8 ? 2 ** bits * (headerBytes === 12 ? 3 : 4) : 0);
  const stride = Math.ceil((width * bits) / 32) * 4;
  const body = Buffer.alloc(stride * height);
  const pixelOffset = header.length + maskBytes.length + palette.length;
  header.write('BM');
  header.writeUInt32LE(pixelOffset + body.length, 2);
  header.writeUInt32LE(pixelOffset, 10);
  header.writeUInt32LE(headerBytes, 14);
  if (headerBytes === 12) {
    header.writeUInt16LE(width, 18);
    header.writeUInt16LE(height, 20);
    header.writeUInt16LE(1, 22);
    header.writeUInt16LE(bits, 24);
  } else {
    header.writeInt32LE(width, 18);
    header.writeInt32LE(isTopDown ? -height : height, 22);
    header.writeUInt16LE(1, 26);
    header.writeUInt16LE(bits, 28);
    header.writeUInt32LE(masks === undefined ? 0 : 3, 30);
  }
  masks?.forEach((mask, i) => {
    if (headerBytes === 40) maskBytes.writeUInt32LE(mask, i * 4);
    else header.writeUInt32LE(mask, 54 + i * 4);
  });
  const listed = bits === 1 ? [colors.red, colors.white] : inOrder;
  listed.forEach((color, i) => {
    if (bits <= 8) palette.writeUIntLE(color, i * (headerBytes === 12 ? 3 : 4), 3);
  });
  for (let y = 0; y < height; y++) {
    const row = (isTopDown ? y : height - 1 - y) * stride;
    for (let x = 0; x < width; x++) {
      writePixel(body, row, x, quarterAt(x, y, width, height), { bits, masks });
    }
  }
  return Buffer.concat([header, maskBytes, palette, body]);
}

type Depth = { bits: number; masks: readonly [number, number, number] | undefined };

function writePixel(body: Buffer, row: number, x: number, quarter: number, { bits, masks }: Depth): void {
  if (bits <= 8) {
    const index = bits === 1 ? Number(quarter === 3) : quarter;
    const at = row + Math.floor((x * bits) / 8);
    body[at] = body[at]! | (index << (8 - bits - ((x * bits) % 8)));
    return;
  }
  const color = inOrder[quarter]!;
  if (bits === 24) {
    body.writeUIntLE(color, row + x * 3, 3);
    return;
  }
  const [red, green, blue] = masks ?? (bits === 16 ? [0x7c00, 0x3e0, 0x1f] : [0xff0000, 0xff00, 0xff]);
  const value = ((color >> 16 && red) | ((color >> 8) & 255 && green) | (color & 255 && blue)) >>> 0;
  if (bits === 16) body.writeUInt16LE(value, row + x * 2);
  else body.writeUInt32LE(value, row + x * 4);
}
