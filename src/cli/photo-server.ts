// Serves photographs on loopback, where the demo's and the tests' library may fetch them.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface PhotoServer {
  /** Of its root, without the slash. */
  readonly url: string;
  /** Puts a picture under a URL that the server may fetch. */
  publish(name: string, bytes: Buffer): string;
  bytesOf(name: string): Buffer;
  close(): Promise<void>;
}

/** @returns a server without photographs yet; close() ends it at once */
export async function servePhotos(): Promise<PhotoServer> {
  const published = new Map<string, Buffer>();
  const server = createServer((request, response) => {
    const bytes = published.get((request.url ?? '').slice(1));
    response.writeHead(bytes === undefined ? 404 : 200, { 'content-type': 'image/jpeg' }).end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    publish(name, bytes) {
      published.set(name, bytes);
      return `${url}/${name}`;
    },
    bytesOf: (name) => published.get(name)!,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
