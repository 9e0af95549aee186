// Reads Windows bitmaps, which libvips does not; the npm decoders tried mix up palettes, row orders or odd widths.
import { Refusal } from '../wire/errors.ts';

/** What a bitmap's headers say. Layout: learn.microsoft.com/windows/win32/gdi/bitmap-header-types */
export interface BmpHeader {
  readonly width: number;
  readonly height: number;
  readonly isTopDown: boolean;
  readonly bitsPerPixel: number;
  /** Red, green and blue bits of a pixel of 16 or 32 bits. */
  readonly masks: readonly [red: number, green: number, blue: number];
  readonly palette: { readonly offset: number; readonly colors: number; readonly bytesPerColor: number };
  readonly pixelOffset: number;
}

const fileHeaderBytes = 14;
const coreHeaderBytes = 12;
const infoHeaderBytes = 40;

const damaged = () => new Refusal('badFormat', 'the BMP picture is damaged or incomplete');

/**
 * Reads the headers only, so that the size can be judged before memory is taken.
 * @throws {Refusal} badFormat where they are damaged, or the pixels are packed in a way that is not read (RLE, JPEG, PNG)
 */
export function readBmpHeader(bytes: Uint8Array): BmpHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.byteLength < fileHeaderBytes + coreHeaderBytes) throw damaged();
  const headerBytes = view.getUint32(14, true);
  if (headerBytes === coreHeaderBytes) return readCoreHeader(view);
  if (headerBytes < infoHeaderBytes || view.byteLength < fileHeaderBytes + headerBytes) throw damaged();
  const height = view.getInt32(22, true);
  const bitsPerPixel = view.getUint16(28, true);
  const compression = view.getUint32(30, true);
  const colors = view.getUint32(46, true);
  const most = bitsPerPixel <= 8 ? 2 ** bitsPerPixel : 0;
  return checked(view, {
    width: view.getInt32(18, true),
    height: Math.abs(height),
    isTopDown: height < 0,
    bitsPerPixel,
    masks: readMasks(view, compression, bitsPerPixel),
    palette: {
      offset: fileHeaderBytes + headerBytes,
      colors: colors === 0 ? most : Math.min(colors, most),
      bytesPerColor: 4,
    },
    pixelOffset: view.getUint32(10, true),
  });
}

/** The header of OS/2 1.x. */
function readCoreHeader(view: DataView): BmpHeader {
  const bitsPerPixel = view.getUint16(24, true);
  return checked(view, {
    width: view.getUint16(18, true),
    height: view.getUint16(20, true),
    isTopDown: false,
    bitsPerPixel,
    masks: [0, 0, 0],
    palette: {
      offset: fileHeaderBytes + coreHeaderBytes,
      colors: bitsPerPixel <= 8 ? 2 ** bitsPerPixel : 0,
      bytesPerColor: 3,
    },
    pixelOffset: view.getUint32(10, true),
  });
}

function readMasks(view: DataView, compression: number, bitsPerPixel: number): BmpHeader['masks'] {
  if (compression === 0) return bitsPerPixel === 16 ? [0x7c00, 0x3e0, 0x1f] : [0xff0000, 0xff00, 0xff];
  // BI_BITFIELDS and BI_ALPHABITFIELDS: the masks follow the 40 bytes, inside a longer header or behind it.
  if (compression !== 3 && compression !== 6) {
    throw new Refusal('badFormat', 'the BMP picture is compressed, which is not read');
  }
  if (view.byteLength < 66) throw damaged();
  return [view.getUint32(54, true), view.getUint32(58, true), view.getUint32(62, true)];
}

function checked(view: DataView, header: BmpHeader): BmpHeader {
  const { width, height, bitsPerPixel, palette, pixelOffset } = header;
  if (width <= 0 || height <= 0 || ![1, 4, 8, 16, 24, 32].includes(bitsPerPixel)) throw damaged();
  if (palette.offset + palette.colors * palette.bytesPerColor > view.byteLength) throw damaged();
  // Writers may leave out the padding of the last row.
  const lastRowBytes = Math.ceil((width * bitsPerPixel) / 8);
  if (pixelOffset + rowBytes(header) * (height - 1) + lastRowBytes > view.byteLength) throw damaged();
  return header;
}

/** Rows are padded to 4 bytes. */
const rowBytes = ({ width, bitsPerPixel }: BmpHeader): number => Math.ceil((width * bitsPerPixel) / 32) * 4;

/** The pixels, RGB, 8 bits a channel, top row first. Alpha is left out: most writers leave its bytes at zero. */
export function readBmpPixels(bytes: Uint8Array, header: BmpHeader): Uint8Array {
  const { width, height, isTopDown, pixelOffset } = header;
  const colorAt = pixelReader(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), header);
  const pixels = new Uint8Array(width * height * 3);
  let at = 0;
  for (let y = 0; y < height; y++) {
    const row = pixelOffset + (isTopDown ? y : height - 1 - y) * rowBytes(header);
    for (let x = 0; x < width; x++) {
      const color = colorAt(row, x);
      pixels[at++] = color >> 16;
      pixels[at++] = color >> 8;
      pixels[at++] = color;
    }
  }
  return pixels;
}

/** Answers a function that reads one pixel as 0xRRGGBB. */
function pixelReader(view: DataView, header: BmpHeader): (row: number, x: number) => number {
  const { bitsPerPixel } = header;
  if (bitsPerPixel === 24) {
    return (row, x) => view.getUint16(row + x * 3, true) | (view.getUint8(row + x * 3 + 2) << 16);
  }
  if (bitsPerPixel === 16 || bitsPerPixel === 32) {
    const [red, green, blue] = header.masks.map(channelReader);
    return (row, x) => {
      const value =
        bitsPerPixel === 16 ? view.getUint16(row + x * 2, true) : view.getUint32(row + x * 4, true);
      return (red!(value) << 16) | (green!(value) << 8) | blue!(value);
    };
  }
  const colors = readPalette(view, header);
  const perByte = 8 / bitsPerPixel;
  const mask = 2 ** bitsPerPixel - 1;
  return (row, x) => {
    const byte = view.getUint8(row + Math.floor(x / perByte));
    return colors[(byte >> (8 - bitsPerPixel * ((x % perByte) + 1))) & mask]!;
  };
}

/** Stretches the bits of a mask to 0 to 255. */
function channelReader(mask: number): (value: number) => number {
  if (mask === 0) return () => 0;
  const shift = 31 - Math.clz32(mask & -mask);
  const most = mask >>> shift;
  return (value) => Math.round((((value & mask) >>> shift) * 255) / most);
}

/** Always 256 colours: one that the palette lacks is black. */
function readPalette(view: DataView, { palette }: BmpHeader): Uint32Array {
  const colors = new Uint32Array(256);
  for (let i = 0; i < palette.colors; i++) {
    const at = palette.offset + i * palette.bytesPerColor;
    colors[i] = view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
  }
  return colors;
}
