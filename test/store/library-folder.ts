// A data folder for one test: opened, looked into byte by byte, and removed.
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { type EmbeddedStore, openEmbeddedStore } from '../../src/store/embedded.ts';
import type { OpenBlockFile } from '../../src/store/slot-file.ts';

export class LibraryFolder {
  readonly path: string;
  readonly rootKey: Buffer;
  readonly #parent: string;

  private constructor(parent: string) {
    this.#parent = parent;
    this.path = join(parent, 'library');
    this.rootKey = randomBytes(32);
  }

  static async make(): Promise<LibraryFolder> {
    return new LibraryFolder(await mkdtemp(join(tmpdir(), 'lethe-store-')));
  }

  open(openFile?: OpenBlockFile): Promise<EmbeddedStore> {
    return openEmbeddedStore({
      folder: this.path,
      rootKey: this.rootKey,
      ...(openFile === undefined ? {} : { openFile }),
    });
  }

  read(): Promise<Map<string, Buffer>> {
    return readFolder(this.path);
  }

  async remove(): Promise<void> {
    await rm(this.#parent, { recursive: true });
  }
}

/**
 * Every file of a folder and of the folders in it, as it stands on disk; one that is removed meanwhile, as a photograph
 * whose face goes, is left out.
 */
export async function readFolder(path: string): Promise<Map<string, Buffer>> {
  const entries = await readdir(path, { withFileTypes: true, recursive: true });
  const names = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(path, join(entry.parentPath, entry.name)));
  const files = await Promise.all(
    names.map(async (name): Promise<[string, Buffer][]> => {
      try {
        return [[name, await readFile(join(path, name))]];
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
        return [];
      }
    }),
  );
  return new Map(files.flat());
}
