// A Green endpoint before another one: what it answers is the other's, unless the test changes, holds or breaks it off.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after } from 'node:test';

/** What a caller gets instead of the answer: another one, or none. */
export type Change =
  | { readonly status?: number; readonly headers?: Record<string, string>; readonly body: unknown }
  | 'break off';

/** Asked before a call is passed on, without its answer, and again with it; undefined leaves all as it is. */
export type ChangeAnswer = (
  path: string,
  answer?: unknown,
) => Change | undefined | Promise<Change | undefined>;

export async function startProxy(target: string, change: ChangeAnswer): Promise<string> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const path = request.url!;
    const answer = async (changed: Change): Promise<unknown> =>
      changed === 'break off'
        ? request.socket.destroy()
        : response.writeHead(changed.status ?? 200, changed.headers).end(JSON.stringify(changed.body));
    const before = await change(path);
    if (before !== undefined) return answer(before);
    const { host: _, connection: __, ...headers } = request.headers as Record<string, string>;
    const passed = await fetch(new URL(path, target), {
      method: 'POST',
      headers,
      body: Buffer.concat(chunks),
    });
    const body: unknown = await passed.json();
    return answer((await change(path, body)) ?? { status: passed.status, body });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
