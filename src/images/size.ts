// How large a picture may be, in bytes and in pixels.
import { Refusal } from '../wire/errors.ts';
import { maxGifPixels, maxPictureBytes, maxPicturePixels, maxPictureSide } from '../wire/limits.ts';

export type Format = 'JPEG' | 'PNG' | 'WebP' | 'GIF' | 'BMP';

/** Bitmaps are unpacked in memory: at 8 bits a pixel or more, 20 MB hold no more pixels than bytes. */
const maxPixels = {
  JPEG: maxPicturePixels,
  PNG: maxPicturePixels,
  WebP: maxPicturePixels,
  GIF: maxGifPixels,
  BMP: maxPictureBytes,
};

/** @throws {Refusal} pictureTooLarge */
export function checkByteLength(length: number): void {
  if (length > maxPictureBytes) {
    throw new Refusal(
      'pictureTooLarge',
      `the picture has more than ${maxPictureBytes} bytes, the most there may be`,
    );
  }
}

/** 480, since the table of codes has it for a resolution over the limit. Source: help.aliyun.com/document_detail/53414.html */
export const overLimit = (what: string) =>
  new Refusal('downloadFailed', `the picture is over the limit: ${what}`);

/** @throws {Refusal} downloadFailed where a side or the whole has too many pixels */
export function checkPixels(width: number, height: number, format: Format): void {
  if (Math.max(width, height) > maxPictureSide) {
    throw overLimit(`${width} x ${height} pixels, a side may have ${maxPictureSide}`);
  }
  if (width * height > maxPixels[format]) {
    throw overLimit(`${width} x ${height} pixels, a ${format} may have ${maxPixels[format]} in all`);
  }
}
