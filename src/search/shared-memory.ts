// Memory of the WASM kernel that all threads share: grown in place, never copied.
import { readFile } from 'node:fs/promises';

/** Right from src/ and from dist/. */
const kernelUrl = new URL('../../build/scan.wasm', import.meta.url);

const pageBytes = 64 * 1024;
/** All that wasm32 can address but its last page, so that no row ends where addresses wrap to 0. */
const maxPages = 65_535;
/** What a memory grows by. Pages are reserved, not yet taken: a row costs memory once it is written. */
const growthBytes = 16 * 1024 * 1024;

/** A memory of at least so many bytes, all zero. @throws {RangeError} where the machine has no more memory */
export const openMemory = (bytes: number): WebAssembly.Memory =>
  new WebAssembly.Memory({ initial: Math.ceil(bytes / pageBytes), maximum: maxPages, shared: true });

/** @throws {RangeError} where the machine has no more memory, or wasm32 no more addresses */
export function growTo(memory: WebAssembly.Memory, bytes: number): void {
  const present = memory.buffer.byteLength;
  if (bytes <= present) return;
  const most = maxPages * pageBytes;
  const wanted = Math.max(bytes, Math.min(present + growthBytes, most));
  memory.grow(Math.ceil((wanted - present) / pageBytes));
}

/** @throws {Error} where the kernel was not built */
export async function compileKernel(): Promise<WebAssembly.Module> {
  try {
    return new WebAssembly.Module(await readFile(kernelUrl));
  } catch (cause) {
    throw new Error('the search kernel build/scan.wasm is missing: run npm run build:kernel', { cause });
  }
}
