// The bare writes, cuts and syncs of recorded changes, made again on other files of the same disk.
import { closeSync, fdatasyncSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Change } from '../test/proofs/disk.ts';

/** Does the same again on files of its own beside the library. */
export class BareWrites {
  readonly #changes: readonly Change[];
  readonly #files = new Map<string, number>();

  /** @param folder on the disk of the library; made where it is not there */
  constructor(folder: string, changes: readonly Change[]) {
    this.#changes = changes;
    mkdirSync(folder, { recursive: true });
    for (const { file } of changes) {
      if (this.#files.has(file)) continue;
      const fd = openSync(join(folder, file), 'w+');
      if (!file.endsWith('-wal')) writeSync(fd, Buffer.alloc(8_000_000, 1));
      fdatasyncSync(fd);
      this.#files.set(file, fd);
    }
  }

  run(): void {
    for (const { kind, file, at, bytes } of this.#changes) {
      const fd = this.#files.get(file)!;
      if (kind === 'write') writeSync(fd, bytes, 0, bytes.length, at);
      else if (kind === 'sync') fdatasyncSync(fd);
      else if (file.endsWith('-wal')) ftruncateSync(fd, at);
    }
  }

  close(): void {
    for (const fd of this.#files.values()) closeSync(fd);
  }
}
