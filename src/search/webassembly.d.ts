// The part of the WebAssembly API that the search uses; TypeScript declares it for browsers only.

declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array<ArrayBuffer>);
  }

  class Instance {
    constructor(module: Module, imports: { env: { memory: Memory } });
    readonly exports: Record<string, unknown>;
  }

  class Memory {
    constructor(size: { initial: number; maximum: number; shared: true });
    /** Another, longer one each time the memory has grown; the ones before stay good for what they reach. */
    readonly buffer: SharedArrayBuffer;
    /** Pages of 64 KiB to add; answers how many there were. */
    grow(pages: number): number;
  }
}
