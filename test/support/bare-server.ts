// A server that loads no models and no gallery: for what a request meets before its operation.
import { after } from 'node:test';
import { Uploads } from '../../src/images/uploads.ts';
import { listen } from '../../src/server/listen.ts';
import { Nonces } from '../../src/server/nonces.ts';
import { Throttle } from '../../src/server/throttle.ts';
import type { EmbeddedStore } from '../../src/store/embedded.ts';
import { LibraryFolder } from '../store/library-folder.ts';
import { openScanTasks } from './scan-tasks.ts';
import { accessKey } from './server.ts';

export interface BareServer {
  readonly folder: LibraryFolder;
  readonly store: EmbeddedStore;
  readonly uploads: Uploads;
  readonly url: string;
  readonly port: number;
}

/**
 * Listens on a library of its own that has the tests' key; all of it is gone when the tests of the file end.
 * @param uploadBytes memory for the uploads of an account; all accounts together have twice as much
 */
export async function startBareServer(
  uploadBytes: number,
  observe: Parameters<typeof listen>[2],
  timeouts?: Parameters<typeof listen>[3],
): Promise<BareServer> {
  const folder = await LibraryFolder.make();
  const store = await folder.open();
  await store.addAccessKey({
    id: accessKey.id,
    account: 'default',
    status: 'active',
    createdAtMs: 1,
    material: { kind: 'secret', secret: accessKey.secret },
  });
  const uploads = new Uploads({ accountBytes: uploadBytes, totalBytes: 2 * uploadBytes });
  const gate = {
    keys: store,
    gallery: () => undefined,
    loading: () => ({ loaded: 0, of: 0 }),
    publicUrl: () => '',
    uploads,
    scans: openScanTasks(),
    nonces: new Nonces(1_800_000),
    throttle: new Throttle(),
    isQuotaOn: true,
    isUnprotectedBodyAllowed: false,
    maxClockSkewMs: 900_000,
    uploadTimeoutMs: 1_000,
    nowMs: Date.now,
  };
  const server = await listen({ host: '127.0.0.1', port: 0 }, gate, observe, timeouts);
  after(async () => {
    await server.close();
    await uploads.close();
    await store.close();
    await folder.remove();
  });
  return { folder, store, uploads, url: server.url, port: Number(new URL(server.url).port) };
}
