// The rows that a scan is asked for, block by block.
import { blockRows, planeBytes } from './layout.ts';

/** A bit for each row of a block, as in a plane of its signs. */
export type AskedRows = Uint8Array;

/** @param extents first row and number of rows, each within a run */
export function askedByBlock(extents: Uint32Array): Map<number, AskedRows> {
  const blocks = new Map<number, AskedRows>();
  for (let i = 0; i < extents.length; i += 2) {
    const block = Math.floor(extents[i]! / blockRows);
    const asked = blocks.get(block) ?? new Uint8Array(planeBytes);
    blocks.set(block, asked);
    const first = extents[i]! % blockRows;
    setBits(asked, first, first + extents[i + 1]!);
  }
  return blocks;
}

function setBits(bits: Uint8Array, from: number, to: number): void {
  const [first, last] = [from >>> 3, (to - 1) >>> 3];
  const [head, tail] = [0xff << (from & 7), 0xff >>> (7 - ((to - 1) & 7))];
  if (first === last) {
    bits[first]! |= head & tail;
    return;
  }
  bits[first]! |= head;
  bits.fill(0xff, first + 1, last);
  bits[last]! |= tail;
}
