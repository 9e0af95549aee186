// WebAssembly kernels, and the memories they work in: each belongs to one use, and reads zero when that is over.
import { readFile } from 'node:fs/promises';

const pageBytes = 64 * 1024;
/** Places begin at multiples of it. */
const lineBytes = 64;
/** Beyond the end of what is placed: kernels read and write up to three vectors at a time. */
const marginBytes = 48;
/** Of a thread's memories for a kernel that nobody uses; more is given back. One for 12 megapixels at half their size fits. */
const mostFreeBytes = 32 * 1024 * 1024;

/** A kernel's functions, over a memory that is handed out from its beginning on. */
export class KernelMemory<Functions> {
  readonly functions: Functions;
  readonly #memory: WebAssembly.Memory<ArrayBuffer>;
  /** Nothing lies at address 0. Bytes below `#takenEnd` are in use; below `#usedEnd` anything was ever written. */
  #takenEnd = lineBytes;
  #usedEnd = lineBytes;

  constructor(module: WebAssembly.Module, mostPages: number) {
    this.#memory = new WebAssembly.Memory<ArrayBuffer>({ initial: 1, maximum: mostPages });
    const { exports } = new WebAssembly.Instance(module, { env: { memory: this.#memory } });
    this.functions = exports as Functions;
  }

  /** Another one after `take`, `put` or `reach`. */
  get buffer(): ArrayBuffer {
    return this.#memory.buffer;
  }

  /** Where the next bytes that are taken begin. */
  get takenEnd(): number {
    return this.#takenEnd;
  }

  /** Hands out zeros, at a multiple of a cache line. */
  take(length: number): number {
    const at = this.#takenEnd;
    this.#takenEnd = Math.ceil((at + length + marginBytes) / lineBytes) * lineBytes;
    this.reach(this.#takenEnd);
    return at;
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

/** A kernel of build/, and a thread's memories for it, one for each use at the same time. */
export class Kernel<Functions> {
  readonly #module: WebAssembly.Module;
  readonly #mostPages: number;
  readonly #free: KernelMemory<Functions>[] = [];

  private constructor(module: WebAssembly.Module, mostPages: number) {
    this.#module = module;
    this.#mostPages = mostPages;
  }

  /**
   * @param mostPages of 64 KiB, that one use may take
   * @throws {Error} that says how to build it where it is missing
   */
  static async load<Functions>(name: string, mostPages: number): Promise<Kernel<Functions>> {
    // Right from src/ and from dist/.
    const file = await readFile(new URL(`../../build/${name}.wasm`, import.meta.url)).catch((cause) => {
      throw new Error(`the kernel build/${name}.wasm is missing: run npm run build:kernel`, { cause });
    });
    return new Kernel(new WebAssembly.Module(file), mostPages);
  }

  /** Lends a memory for as long as `use` takes; then it reads zero. */
  async lend<Result>(use: (memory: KernelMemory<Functions>) => Promise<Result>): Promise<Result> {
    const memory = this.#free.pop() ?? new KernelMemory<Functions>(this.#module, this.#mostPages);
    try {
      return await use(memory);
    } finally {
      memory.clear();
      if (this.#freeBytes + memory.buffer.byteLength <= mostFreeBytes) this.#free.push(memory);
    }
  }

  get #freeBytes(): number {
    return this.#free.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
  }
}
