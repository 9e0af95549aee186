// Cuts a face out of a photograph, with some of what surrounds it.
import sharp from 'sharp';
import type { Box } from '../gallery/ports.ts';

/**
 * JPEG of the box, grown on each side by `margin` of its size and cut at the photograph's edges.
 * @param photograph bytes of an encoded picture
 */
export async function cropFace(photograph: Uint8Array, box: Box, margin: number): Promise<Buffer> {
  const upright = await sharp(photograph).autoOrient().toBuffer({ resolveWithObject: true });
  const left = Math.max(0, Math.round(box.x - margin * box.width));
  const top = Math.max(0, Math.round(box.y - margin * box.height));
  const right = Math.min(upright.info.width, Math.round(box.x + (1 + margin) * box.width));
  const bottom = Math.min(upright.info.height, Math.round(box.y + (1 + margin) * box.height));
  return sharp(upright.data)
    .extract({ left, top, width: right - left, height: bottom - top })
    .jpeg({ quality: 92 })
    .toBuffer();
}
