// Memory of the WASM kernel that all threads share: grown in place, never copied.
import { mostPages, pageBytes } from '../kernels/kernel.ts';

/** What a memory grows by. Pages are reserved, not yet taken: a row costs memory once it is written. */
const growthBytes = 16 * 1024 * 1024;

/** A memory of at least so many bytes, all zero. @throws {RangeError} where the machine has no more memory */
export const openMemory = (bytes: number): WebAssembly.Memory =>
  new WebAssembly.Memory({ initial: Math.ceil(bytes / pageBytes), maximum: mostPages, shared: true });

/** @throws {RangeError} where the machine has no more memory, or wasm32 no more addresses */
export function growTo(memory: WebAssembly.Memory, bytes: number): void {
  const present = memory.buffer.byteLength;
  if (bytes <= present) return;
  const most = mostPages * pageBytes;
  const wanted = Math.max(bytes, Math.min(present + growthBytes, most));
  memory.grow(Math.ceil((wanted - present) / pageBytes));
}
