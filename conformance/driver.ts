// A driver at work: one long-lived process for a client, given calls and asked for replies over its pipes.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Call, Reply } from './call.ts';

/** A command and its arguments. */
export type Command = readonly [program: string, ...args: string[]];

export interface Driver {
  /** One at a time. @throws {Error} with the driver's last words when it ended, or gave no reply in time */
  ask(call: Omit<Call, 'id'>): Promise<Reply>;
  close(): void;
}

/** Past an SDK's own time-out: a JVM or an import may take its time before the first call. */
const graceMs = 30_000;
/** Bytes of a driver's standard error shown when it fails. */
const lastWordsLength = 2_000;

export function startDriver([program, ...args]: Command, folder: URL): Driver {
  const child = spawn(program, args, { cwd: folder, stdio: ['pipe', 'pipe', 'pipe'] });
  const replies = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let lastWords = '';
  child.stderr.on('data', (bytes: Buffer) => {
    lastWords = (lastWords + bytes.toString()).slice(-lastWordsLength);
  });
  // A write to a driver that has ended; ask() tells.
  child.stdin.on('error', () => undefined);
  child.on('error', (error) => {
    lastWords = error.message;
  });
  const closed = new Promise((resolve) => child.once('close', resolve));
  let id = 0;
  return {
    async ask(call) {
      id++;
      child.stdin.write(`${JSON.stringify({ id, ...call })}\n`);
      const timer = setTimeout(() => child.kill(), call.timeoutMs + graceMs);
      const { value, done } = await replies.next();
      clearTimeout(timer);
      if (done) {
        // Its last words may arrive after its last reply.
        await closed;
        throw new Error(`the driver ended: ${lastWords.trim()}`);
      }
      const reply = JSON.parse(value) as Reply;
      if (reply.id !== id) throw new Error(`the driver answered call ${reply.id} instead of ${id}`);
      return reply;
    },
    close() {
      child.stdin.end();
      child.kill();
    },
  };
}
