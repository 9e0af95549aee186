// The WASM kernel that prepares pixels for the networks.
import { Kernel, type KernelMemory } from '../kernels/kernel.ts';

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

const kernel = await Kernel.load<PixelKernel>('pixels');

/** Halves a picture of the memory and answers where the half is. */
export function halve(memory: KernelMemory, from: number, width: number, height: number): number {
  const to = memory.take(Math.max(1, width >> 1) * Math.max(1, height >> 1) * 3);
  memory.functionsOf(kernel).halve(from, width, height, to);
  return to;
}

/**
 * Lets the kernel write `length` values, laid out and tuned as asked. They are answered where they stand, so that a
 * network reads them there: they last until the next call.
 * @param scratchBytes as much as the work asks for
 * @param prepare fills the values that will not be written
 */
export function draw(
  memory: KernelMemory,
  {
    length,
    layout,
    tuning,
    scratchBytes = 0,
  }: { length: number; layout: Layout; tuning: Tuning; scratchBytes?: number },
  work: (kernel: Pick<PixelKernel, 'resize' | 'warp'>, scratch: number) => void,
  prepare?: (values: Float32Array) => void,
): Float32Array {
  const functions = memory.functionsOf(kernel);
  const at = memory.takenEnd;
  const scratch = at + length * 4;
  memory.reach(scratch + scratchBytes);
  const values = new Float32Array(memory.buffer, at, length);
  prepare?.(values);
  const [red, green, blue] = layout.channels.map((value) => value * 4) as [number, number, number];
  functions.aim(at, layout.pixel * 4, layout.row * 4, red, green, blue);
  functions.tune(...tuning.scale, ...tuning.shift);
  work(functions, scratch);
  return values;
}
