// Decodes most JPEGs in WebAssembly, where whatever a hostile file may bring about can reach nothing else.
import { Kernel, type KernelMemory, lendMemory } from '../kernels/kernel.ts';
import { type JpegComponent, type JpegHeader, readJpegHeader } from './header.ts';

/** Its functions; src/jpeg/kernel/jpeg.ts says what they do. */
interface JpegKernel {
  buildTable(table: number, counts: number, symbols: number): number;
  readScan(
    from: number,
    to: number,
    components: number,
    scratch: number,
    order: number,
    mcusAcross: number,
    mcusDown: number,
    interval: number,
  ): number;
  draw(
    to: number,
    width: number,
    height: number,
    components: number,
    isHalfWidth: boolean,
    isHalfHeight: boolean,
    sums: number,
  ): void;
  turn(from: number, width: number, height: number, to: number, across: number, down: number): void;
}

/** Where a coefficient belongs in its block, in the order of the bits (ITU-T T.81, figure A.6). */
const zigzag = Uint8Array.of(
  ...[
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
    14, 21,
  ],
  ...[
    28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53,
    60, 61,
  ],
  ...[54, 47, 55, 62, 63],
);

/** Bytes of a table of codes in the kernel's memory, and of each other thing whose size is fixed. */
const tableBytes = 4608;
const componentBytes = 36;

/** A block takes two codes at least; a file that says it holds more than it can is given up before it costs memory. */
const mostBlocksAByte = 4;

const kernel = await Kernel.load<JpegKernel>('jpeg');

/** RGB without gaps, 8 bits a channel. */
export interface JpegPicture {
  /** Bytes of its memory, to be asked for again when that has grown. */
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly scale: 1 | 2;
}

/**
 * Decodes a picture for as long as `use` takes: then its memory reads zero.
 * @param scale pixels of the file that become one across and down
 * @param use is given upright pixels that are to the last bit what libjpeg decodes, and the memory they are in
 * @returns what it answers; undefined where the file is of another kind, not whole, or in any way not as it should be
 */
export async function withJpeg<Result>(
  bytes: Uint8Array,
  scale: 1 | 2,
  use: (picture: JpegPicture, memory: KernelMemory) => Promise<Result>,
): Promise<Result | undefined> {
  const header = readJpegHeader(bytes);
  if (header === undefined) return undefined;
  return lendMemory(async (memory) => {
    const picture = decode(memory, bytes, header, scale);
    return picture && (await use(picture, memory));
  });
}

function decode(
  memory: KernelMemory,
  bytes: Uint8Array,
  { components, scanStart, ...header }: JpegHeader,
  scale: 1 | 2,
): JpegPicture | undefined {
  const { across, down } = components[0]!;
  const mcusAcross = Math.ceil(header.width / (8 * across));
  const mcusDown = Math.ceil(header.height / (8 * down));
  const blocks = mcusAcross * mcusDown * (across * down + 2);
  if ((bytes.length - scanStart) * mostBlocksAByte < blocks) return undefined;
  const [width, height] = [Math.ceil(header.width / scale), Math.ceil(header.height / scale)];
  const to = memory.take(width * height * 3);
  const planesStart = memory.takenEnd;
  const order = memory.put(zigzag);
  const scratch = memory.take(256);
  const records = memory.take(3 * componentBytes);
  for (const [index, component] of components.entries()) {
    // In half the size, colours that are half as high need not be shrunk.
    const side = scale === 1 || component.down < down ? 8 : 4;
    const record = recordOf(memory, component, mcusAcross, mcusDown, side);
    if (record === undefined) return undefined;
    new Uint32Array(memory.buffer, records + componentBytes * index, record.length).set(record);
  }
  const from = memory.put(bytes.subarray(scanStart));
  const end = from + bytes.length - scanStart;
  const interval = header.restartInterval;
  if (
    !memory.functionsOf(kernel).readScan(from, end, records, scratch, order, mcusAcross, mcusDown, interval)
  )
    return undefined;
  const sums = memory.take(4 * (width + 64));
  const isHalfHeight = down === 2 && scale === 1;
  const isHalfWidth = across === 2 && (down === 1 || scale === 1);
  memory.functionsOf(kernel).draw(to, width, height, records, isHalfWidth, isHalfHeight, sums);
  // What the picture was drawn from makes room for what will be drawn from it.
  memory.giveBack(planesStart);
  const { at, ...size } = turnUpright(memory, to, width, height, header.orientation);
  return {
    ...size,
    scale,
    get pixels() {
      return new Uint8Array(memory.buffer, at, width * height * 3);
    },
  };
}

/** By Exif's orientations: from 5 on rows become columns. Answers where the turned picture is, and its size. */
function turnUpright(
  memory: KernelMemory,
  from: number,
  width: number,
  height: number,
  orientation: number,
): { readonly at: number; readonly width: number; readonly height: number } {
  if (orientation === 1) return { at: from, width, height };
  const at = memory.take(width * height * 3);
  const areRowsColumns = orientation >= 5;
  const size = areRowsColumns ? { width: height, height: width } : { width, height };
  const [column, row] = [3, 3 * size.width];
  const across = (areRowsColumns ? row : column) * ([2, 3, 7, 8].includes(orientation) ? -1 : 1);
  const down = (areRowsColumns ? column : row) * ([3, 4, 6, 7].includes(orientation) ? -1 : 1);
  const first = at + Math.max(0, -across) * (width - 1) + Math.max(0, -down) * (height - 1);
  memory.functionsOf(kernel).turn(from, width, height, first, across, down);
  return { at, ...size };
}

/** As the kernel reads it: the fields of its `Component`. */
function recordOf(
  memory: KernelMemory,
  { across, down, quantisers, dcCodes, acCodes }: JpegComponent,
  mcusAcross: number,
  mcusDown: number,
  side: 8 | 4,
): readonly number[] | undefined {
  const dcTable = buildTable(memory, dcCodes);
  const acTable = buildTable(memory, acCodes);
  if (dcTable === undefined || acTable === undefined) return undefined;
  const shorts = new Uint8Array(Uint16Array.from(quantisers).buffer);
  const stride = mcusAcross * across * side;
  const plane = memory.take(stride * mcusDown * down * side);
  return [across, down, dcTable, acTable, memory.put(shorts), plane, stride, side, 0];
}

function buildTable(memory: KernelMemory, codes: Uint8Array): number | undefined {
  const counts = memory.put(codes.subarray(0, 16));
  const symbols = memory.put(codes.subarray(16));
  memory.take(256);
  const table = memory.take(tableBytes);
  return memory.functionsOf(kernel).buildTable(table, counts, symbols) ? table : undefined;
}
