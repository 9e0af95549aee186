// Packages of peers, installed for the occasion below the system's temporary folder and loaded from there.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

// The peers' own types are not ours to install: what is called stands here.
export type Loose = Record<string, (...values: unknown[]) => unknown>;
export type LooseClass = new (...values: unknown[]) => Loose;

/**
 * Installs once for each set of packages; answers the folder whose node_modules holds them.
 * @throws {Error} of npm, where one cannot be installed
 */
export async function installPeer(packages: readonly string[]): Promise<string> {
  const folder = join(tmpdir(), 'lethe-peers', packages.join('+').replaceAll('/', '-'));
  await mkdir(folder, { recursive: true });
  const isThere = (one: string) =>
    existsSync(join(folder, 'node_modules', one.slice(0, one.lastIndexOf('@'))));
  if (!packages.every(isThere)) {
    const flags = ['--no-save', '--no-audit', '--no-fund', '--prefix', folder];
    await promisify(execFile)('npm', ['install', ...flags, ...packages], { cwd: folder, timeout: 300_000 });
  }
  return folder;
}

/** @param name of the module to load, which one of the packages has */
export async function loadPeer(packages: readonly string[], name: string): Promise<Record<string, unknown>> {
  const require = createRequire(join(await installPeer(packages), 'package.json'));
  const module = (await import(pathToFileURL(require.resolve(name)).href)) as Record<string, unknown>;
  // A CommonJS package has its exports there.
  return { ...(module.default as object), ...module };
}
