// The short form of each proof holds; the long forms are commands of their own (`npm run proof:…`).
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

async function runShort(proof: string): Promise<string> {
  const program = fileURLToPath(new URL(`./${proof}.ts`, import.meta.url));
  const run = promisify(execFile)(process.execPath, ['--import', 'tsx', program, '--short']);
  return (await run.catch((error) => assert.fail(`${error.message}\n${error.stdout}`))).stdout;
}

it('a library that has forgotten faces holds no byte of them, and the scan finds those it should', async () => {
  assert.match(await runShort('residue'), /proven: 0 places/);
});
