// Asks a command for the root key: run once, without a shell, bounded in time and in what it may print.
import { spawn } from 'node:child_process';
import { keyBytes } from './sealing.ts';

/** Long enough for a key service on the other side of the world, short enough for a start that hangs to be noticed. */
const limitMs = 30_000;
/** Far above the longest form of a key, 64 digits and a line's end. */
const maxPrintedBytes = 1_024;

/**
 * Runs a command and reads a key from what it prints: 32 bytes as they are, or in hexadecimal or base64 with or without
 * a line's end. What it prints never stands in an error; its own complaints go to standard error.
 * @param command a program and its arguments, blanks between them; quotes keep blanks, and nothing else is special
 * @throws {Error} in plain words when it cannot be run, fails, takes over 30 seconds, or prints no key
 */
export async function readKeyFromCommand(command: string): Promise<Buffer> {
  const [program, ...args] = splitWords(command);
  if (program === undefined) throw new Error('the root key command is empty');
  const printed = await run(program, args);
  const key = readKey(printed);
  printed.fill(0);
  if (key === undefined) {
    throw new Error(
      `the root key command ${program} must print ${keyBytes} bytes, as they are, in hexadecimal or in base64`,
    );
  }
  return key;
}

function splitWords(command: string): string[] {
  const words: string[] = [];
  for (const [, ...forms] of command.matchAll(
    /"([^"]*)"(?=\s|$)|'([^']*)'(?=\s|$)|([^\s"']+)(?=\s|$)|(\S)/g,
  )) {
    if (forms[3] !== undefined) {
      throw new Error('the root key command has a quote that is not closed, or in the middle of a word');
    }
    words.push(forms.find((form) => form !== undefined)!);
  }
  return words;
}

function run(program: string, args: readonly string[]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let printedBytes = 0;
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const fail = (words: string): void => {
      clearTimeout(limit);
      child.kill('SIGKILL');
      // A grandchild may hold the pipe open for longer.
      child.stdout.destroy();
      for (const chunk of chunks) chunk.fill(0);
      reject(new Error(`the root key command ${program} ${words}`));
    };
    const limit = setTimeout(() => fail(`did not end within ${limitMs / 1000} seconds`), limitMs);
    child.stdout.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      printedBytes += chunk.length;
      if (printedBytes > maxPrintedBytes) fail('prints more than a key');
    });
    child.once('error', (error) => fail(`cannot be run: ${error.message}`));
    child.once('close', (status, signal) => {
      clearTimeout(limit);
      if (status !== 0) fail(signal === null ? `failed with status ${status}` : `was ended by ${signal}`);
      const printed = Buffer.concat(chunks);
      for (const chunk of chunks) chunk.fill(0);
      resolve(printed);
    });
  });
}

function readKey(printed: Buffer): Buffer | undefined {
  if (printed.length === keyBytes) return Buffer.from(printed);
  const text = printed.toString('latin1').replace(/\r?\n$/, '');
  if (/^[0-9a-fA-F]{64}$/.test(text)) return Buffer.from(text, 'hex');
  if (/^[A-Za-z0-9+/]{43}=$/.test(text)) return Buffer.from(text, 'base64');
  return undefined;
}
