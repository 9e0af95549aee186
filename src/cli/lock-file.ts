// A file that says which process is at work, so that the same import does not run twice at a time.
import { open, readFile, rm } from 'node:fs/promises';

export interface FileLock {
  release(): Promise<void>;
}

/**
 * Takes over a lock whose process is gone.
 * @throws {Error} naming the process that holds it
 */
export async function lockFile(path: string): Promise<FileLock> {
  for (;;) {
    try {
      const file = await open(path, 'wx', 0o600);
      await file.writeFile(String(process.pid)).finally(() => file.close());
      return { release: () => rm(path, { force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = Number(await readFile(path, 'utf8').catch(() => ''));
    if (holder > 0 && isAlive(holder)) {
      throw new Error(`process ${holder} is at work on this import: wait for it (or remove ${path})`);
    }
    await rm(path, { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
