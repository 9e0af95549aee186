// Cuts a face out of a photograph, with some of what surrounds it.
import sharp from 'sharp';
import type { Box, Picture } from '../gallery/ports.ts';

/**
 * JPEG of the box, grown on each side by `margin` of its size and cut at the photograph's edges.
 * @param photograph bytes of an encoded picture
 */
export async function cropFace(photograph: Uint8Array, box: Box, margin: number): Promise<Buffer> {
  const { data, info } = await sharp(photograph).autoOrient().toBuffer({ resolveWithObject: true });
  return sharp(data)
    .extract(cutAtEdges(box, margin, info))
    .jpeg({ quality: 92 })
    .toBuffer();
}

/** As `cropFace`, from a decoded picture: nothing of the file but its pixels, at the scale they were decoded to. */
export function cutOutFace(
  { pixels, width, height, scale }: Picture,
  box: Box,
  margin: number,
): Promise<Buffer> {
  const scaled = { x: box.x / scale, y: box.y / scale, width: box.width / scale, height: box.height / scale };
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .extract(cutAtEdges(scaled, margin, { width, height }))
    .jpeg({ quality: 92 })
    .toBuffer();
}

function cutAtEdges(box: Box, margin: number, picture: { width: number; height: number }) {
  const left = Math.max(0, Math.round(box.x - margin * box.width));
  const top = Math.max(0, Math.round(box.y - margin * box.height));
  const right = Math.min(picture.width, Math.round(box.x + (1 + margin) * box.width));
  const bottom = Math.min(picture.height, Math.round(box.y + (1 + margin) * box.height));
  return { left, top, width: right - left, height: bottom - top };
}
