// The languages of the drivers: what each needs on the machine, and how its pinned SDKs are installed on first use.
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Command } from './driver.ts';

const run = promisify(execFile);

export const folder = new URL('./', import.meta.url);
/** Ignored by git; may be removed at any time. */
const installed = fileURLToPath(new URL('.installed/', folder));

export type Language = 'Node' | 'Python' | 'Java' | 'Go' | 'PHP';

interface Toolchain {
  /** Programs that must be there, each with the argument that makes it do nothing. */
  readonly programs: readonly Command[];
  /** What is installed depends on these files, and is installed anew when one changes. */
  readonly pins: readonly string[];
  readonly install: readonly Command[];
}

const python = `${installed}python`;

const toolchains: Record<Exclude<Language, 'Node' | 'PHP'>, Toolchain> = {
  Python: {
    programs: [['python3', '--version']],
    pins: ['python/requirements.txt'],
    install: [
      ['python3', '-m', 'venv', '--clear', python],
      [`${python}/bin/pip`, 'install', '--quiet', '--requirement', 'python/requirements.txt'],
    ],
  },
  Java: {
    programs: [
      ['java', '-version'],
      ['javac', '-version'],
      ['mvn', '--version'],
    ],
    pins: ['java/pom.xml', 'java/src/main/java/Driver.java'],
    install: [['mvn', '--quiet', '--batch-mode', '--file', 'java/pom.xml', 'clean', 'compile']],
  },
  Go: {
    programs: [['go', 'version']],
    pins: ['go/go.mod', 'go/go.sum', 'go/main.go'],
    install: [['go', 'build', '-C', 'go', '-o', `${installed}go/driver`, '.']],
  },
};

/** The first build of the Go SDK takes a minute on two cores; a slow registry may take a few more. */
const installTimeoutMs = 10 * 60_000;

/** Prepares a language; the sentence says why it cannot be used here, undefined that it can. */
export async function prepare(language: Language, mayInstall: boolean): Promise<string | undefined> {
  if (language === 'Node') return undefined;
  if (language === 'PHP')
    return "there is no driver, since its SDK comes from Composer's registry only; test/wire holds requests captured from it";
  const { programs, pins, install } = toolchains[language];
  for (const [program, ...args] of programs) {
    const isThere = await run(program, args).then(
      () => true,
      () => false,
    );
    if (!isThere) return `${program} is not on this machine`;
  }
  const wanted = (await Promise.all(pins.map((pin) => readFile(new URL(pin, folder), 'utf8')))).join('\n');
  const stamp = `${installed}${language.toLowerCase()}.pins`;
  if ((await readFile(stamp, 'utf8').catch(() => '')) === wanted) return undefined;
  if (!mayInstall) return 'its SDK is not installed (npm run conformance installs it)';
  console.error(`Installing the SDK of ${language} …`);
  try {
    await mkdir(installed, { recursive: true });
    // A toolchain of another version than the one that is there would be fetched from elsewhere.
    const env = { ...process.env, GOTOOLCHAIN: 'local' };
    for (const [program, ...args] of install) {
      await run(program, args, { cwd: folder, timeout: installTimeoutMs, env });
    }
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string };
    const lastLine = stderr.trim().split('\n').at(-1);
    return `its SDK could not be installed: ${lastLine || message}`;
  }
  await writeFile(stamp, wanted);
  return undefined;
}

export const nodeDriver = (...args: string[]): Command => [process.execPath, '--import', 'tsx', ...args];
export const pythonDriver: Command = [`${python}/bin/python`, 'python/driver.py'];
export const javaDriver = (signatureVersion: 'V1' | 'V3'): Command => [
  'java',
  '-cp',
  `${installed}java/classes:${installed}java/lib/*`,
  'Driver',
  signatureVersion,
];
export const goDriver: Command = [`${installed}go/driver`];
