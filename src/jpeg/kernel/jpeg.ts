// Decodes baseline JPEGs. AssemblyScript: `npm run build:kernel` compiles it to build/jpeg.wasm.
// All places are byte addresses in the imported memory, whose layout is the caller's. What comes out is what libjpeg
// decodes, to the last bit; the caller has read the header.

import { drawRow, drawWideRow, writeSums } from './colour';
import { isAtMarker, isBeyondEnd, open, readBlock, skipMarker } from './huffman';
import { drawBlock, drawFlatBlock, drawHalfBlock } from './transform';

export { buildTable } from './huffman';

/** Of brightness, then of the two colour differences: what their blocks are read with, and the plane they are drawn on. */
@unmanaged
class Component {
  /** Blocks of an MCU, across and down. */
  across: u32;
  down: u32;
  dcTable: usize;
  acTable: usize;
  quantisers: usize;
  plane: usize;
  stride: usize;
  /** Pixels that a block's side becomes: 8, or 4 in half the size. */
  side: usize;
  /** The last block's first coefficient. */
  previous: i32;
}

@inline
function componentOf(components: usize, index: usize): Component {
  return changetype<Component>(components + index * offsetof<Component>());
}

/** The markers that end the scan and, with its number, each of its intervals. */
const endOfImage: u32 = 0xd9;
const restart: u32 = 0xd0;

/**
 * Reads the scan of three components, and draws their planes.
 * @param components three records of 36 bytes
 * @param scratch 256 bytes, of which the first 128 are zero
 * @param order 64 bytes: where each coefficient belongs in its block
 * @param interval MCUs between two restarts, 0 where there are none
 * @returns whether all of it was there, and nothing else, up to the end of the picture
 */
export function readScan(
  from: usize,
  to: usize,
  components: usize,
  scratch: usize,
  order: usize,
  mcusAcross: u32,
  mcusDown: u32,
  interval: u32,
): bool {
  open(from, to);
  let left = interval;
  let restarts: u32 = 0;
  for (let y: u32 = 0; y < mcusDown; y++) {
    for (let x: u32 = 0; x < mcusAcross; x++) {
      if (interval > 0 && left == 0) {
        if (!isAtMarker(restart + (restarts & 7))) return false;
        skipMarker();
        for (let i: usize = 0; i < 3; i++) componentOf(components, i).previous = 0;
        restarts++;
        left = interval;
      }
      left--;
      for (let i: usize = 0; i < 3; i++) {
        if (!readBlocks(componentOf(components, i), scratch, order, x, y)) return false;
      }
      // At once: a small file may say that it holds a large picture.
      if (isBeyondEnd()) return false;
    }
  }
  return isAtMarker(endOfImage);
}

/** Reads and draws a component's blocks of an MCU. */
@inline
function readBlocks(component: Component, block: usize, order: usize, x: u32, y: u32): bool {
  const stride = component.stride;
  const side = component.side;
  for (let row: u32 = 0; row < component.down; row++) {
    for (let column: u32 = 0; column < component.across; column++) {
      const last = readBlock(
        block,
        component.dcTable,
        component.acTable,
        changetype<usize>(component) + offsetof<Component>('previous'),
        component.quantisers,
        order,
      );
      if (last < 0) return false;
      const line = side * <usize>(y * component.down + row);
      const to = component.plane + line * stride + side * <usize>(x * component.across + column);
      if (last == 0) drawFlatBlock(block, to, stride, side);
      else if (side == 8) drawBlock(block, block + 128, to, stride, last);
      else drawHalfBlock(block, block + 128, to, stride);
    }
  }
  return true;
}

/**
 * Writes the picture out of its planes, RGB without gaps; up to 49 bytes beyond it are written.
 * @param isHalfWidth whether colour differences are half as wide as the picture, and as high
 * @param sums memory for two rows of them, 64 bytes and 4 for each pixel of a row, rounded up to 16
 */
export function draw(
  to: usize,
  width: u32,
  height: u32,
  components: usize,
  isHalfWidth: bool,
  isHalfHeight: bool,
  sums: usize,
): void {
  const luma = componentOf(components, 0);
  const blue = componentOf(components, 1);
  const red = componentOf(components, 2);
  const count = (width + 1) >> 1;
  const lastRow = isHalfHeight ? ((height + 1) >> 1) - 1 : height - 1;
  const secondSums = sums + 32 + 2 * (((<usize>count + 15) >> 4) << 4);
  for (let y: u32 = 0; y < height; y++, to += <usize>width * 3) {
    const brightness = luma.plane + <usize>y * luma.stride;
    const near = <usize>(isHalfHeight ? y >> 1 : y) * blue.stride;
    if (!isHalfWidth) {
      drawRow(to, width, brightness, blue.plane + near, red.plane + near);
      continue;
    }
    const next = (y & 1) == 0 ? max(1, y >> 1) - 1 : min(lastRow, (y >> 1) + 1);
    const far = <usize>next * blue.stride;
    writeSums(sums, blue.plane + near, blue.plane + far, count, isHalfHeight);
    writeSums(secondSums, red.plane + near, red.plane + far, count, isHalfHeight);
    drawWideRow(to, width, brightness, sums, secondSums, isHalfHeight ? 4 : 2);
  }
}

/**
 * Copies each pixel of a picture to where it belongs in the turned one.
 * @param to where the first pixel goes
 * @param across bytes from there to where the next of its row goes; `down`: the next of its column
 */
export function turn(from: usize, width: u32, height: u32, to: usize, across: isize, down: isize): void {
  for (let y: u32 = 0; y < height; y++, to += down) {
    let at = to;
    for (let x: u32 = 0; x < width; x++, at += across, from += 3) {
      store<u16>(at, load<u16>(from));
      store<u8>(at, load<u8>(from, 2), 2);
    }
  }
}
