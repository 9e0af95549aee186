// What a power cut may leave of a folder whose every write and sync was recorded: of each file, and of the names of photographs.
import { photographFolderName } from '../../src/store/photograph-files.ts';
import type { Change } from './disk.ts';

/** What a disk writes as a whole. */
const sectorBytes = 512;

/** A file as it may stand after a cut: what is certain, and what is only on its way. */
class CutFile {
  certain: Buffer;
  onItsWay: Change[] = [];

  constructor(bytes: Buffer) {
    this.certain = bytes;
  }

  apply(change: Change, areSyncsKept: boolean): void {
    if (change.kind === 'sync') {
      if (!areSyncsKept) return;
      for (const earlier of this.onItsWay) this.certain = applyTo(this.certain, earlier);
      this.onItsWay = [];
    } else this.onItsWay.push(change);
  }

  /** One of the states a cut may leave; `chance` is that of each change to have reached the disk. */
  cut(chance: number): Buffer {
    let bytes = this.certain;
    // A later write to other sectors may arrive without an earlier one; to the same sector, the last to arrive stands.
    for (const change of this.onItsWay) {
      if (change.kind !== 'write') {
        if (Math.random() < chance) bytes = applyTo(bytes, change);
        continue;
      }
      for (const sector of sectorsOf(change)) if (Math.random() < chance) bytes = applyTo(bytes, sector);
    }
    return bytes;
  }
}

function* sectorsOf(change: Change): Iterable<Change> {
  const isTorn = Math.random() < 0.5;
  if (!isTorn) return yield change;
  for (let from = 0; from < change.bytes.length; ) {
    const end = (Math.floor((change.at + from) / sectorBytes) + 1) * sectorBytes - change.at;
    yield { ...change, at: change.at + from, bytes: change.bytes.subarray(from, end) };
    from = end;
  }
}

function applyTo(file: Buffer, { kind, at, bytes }: Change): Buffer {
  if (kind === 'truncate') {
    const cut = Buffer.alloc(at);
    file.copy(cut);
    return cut;
  }
  const grown = Buffer.alloc(Math.max(file.length, at + bytes.length));
  file.copy(grown);
  bytes.copy(grown, at);
  return grown;
}

/**
 * The files of a folder as they may stand after a cut. That a photograph has a name, or has none any more, is certain
 * once its folder is synced; the other files are there from the start and stay.
 */
export class CutFolder {
  readonly files: Map<string, CutFile>;
  readonly #newNames = new Set<string>();
  readonly #goneNames = new Map<string, CutFile>();

  constructor(start: ReadonlyMap<string, Buffer>) {
    this.files = new Map([...start].map(([name, bytes]) => [name, new CutFile(bytes)]));
  }

  apply(change: Change, areSyncsKept: boolean): void {
    const { kind, file: name } = change;
    if (name === photographFolderName) {
      if (!areSyncsKept) return;
      this.#newNames.clear();
      this.#goneNames.clear();
      return;
    }
    const file = this.files.get(name) ?? new CutFile(Buffer.alloc(0));
    if (kind === 'unlink') {
      this.files.delete(name);
      if (isPhotograph(name)) this.#goneNames.set(name, file);
      return;
    }
    if (isPhotograph(name) && !this.files.has(name)) this.#newNames.add(name);
    this.files.set(name, file);
    file.apply(change, areSyncsKept);
  }

  /** One of the states a cut may leave. */
  cut(): Map<string, Buffer> {
    const left = new Map<string, Buffer>();
    for (const [name, file] of this.#goneNames)
      if (Math.random() < 0.5) left.set(name, file.cut(Math.random()));
    for (const [name, file] of this.files) {
      if (!this.#newNames.has(name) || Math.random() < 0.5) left.set(name, file.cut(Math.random()));
    }
    return left;
  }
}

export const isPhotograph = (name: string): boolean => name.startsWith(`${photographFolderName}/`);
