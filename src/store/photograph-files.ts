// The photographs that are kept: one sealed file a slot, made before the face's row and gone before its slot is free.
import { readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, syncFolder } from './folder.ts';
import { settle } from './settle.ts';
import type { OpenBlockFile, Slot } from './slot-file.ts';

export const photographFolderName = 'photos';

/** Where a slot's photograph stands below a data folder, or a backup's. */
export const photographPathOf = (folder: string, slot: Slot): string =>
  join(folder, photographFolderName, String(slot));

/** Overwritten so many zeros at a time. */
const zeros = Buffer.alloc(1024 * 1024);

/** As many as Node carries out at a time: their syncs share the file system's own. */
const filesAtATime = 4;

/** Undefined for a name that is no slot's. */
export const slotOfName = (name: string): Slot | undefined =>
  /^[1-9]\d{0,14}$/.test(name) ? Number(name) : undefined;

/** The folder is made with the first photograph: a library that keeps none has none, and its deletions touch no file. */
export class PhotographFiles {
  readonly #folder: string;
  readonly #openFile: OpenBlockFile;
  /** Slots whose file is there, or may be: known without asking the file system, since every deletion asks. */
  readonly #slots: Set<Slot>;
  #isFolderMade = false;

  private constructor(folder: string, openFile: OpenBlockFile, slots: Iterable<Slot>) {
    this.#folder = folder;
    this.#openFile = openFile;
    this.#slots = new Set(slots);
  }

  static async open(folder: string, openFile: OpenBlockFile): Promise<PhotographFiles> {
    const names = (await readdir(join(folder, photographFolderName)).catch(orMissing)) ?? [];
    return new PhotographFiles(
      folder,
      openFile,
      names.flatMap((name) => slotOfName(name) ?? []),
    );
  }

  has(slot: Slot): boolean {
    return this.#slots.has(slot);
  }

  /** Slots that have a file. */
  get slots(): Iterable<Slot> {
    return this.#slots;
  }

  /** Undefined where there is none. */
  read(slot: Slot): Promise<Buffer | undefined> {
    return readFile(photographPathOf(this.#folder, slot)).catch(orMissing);
  }

  /** Resolves once the files and their names are on disk. */
  async write(photographs: readonly { readonly slot: Slot; readonly bytes: Uint8Array }[]): Promise<void> {
    if (photographs.length === 0) return;
    await this.#makeFolder();
    await inTurns(photographs, async ({ slot, bytes }) => {
      this.#slots.add(slot);
      const path = photographPathOf(this.#folder, slot);
      await this.#withFile(path, true, async (file) => {
        if (file.size() !== 0) throw new Error(`${path} is in the way of a photograph`);
        await file.write(bytes, 0);
      });
    });
    await syncFolder(join(this.#folder, photographFolderName));
  }

  /**
   * Overwrites the files with zeros, on disk before any name goes: a name that is gone leads nobody back to bytes that
   * are still there. Resolves once the names are gone on disk, too.
   */
  async erase(slots: readonly Slot[]): Promise<void> {
    const due = slots.filter((slot) => this.#slots.has(slot));
    if (due.length === 0) return;
    await inTurns(due, (slot) => this.#overwrite(photographPathOf(this.#folder, slot)));
    await inTurns(due, async (slot) => {
      await unlink(photographPathOf(this.#folder, slot)).catch(orMissing);
    });
    await syncFolder(join(this.#folder, photographFolderName)).catch(orMissing);
    for (const slot of due) this.#slots.delete(slot);
  }

  async #overwrite(path: string): Promise<void> {
    const overwriting = this.#withFile(path, false, async (file) => {
      const bytes = file.size();
      for (let at = 0; at < bytes; at += zeros.length) {
        await file.write(zeros.subarray(0, Math.min(zeros.length, bytes - at)), at);
      }
    });
    await overwriting.catch(orMissing);
  }

  /** What the work wrote is on disk when this resolves. */
  async #withFile(
    path: string,
    mayBeMade: boolean,
    work: (file: Awaited<ReturnType<OpenBlockFile>>) => Promise<void>,
  ): Promise<void> {
    const file = await this.#openFile(path, mayBeMade);
    try {
      await work(file);
      await file.datasync();
    } finally {
      await file.close();
    }
  }

  /** Once a process: a folder that is there may have been made just before a crash, and not be on disk yet. */
  async #makeFolder(): Promise<void> {
    if (this.#isFolderMade) return;
    await makeFolder(join(this.#folder, photographFolderName));
    await syncFolder(this.#folder);
    this.#isFolderMade = true;
  }
}

async function inTurns<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += filesAtATime) {
    await settle(items.slice(at, at + filesAtATime).map(work));
  }
}

function orMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
