// A disk between the vault and the operating system: counts what is asked of it, and refuses when told to.
import { basename } from 'node:path';
import { type BlockFile, type OpenBlockFile, openBlockFile } from '../../src/store/slot-file.ts';

type Step = 'write' | 'datasync';

export class WatchedDisk {
  /** Completed syncs and writes, by file. */
  readonly counts: Record<Step, Record<string, number>> = { write: {}, datasync: {} };
  /** Answers an error for a call that shall fail; a write covers the bytes from `from` up to `to`. */
  refuse: (step: Step, file: string, from: number, to: number) => Error | undefined = () => undefined;

  readonly openFile: OpenBlockFile = async (path, mayBeMade) => {
    const file = basename(path);
    const real = await openBlockFile(path, mayBeMade);
    const watch = async (step: Step, from: number, to: number, call: () => Promise<void>) => {
      const error = this.refuse(step, file, from, to);
      if (error !== undefined) throw error;
      await call();
      this.counts[step][file] = (this.counts[step][file] ?? 0) + 1;
    };
    const watched: BlockFile = {
      ...real,
      write: (bytes, position) =>
        watch('write', position, position + bytes.length, () => real.write(bytes, position)),
      datasync: () => watch('datasync', 0, 0, () => real.datasync()),
    };
    return watched;
  };

  forget(): void {
    this.counts.write = {};
    this.counts.datasync = {};
  }
}

export const diskFull = (): Error => Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' });
export const diskBroken = (): Error => Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
