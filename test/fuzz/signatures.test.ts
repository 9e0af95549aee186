// The short form of the fuzz of signatures holds; the long form is `npm run fuzz:signatures`.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

test('what the official Node clients sign is accepted, and refused once a byte of it has changed', async () => {
  const program = fileURLToPath(new URL('signatures.ts', import.meta.url));
  const run = promisify(execFile)(process.execPath, ['--import', 'tsx', program, '--short']);
  const { stdout } = await run.catch((error) => assert.fail(`${error.message}\n${error.stdout}`));
  assert.match(stdout, /proven: \d+ signed requests accepted, \d+ changed ones refused/);
});
