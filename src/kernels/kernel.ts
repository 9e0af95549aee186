// WebAssembly kernels, and the memories they work in: each belongs to one use, and reads zero when that is over.
import { readFile } from 'node:fs/promises';

export const pageBytes = 64 * 1024;
/** All that wasm32 can address but its last page, so that nothing ends where addresses wrap to 0. */
export const mostPages = 65_535;
/** Places begin at multiples of it. */
const lineBytes = 64;
/** Beyond the end of what is placed: kernels read and write up to 49 bytes there. */
const marginBytes = 64;
/** Of a thread's memories that nobody uses; more is given back. One for 12 megapixels at half their size fits. */
const mostFreeBytes = 48 * 1024 * 1024;

/** @throws {Error} that says how to build it where it is missing */
export async function compileKernel(name: string): Promise<WebAssembly.Module> {
  // Right from src/ and from dist/.
  const file = await readFile(new URL(`../../build/${name}.wasm`, import.meta.url)).catch((cause) => {
    throw new Error(`the kernel build/${name}.wasm is missing: run npm run build:kernel`, { cause });
  });
  return new WebAssembly.Module(file);
}

/** A kernel of build/. */
export class Kernel<Functions> {
  readonly #module: WebAssembly.Module;

  private constructor(module: WebAssembly.Module) {
    this.#module = module;
  }

  /** @throws {Error} as `compileKernel` */
  static async load<Functions>(name: string): Promise<Kernel<Functions>> {
    return new Kernel(await compileKernel(name));
  }

  /** Its functions over a memory; `KernelMemory` keeps them. */
  bind(memory: WebAssembly.Memory<ArrayBuffer>): Functions {
    return new WebAssembly.Instance(this.#module, { env: { memory } }).exports as Functions;
  }
}

/** Memory that is handed out from its beginning on, to whichever kernels work in it. */
export class KernelMemory {
  readonly #memory = new WebAssembly.Memory<ArrayBuffer>({ initial: 1, maximum: mostPages });
  readonly #functions = new Map<Kernel<unknown>, unknown>();
  /** Nothing lies at address 0. Bytes below `#takenEnd` are in use; below `#usedEnd` anything was ever written. */
  #takenEnd = lineBytes;
  #usedEnd = lineBytes;

  functionsOf<Functions>(kernel: Kernel<Functions>): Functions {
    const bound = this.#functions.get(kernel) ?? kernel.bind(this.#memory);
    this.#functions.set(kernel, bound);
    return bound as Functions;
  }

  /** Another one, and the last one detached, when `take`, `put` or `reach` made the memory larger. */
  get buffer(): ArrayBuffer {
    return this.#memory.buffer;
  }

  /** Where the next bytes that are taken begin. */
  get takenEnd(): number {
    return this.#takenEnd;
  }

  /** Hands out bytes at a multiple of a cache line: zeros, unless they were given back. */
  take(length: number): number {
    const at = this.#takenEnd;
    this.#takenEnd = Math.ceil((at + length + marginBytes) / lineBytes) * lineBytes;
    this.reach(this.#takenEnd);
    return at;
  }

  /** Takes back all from there on, as it is. */
  giveBack(from: number): void {
    this.#takenEnd = from;
  }

  put(bytes: Uint8Array): number {
    const at = this.take(bytes.length);
    new Uint8Array(this.buffer).set(bytes, at);
    return at;
  }

  /** Makes the memory so large, for what is written beyond all that is taken. */
  reach(end: number): void {
    this.#usedEnd = Math.max(this.#usedEnd, end);
    const missing = end - this.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / pageBytes));
  }

  clear(): void {
    new Uint8Array(this.buffer).fill(0, 0, this.#usedEnd);
    this.#takenEnd = lineBytes;
    this.#usedEnd = lineBytes;
  }
}

const free: KernelMemory[] = [];

/** Lends a memory for as long as `use` takes; then it reads zero. */
export async function lendMemory<Result>(use: (memory: KernelMemory) => Promise<Result>): Promise<Result> {
  const memory = free.pop() ?? new KernelMemory();
  try {
    return await use(memory);
  } finally {
    memory.clear();
    const freeBytes = free.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
    if (freeBytes + memory.buffer.byteLength <= mostFreeBytes) free.push(memory);
  }
}
