// The short form of each proof holds; the long forms are commands of their own (`npm run proof:…`).
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Where the disk cannot be recorded, a person is told so; CI has what it takes, and must not pass without. */
function skip(test: TestContext, output: string): void {
  assert.ok(process.env.CI === undefined, output);
  test.skip(output);
}

async function runShort(proof: string): Promise<string> {
  const program = fileURLToPath(new URL(`./${proof}.ts`, import.meta.url));
  const run = promisify(execFile)(process.execPath, ['--import', 'tsx', program, '--short']);
  return (await run.catch((error) => assert.fail(`${error.message}\n${error.stdout}`))).stdout;
}

it('a library that has forgotten faces holds no byte of them, and the scan finds those it should', async () => {
  assert.match(await runShort('residue'), /proven: 0 places/);
});

it('a library killed at its steps and at random has lost nothing, brings nothing back and keeps no byte', async (test) => {
  const output = await runShort('crash');
  if (output.startsWith('not run')) return skip(test, output);
  assert.match(output, /proven: \d+ kills, 0 lost, 0 resurrected, 0 bytes left/);
});

it('a failing or full disk loses nothing, brings nothing back, and what it held up is finished', async (test) => {
  const output = await runShort('io-errors');
  if (output.startsWith('not run')) return skip(test, output);
  assert.match(output, /proven: 0 findings/);
});

it('a power cut that drops, reorders or tears what was not synced loses nothing and brings nothing back', async (test) => {
  const output = await runShort('power-loss');
  if (output.startsWith('not run')) return skip(test, output);
  assert.match(output, /proven: 0 lost, 0 resurrected, 0 bytes left/);
});

it('a backup taken while writes go on loses nothing and brings nobody back', async () => {
  assert.match(await runShort('backup'), /proven: 3 backups, 0 faces lost, 0 brought back/);
});
