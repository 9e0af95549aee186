// Reads size and kind of a JPEG out of its first segments: libvips would take half a millisecond to say the same.
import type { Metadata } from 'sharp';

/** What tells how much memory a decode will hold, in `sharp.metadata`'s words. */
export type Frame = Pick<Metadata, 'format' | 'width' | 'height' | 'channels' | 'isProgressive'> &
  Partial<Pick<Metadata, 'depth' | 'orientation'>>;

// Markers of ITU-T T.81, table B.1.
const startOfScan = 0xda;
/** Baseline, extended and progressive, all of Huffman codes. */
const isFrame = (marker: number): boolean => marker >= 0xc0 && marker <= 0xc2;
/** Huffman codes, quantisation, restart interval, applications' data, comments: what has a length and no more to tell. */
const isSkipped = (marker: number): boolean =>
  [0xc4, 0xdb, 0xdd, 0xfe].includes(marker) || (marker >= 0xe0 && marker <= 0xef);

/**
 * What libvips would say of a grey or coloured JPEG of 8 bits whose segments follow one another as they should.
 * @returns undefined for any other, of which libvips itself has to say what it is
 */
export function readJpegFrame(bytes: Uint8Array): Frame | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let frame: Frame | undefined;
  let at = 2;
  while (at + 10 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1]!;
    const length = view.getUint16(at + 2);
    if (marker === startOfScan && frame !== undefined) {
      // A picture whose first scan lacks colours has more scans, and is whole at the last one only.
      return { ...frame, isProgressive: frame.isProgressive || bytes[at + 4] !== frame.channels };
    }
    if (isFrame(marker) && frame === undefined) {
      frame = frameAt(view, at);
      if (frame === undefined) return undefined;
    } else if (!isSkipped(marker) || length < 2) return undefined;
    at += 2 + length;
  }
  return undefined;
}

function frameAt(view: DataView, at: number): Frame | undefined {
  const length = view.getUint16(at + 2);
  const bits = view.getUint8(at + 4);
  const height = view.getUint16(at + 5);
  const width = view.getUint16(at + 7);
  const channels = view.getUint8(at + 9);
  if (channels !== 1 && channels !== 3) return undefined;
  // A height of 0 is told after the first scan.
  if (length !== 8 + 3 * channels || bits !== 8 || width === 0 || height === 0) return undefined;
  return { format: 'jpeg', width, height, channels, isProgressive: view.getUint8(at + 1) === 0xc2 };
}
