// The part of the WebAssembly API that the search uses; TypeScript declares it for browsers only.

declare namespace WebAssembly {
  class Memory {
    constructor(size: { initial: number; maximum: number });
    /** Another one each time the memory has grown. */
    readonly buffer: ArrayBuffer;
    /** Pages of 64 KiB to add; answers how many there were. */
    grow(pages: number): number;
  }

  function instantiate(
    bytes: Uint8Array<ArrayBuffer>,
    imports: { env: { memory: Memory } },
  ): Promise<{ instance: { exports: Record<string, unknown> } }>;
}
