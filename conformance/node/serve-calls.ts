// The line protocol of the Node drivers: a call in, a reply out, one after the other.
import { createInterface } from 'node:readline';
import type { Call, Reply, TypedError } from '../call.ts';

/** What a driver makes of one call: the answer's body as JSON, or the SDK's error. */
export type Answer = { readonly body: string } | { readonly error: TypedError };

/** Thrown by a driver where its SDK offers no means for what a call asks. */
export class Impossible extends Error {}

/** Answers calls until the input ends; `describe` reads an error of the SDK. */
export async function serveCalls(
  answer: (call: Call) => Promise<string>,
  describe: (error: never) => TypedError,
): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const call = JSON.parse(line) as Call;
    process.stdout.write(`${JSON.stringify(await reply(call))}\n`);
  }

  async function reply(call: Call): Promise<Reply> {
    try {
      return { id: call.id, body: await answer(call) };
    } catch (error) {
      if (error instanceof Impossible) return { id: call.id, cannot: error.message };
      return { id: call.id, error: describe(error as never) };
    }
  }
}
