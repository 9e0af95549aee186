// Turns a drawing of ours into a picture: SVG to PNG.
import sharp from 'sharp';

/** Pixels an inch that make one unit of an SVG one pixel. */
const unitsPerInch = 72;

const readSvg = { operation: ['VipsForeignLoadSvgBuffer'] };

/**
 * PNG of an SVG, `scale` pixels a unit. Text needs a font on the machine.
 * @param svg one that we drew: another could ask for files. Not for a server: while it draws, libvips would read an SVG from
 * anywhere in the process, which is why that is blocked again at once (see decode)
 */
export async function rasteriseSvg(svg: string, scale: number): Promise<Buffer> {
  sharp.unblock(readSvg);
  try {
    return await sharp(Buffer.from(svg), { density: unitsPerInch * scale })
      .png({ palette: true })
      .toBuffer();
  } finally {
    sharp.block(readSvg);
  }
}
