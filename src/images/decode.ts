// Turns the bytes of a picture into upright RGB pixels, whatever the bytes claim to be.
import pLimit from 'p-limit';
import sharp, { type Metadata, type Sharp } from 'sharp';
import type { EncodedPicture, Picture } from '../gallery/ports.ts';
import { readJpegHeader } from '../jpeg/header.ts';
import { Refusal } from '../wire/errors.ts';
import { maxPicturePixels } from '../wire/limits.ts';
import { readBmpHeader, readBmpPixels } from './bmp.ts';
import { checkPixels, type Format, overLimit } from './size.ts';

/** Longest side of the decoded picture: three times what the detector's larger input takes (research: 640 px). */
const maxDecodedSide = 1920;

/** Ends a decode that a hostile file drags out; a sync call of the cloud may take 6 s in all (document_detail/70417.html). */
const decodeTimeoutS = 5;

/** A decode that holds more than this runs alone. */
const largeDecodeBytes = 64 * 1024 * 1024;

/**
 * Most that one decode may hold. An interlaced or progressive picture is unpacked whole before its first row is there:
 * 250 megapixels of progressive JPEG took 1.6 GB here. Pictures that arrive row by row cost next to nothing.
 */
const maxDecodeBytes = 512 * 1024 * 1024;

// One thread a picture: many pictures share the cores better. No cache: pixels of a face must not linger.
sharp.concurrency(1);
sharp.cache(false);
// libvips reads far more than the cloud takes (SVG, PDF, TIFF, its own format): only these readers can ever be reached.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: [
    'VipsForeignLoadJpegBuffer',
    'VipsForeignLoadPngBuffer',
    'VipsForeignLoadWebpBuffer',
    'VipsForeignLoadNsgifBuffer',
  ],
});

const oneAtATime = pLimit(1);

/** What the first bytes say; the name, the header and the media type of a download prove nothing. */
const signatures: Record<Format, (start: string) => boolean> = {
  JPEG: (start) => start.startsWith('\xff\xd8\xff'),
  PNG: (start) => start.startsWith('\x89PNG\r\n\x1a\n'),
  WebP: (start) => start.startsWith('RIFF') && start.endsWith('WEBP'),
  GIF: (start) => start.startsWith('GIF87a') || start.startsWith('GIF89a'),
  BMP: (start) => start.startsWith('BM'),
};

function formatOf(bytes: Uint8Array): Format {
  const start = String.fromCharCode(...bytes.subarray(0, 12));
  for (const [format, isStartOf] of Object.entries(signatures)) if (isStartOf(start)) return format as Format;
  throw new Refusal('badFormat', 'the picture is not a JPEG, PNG, WebP, GIF or BMP file');
}

/** By the first bytes, as `decodePicture` knows them. */
export const mediaTypeOf = (bytes: Uint8Array): string => `image/${formatOf(bytes).toLowerCase()}`;

/**
 * Decodes a picture as `decodePicture` does, or leaves it to whoever looks at it where that takes less. Takes the bytes
 * over: they read zero once they are decoded.
 * @throws {Refusal} as `decodePicture`
 */
export async function openPicture(bytes: Uint8Array): Promise<Picture | EncodedPicture> {
  const header = readJpegHeader(bytes);
  const scale = header && encodedScale(Math.max(header.width, header.height));
  if (scale !== undefined) {
    const [width, height] = [Math.ceil(header!.width / scale), Math.ceil(header!.height / scale)];
    return { jpeg: bytes, width, height, scale, decode: () => decodePicture(bytes) };
  }
  try {
    return await decodePicture(bytes);
  } finally {
    bytes.fill(0);
  }
}

/** Undefined where sharp shrinks better: by no whole factor, or while it decodes, which it does from three on. */
function encodedScale(longestSide: number): 1 | 2 | undefined {
  if (longestSide <= maxDecodedSide) return 1;
  return longestSide >= 2 * maxDecodedSide && longestSide < 3 * maxDecodedSide ? 2 : undefined;
}

/**
 * Decodes JPEG, PNG, WebP, GIF (its first frame) or BMP. Turns it upright, flattens alpha on white, and shrinks a large
 * photograph to fit within 1920 pixels.
 * @throws {Refusal} badFormat for any other content and for damaged or truncated files, downloadFailed where sides or
 * pixels are over the limit
 */
export async function decodePicture(bytes: Uint8Array): Promise<Picture> {
  const format = formatOf(bytes);
  if (format === 'BMP') return decodeBmp(bytes);
  const header = await orDamaged(sharp(bytes, { limitInputPixels: false }).metadata(), format);
  checkPixels(header.width, header.height, format);
  const held = heldBytes(header);
  if (held > maxDecodeBytes) throw overLimit('it has to be unpacked whole and is too large for that');
  const image = sharp(bytes, {
    autoOrient: true,
    failOn: 'error',
    limitInputPixels: maxPicturePixels,
    pages: 1,
  });
  const decode = () => decodePixels(image, Math.max(header.width, header.height), format);
  return held > largeDecodeBytes ? oneAtATime(decode) : decode();
}

function decodeBmp(bytes: Uint8Array): Promise<Picture> {
  const header = readBmpHeader(bytes);
  const { width, height } = header;
  checkPixels(width, height, 'BMP');
  const image = sharp(readBmpPixels(bytes, header), { raw: { width, height, channels: 3 } });
  return decodePixels(image, Math.max(width, height), 'BMP');
}

async function decodePixels(image: Sharp, longestSide: number, format: Format): Promise<Picture> {
  const { data, info } = await orDamaged(
    image
      .flatten({ background: '#ffffff' })
      .resize({ width: maxDecodedSide, height: maxDecodedSide, fit: 'inside', withoutEnlargement: true })
      .toColourspace('srgb')
      .timeout({ seconds: decodeTimeoutS })
      .raw()
      // Not toUint8Array: in sharp 0.35.5 its memory is never freed.
      .toBuffer({ resolveWithObject: true }),
    format,
  );
  const { width, height } = info;
  return { pixels: data, width, height, scale: longestSide / Math.max(width, height) };
}

/** Bytes that libvips must hold at once to decode a picture: all of it, or next to nothing where rows are streamed. */
function heldBytes({ format, width, height, channels, depth, isProgressive, orientation }: Metadata): number {
  const isTurnedWhole = format !== 'jpeg' && (orientation ?? 1) > 1;
  if (!isProgressive && !isTurnedWhole && format !== 'webp') return 0;
  // JPEG coefficients have 16 bits as well.
  return width * height * channels * (format === 'jpeg' || depth === 'ushort' ? 2 : 1);
}

async function orDamaged<Result>(work: Promise<Result>, format: Format): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    // sharp's errors are told apart by their words alone.
    if (error instanceof Error && error.message.startsWith('timeout')) {
      throw overLimit('it takes too long to decode');
    }
    throw new Refusal('badFormat', `the ${format} picture is damaged or incomplete`);
  }
}
