// The part of the WebAssembly API that the kernels need; TypeScript declares it for browsers only.

declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
  }

  class Instance {
    constructor(module: Module, imports: { env: { memory: Memory<ArrayBufferLike> } });
    readonly exports: Record<string, unknown>;
  }

  class Memory<Bytes extends ArrayBufferLike = SharedArrayBuffer> {
    constructor(
      size: { initial: number; maximum: number } & (Bytes extends SharedArrayBuffer
        ? { shared: true }
        : object),
    );
    /** Another, longer one each time the memory has grown; those before are good for what they reach where it is shared. */
    readonly buffer: Bytes;
    /** Pages of 64 KiB to add; answers how many there were. */
    grow(pages: number): number;
  }
}
