// The `lethe` command as a person runs it, in a process of its own; and a part of it in this one, which starts at once.
import { type ChildProcess, spawn } from 'node:child_process';
import { mock } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { addExportCommand } from '../../src/cli/export.ts';
import { addImportCommand } from '../../src/cli/import.ts';
import { withSettings } from '../../src/cli/settings.ts';

/** As it is installed; `npm test` builds it first. */
export const lethe = fileURLToPath(new URL('../../bin/lethe', import.meta.url));

export const startCommand = (args: readonly string[], env: Record<string, string> = {}): ChildProcess =>
  spawn(process.execPath, [lethe, ...args], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    env: { PATH: process.env.PATH, ...env },
  });

/** Runs the command to its end. */
export async function runCommand(
  args: readonly string[],
  env?: Record<string, string>,
): Promise<{ code: number; out: string; err: string }> {
  const child = startCommand(args, env);
  let [out, err] = ['', ''];
  child.stdout!.setEncoding('utf8').on('data', (text) => {
    out += text;
  });
  child.stderr!.setEncoding('utf8').on('data', (text) => {
    err += text;
  });
  const code = await new Promise<number>((resolve) => child.once('close', (status) => resolve(status ?? -1)));
  return { code, out, err };
}

/**
 * Runs `import` or `export` in this process, with its variables; rejects with what the command would say on standard
 * error.
 */
export async function runHere(args: readonly string[]): Promise<{ code: number; out: string }> {
  const command = new Command('lethe');
  addImportCommand(command, withSettings);
  addExportCommand(command, withSettings);
  const lines: string[] = [];
  const log = mock.method(console, 'log', (line: string) => lines.push(`${line}\n`));
  try {
    await command.parseAsync(args, { from: 'user' });
    return { code: Number(process.exitCode ?? 0), out: lines.join('') };
  } finally {
    log.mock.restore();
    process.exitCode = undefined;
  }
}
