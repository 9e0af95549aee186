// Says what a promise was refused with, for the tests of pictures.
import assert from 'node:assert/strict';
import { Refusal, type RefusalName } from '../../src/wire/errors.ts';

/** Expects a refusal by name and answers its words. */
export async function refused(work: Promise<unknown>, name: RefusalName): Promise<string> {
  const outcome = await work.then(
    () => 'no refusal',
    (error: unknown) => error,
  );
  assert.ok(outcome instanceof Refusal, `expected ${name}, got ${String(outcome)}`);
  assert.equal(outcome.refusal, name);
  return outcome.message;
}
