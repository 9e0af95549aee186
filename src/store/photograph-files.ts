// The photographs that are kept: one sealed file a slot, made before the face's row and gone before its slot is free.
import { existsSync } from 'node:fs';
import { readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Slot } from '../gallery/ports.ts';
import { makeFolder, syncFolder } from './folder.ts';
import type { OpenBlockFile } from './slot-file.ts';

export const photographFolderName = 'photos';

/** Overwritten so many zeros at a time. */
const zeros = Buffer.alloc(1024 * 1024);

/** The folder is made with the first photograph: a library that keeps none has none. */
export class PhotographFiles {
  readonly #folder: string;
  readonly #openFile: OpenBlockFile;
  /** Where no photograph was ever kept, a deletion asks the file system nothing. */
  #isMade: boolean;
  /** Whether a file was made or removed and the folder may not know it on disk yet; so after every start. */
  #isUnsynced = true;

  constructor(dataFolder: string, openFile: OpenBlockFile) {
    this.#folder = join(dataFolder, photographFolderName);
    this.#openFile = openFile;
    this.#isMade = existsSync(this.#folder);
  }

  has(slot: Slot): boolean {
    return this.#isMade && existsSync(this.#pathOf(slot));
  }

  /** Undefined where there is none. */
  async read(slot: Slot): Promise<Buffer | undefined> {
    return readFile(this.#pathOf(slot)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
  }

  /** Resolves once the files and their names are on disk. */
  async write(photographs: readonly { readonly slot: Slot; readonly bytes: Uint8Array }[]): Promise<void> {
    if (photographs.length === 0) return;
    await makeFolder(this.#folder);
    this.#isMade = true;
    this.#isUnsynced = true;
    // One after the other: each has up to 20 MB.
    for (const { slot, bytes } of photographs) {
      const file = await this.#openFile(this.#pathOf(slot), true);
      try {
        if (file.size() !== 0) throw new Error(`${this.#pathOf(slot)} is in the way of a photograph`);
        await file.write(bytes, 0);
        await file.datasync();
      } finally {
        await file.close();
      }
    }
    await this.#sync();
  }

  /** Overwrites the files with zeros, on disk before their names go; resolves once these are gone on disk, too. */
  async erase(slots: readonly Slot[]): Promise<void> {
    for (const slot of slots.filter((one) => this.has(one))) {
      const file = await this.#openFile(this.#pathOf(slot), false);
      try {
        const bytes = file.size();
        for (let at = 0; at < bytes; at += zeros.length) {
          await file.write(zeros.subarray(0, Math.min(zeros.length, bytes - at)), at);
        }
        await file.datasync();
      } finally {
        await file.close();
      }
      this.#isUnsynced = true;
      await unlink(this.#pathOf(slot));
    }
    await this.#sync();
  }

  /** Slots that have a file. */
  async list(): Promise<Slot[]> {
    const names = this.#isMade ? await readdir(this.#folder) : [];
    return names.filter((name) => /^[1-9]\d{0,15}$/.test(name)).map(Number);
  }

  async #sync(): Promise<void> {
    if (!this.#isUnsynced || !this.#isMade) return;
    await syncFolder(this.#folder);
    this.#isUnsynced = false;
  }

  #pathOf(slot: Slot): string {
    return join(this.#folder, String(slot));
  }
}
