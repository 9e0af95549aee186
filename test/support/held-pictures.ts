// A loopback server that lets so many requests wait and answers none before, to see how many are under way at a time.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

/** Time for one request more than there may be. */
const graceMs = 100;

export interface HeldPictures {
  urlOf(name: string): string;
  /** Most requests that waited at a time. */
  readonly most: number;
  readonly answered: number;
}

/** Holds all requests until there are `count` of them; from then on each is answered at once, that there is no picture. */
export async function holdPictures(count: number): Promise<HeldPictures> {
  const waiting = new Set<ServerResponse>();
  let most = 0;
  let answered = 0;
  let isHolding = true;
  const answerAll = () => {
    for (const response of waiting) response.writeHead(404).end();
    answered += waiting.size;
    waiting.clear();
  };
  const server = createServer(async (_request, response) => {
    waiting.add(response);
    most = Math.max(most, waiting.size);
    if (isHolding && waiting.size === count) {
      await pause(graceMs);
      isHolding = false;
    }
    if (!isHolding) answerAll();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return {
    urlOf: (name) => `http://127.0.0.1:${port}/${name}`,
    get most() {
      return most;
    },
    get answered() {
      return answered;
    },
  };
}
