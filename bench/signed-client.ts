// Sends signed requests as an official client does, over connections that are kept.
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { Worker } from 'node:worker_threads';
import { sendAcs3 } from '../test/wire/acs3-client.ts';

const agent = new Agent({ keepAlive: true });

/** Between two looks at /healthz, which waits for the server's main loop as everything does. */
const probeEveryMs = 20;

/** Signs now and sends when called, so that the caller's signing need not be measured. @throws {Error} of an answer without code 200 */
export function signRequest<Data>(
  { hostname, port, host }: URL,
  path: string,
  content: unknown,
): () => Promise<Data> {
  const body = Buffer.from(JSON.stringify(content));
  const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const { rawHeaders } = sendAcs3({
    path,
    body,
    headers: { host, 'x-acs-date': now, 'x-acs-signature-nonce': randomUUID() },
  });
  const headers: Record<string, string | number> = { 'content-length': body.length };
  for (let i = 0; i < rawHeaders.length; i += 2) headers[rawHeaders[i]!] = rawHeaders[i + 1]!;
  return () =>
    new Promise((resolve, reject) => {
      const sent = request({ hostname, port, method: 'POST', path, headers, agent }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        response.on('end', () => {
          const answer = text.startsWith('{')
            ? (JSON.parse(text) as { code: number; data: Data })
            : undefined;
          if (answer?.code === 200) resolve(answer.data);
          else reject(new Error(`${path} answered ${response.statusCode}: ${text.slice(0, 200)}`));
        });
      });
      sent.on('error', reject).end(body);
    });
}

/** Milliseconds that /healthz took, over and over, asked by a thread that has nothing else to do. */
export function watchHealth(url: URL): { delaysMs: number[]; stop: () => Promise<unknown> } {
  const delaysMs: number[] = [];
  // The first calls open the connection and compile the client: they are not counted.
  const script = `
    const { parentPort } = require('node:worker_threads');
    let calls = 0;
    setInterval(async () => {
      const startedAtMs = performance.now();
      await (await fetch('${new URL('/healthz', url)}')).arrayBuffer();
      if (++calls > 20) parentPort.postMessage(performance.now() - startedAtMs);
    }, ${probeEveryMs});`;
  const worker = new Worker(script, { eval: true });
  worker.on('message', (delayMs: number) => delaysMs.push(delayMs));
  return { delaysMs, stop: () => worker.terminate() };
}
