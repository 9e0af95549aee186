// A caller's own server: takes callbacks on loopback, and answers each with the status it is told to.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after } from 'node:test';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly contentType: string;
  readonly form: Readonly<Record<string, string>>;
}

export interface CallbackReceiver {
  readonly url: string;
  readonly received: readonly Received[];
  /** Waits for the nth callback, counted from one. */
  nth(count: number): Promise<Received>;
}

/** @param statusOf what the nth request is answered with; 200 where not given. Closed when the tests of the file end */
export async function receiveCallbacks(
  statusOf: (count: number) => number = () => 200,
): Promise<CallbackReceiver> {
  const received: Received[] = [];
  const waiting = new Set<() => void>();
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    received.push({
      method: request.method ?? '',
      path: request.url ?? '',
      contentType: request.headers['content-type'] ?? '',
      form: Object.fromEntries(new URLSearchParams(text)),
    });
    response.writeHead(statusOf(received.length), { location: '/elsewhere' }).end();
    for (const wake of waiting) wake();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  after(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/found`,
    received,
    async nth(count) {
      while (received.length < count) {
        await new Promise<void>((wake) => waiting.add(wake));
      }
      return received[count - 1]!;
    },
  };
}
