// The WASM kernel that prepares pixels for the networks, and its memory, which the analyses of a thread use in turn.
import { readFile } from 'node:fs/promises';

/** Right from src/ and from dist/. */
const kernelUrl = new URL('../../build/pixels.wasm', import.meta.url);

const pageBytes = 64 * 1024;
/** All that wasm32 can address but its last page. */
const mostPages = 65_535;
/** An analysis that needed more memory than this gives it back: a picture of 1,920 pixels with all its copies fits. */
const keptBytes = 64 * 1024 * 1024;
const lineBytes = 64;
/** What a thread's memory begins with is not used: no picture lies at address 0. */
const firstByte = lineBytes;

/** Its functions; src/biometrics/kernel/pixels.ts says what they do. */
interface PixelKernel {
  aim(to: number, pixel: number, row: number, red: number, green: number, blue: number): void;
  tune(...scalesAndShifts: [...RedGreenBlue, ...RedGreenBlue]): void;
  halve(from: number, width: number, height: number, to: number): void;
  resize(
    from: number,
    width: number,
    height: number,
    toWidth: number,
    toHeight: number,
    scratch: number,
  ): void;
  warp(
    from: number,
    width: number,
    height: number,
    a: number,
    b: number,
    dx: number,
    dy: number,
    side: number,
    scratch: number,
  ): void;
}

export type RedGreenBlue = readonly [red: number, green: number, blue: number];

/** Where the values of a pixel go, counted in values. */
export interface Layout {
  /** From one pixel of a row to the next. */
  readonly pixel: number;
  readonly row: number;
  /** From a pixel's first value. */
  readonly channels: RedGreenBlue;
}

/** Each value, 0 to 255, times the scale of its colour, plus the shift. */
export interface Tuning {
  readonly scale: RedGreenBlue;
  readonly shift: RedGreenBlue;
}

/** The values as they are. */
export const plainTuning: Tuning = { scale: [1, 1, 1], shift: [0, 0, 0] };

/** A plane for each colour, which is drawn the quickest. */
export const planar = (width: number, height: number): Layout => ({
  pixel: 1,
  row: width,
  channels: [0, width * height, 2 * width * height],
});

const module = new WebAssembly.Module(await readKernel());
let memory: WebAssembly.Memory<ArrayBuffer>;
let kernel: PixelKernel;
/** Bytes below it belong to pictures; below `usedEnd` anything was ever written. */
let takenEnd = firstByte;
let usedEnd = firstByte;
let lastAnalysis: Promise<unknown> = Promise.resolve();
renew();

function renew(): void {
  memory = new WebAssembly.Memory<ArrayBuffer>({ initial: 1, maximum: mostPages });
  kernel = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as PixelKernel;
}

/**
 * Runs an analysis when those before it have ended: a network blocks its thread anyway. What it puts into the kernel's
 * memory lasts until it has ended; then the memory reads zero.
 */
export function withPictures<Result>(analysis: () => Promise<Result>): Promise<Result> {
  const turn = lastAnalysis.then(analysis).finally(forgetPictures);
  lastAnalysis = turn.catch(() => undefined);
  return turn;
}

function forgetPictures(): void {
  new Uint8Array(memory.buffer).fill(0, 0, usedEnd);
  takenEnd = firstByte;
  usedEnd = firstByte;
  if (memory.buffer.byteLength > keptBytes) renew();
}

/** Puts a picture into the memory and answers its place. */
export function place(pixels: Uint8Array): number {
  const at = take(pixels.length);
  new Uint8Array(memory.buffer).set(pixels, at);
  return at;
}

/** Halves a picture of the memory and answers where the half is. */
export function halve(from: number, width: number, height: number): number {
  const to = take(Math.max(1, width >> 1) * Math.max(1, height >> 1) * 3);
  kernel.halve(from, width, height, to);
  return to;
}

/**
 * Lets the kernel write `length` values, laid out and tuned as asked. They are answered where they stand, so that a
 * network reads them there: they last until the next call.
 * @param scratchBytes as much as the work asks for
 * @param prepare fills the values that will not be written
 */
export function draw(
  {
    length,
    layout,
    tuning,
    scratchBytes = 0,
  }: { length: number; layout: Layout; tuning: Tuning; scratchBytes?: number },
  work: (kernel: Pick<PixelKernel, 'resize' | 'warp'>, scratch: number) => void,
  prepare?: (values: Float32Array) => void,
): Float32Array {
  const at = takenEnd;
  const scratch = at + length * 4;
  reach(scratch + scratchBytes);
  const values = new Float32Array(memory.buffer, at, length);
  prepare?.(values);
  const [red, green, blue] = layout.channels.map((value) => value * 4) as [number, number, number];
  kernel.aim(at, layout.pixel * 4, layout.row * 4, red, green, blue);
  kernel.tune(...tuning.scale, ...tuning.shift);
  work(kernel, scratch);
  return values;
}

/** 16 bytes more than asked for, since the kernel reads so many at a time; at a multiple of a cache line. */
function take(length: number): number {
  const at = takenEnd;
  takenEnd = Math.ceil((at + length + 16) / lineBytes) * lineBytes;
  reach(takenEnd);
  return at;
}

function reach(end: number): void {
  usedEnd = Math.max(usedEnd, end);
  const missing = end - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / pageBytes));
}

async function readKernel(): Promise<Uint8Array> {
  try {
    return await readFile(kernelUrl);
  } catch (cause) {
    throw new Error('the pixel kernel build/pixels.wasm is missing: run npm run build:kernel', { cause });
  }
}
