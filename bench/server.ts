// Starts the built program on a folder of its own, as it is installed. Memory is read from /proc: Linux only.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadModels, modelsFolder } from '../src/biometrics/models.ts';
import type { Store } from '../src/gallery/ports.ts';
import { openEmbeddedStore } from '../src/store/embedded.ts';
import { accessKeyId, accessKeySecret } from '../test/wire/vectors.ts';

const program = fileURLToPath(new URL('../bin/lethe', import.meta.url));

/** A data folder with its root key below the system's temporary folder, or below $BENCH_FOLDER to try another disk. */
export class TemporaryLibrary {
  readonly parent = mkdtempSync(join(process.env.BENCH_FOLDER ?? tmpdir(), 'lethe-bench-'));
  readonly data = join(this.parent, 'data');
  readonly rootKey = Buffer.alloc(32, 7);
  readonly rootKeyFile = join(this.parent, 'root-key');

  constructor() {
    writeFileSync(this.rootKeyFile, this.rootKey, { mode: 0o600 });
  }

  /** Opens the store while no server runs on it; `modelId` and `dimensions` are the default models'. */
  async fill(
    work: (store: Store, models: { modelId: string; dimensions: number }) => Promise<void>,
  ): Promise<void> {
    const { embedder } = await loadModels(modelsFolder('default'));
    const store = await openEmbeddedStore({ folder: this.data, rootKey: this.rootKey });
    await work(store, { modelId: embedder.id, dimensions: embedder.dimensions });
    await store.close();
  }

  remove(): void {
    rmSync(this.parent, { recursive: true, force: true });
  }
}

export interface RunningServer {
  readonly url: URL;
  readonly pid: number;
  readonly listeningMs: number;
  stop(): Promise<void>;
}

export interface ServerSettings {
  readonly flags?: readonly string[];
  /** A command that starts it, such as taskset with its arguments. */
  readonly under?: readonly string[];
  /** Resolved once it listens, not only when models and library are loaded. */
  readonly isOnlyListening?: boolean;
}

/** Without quotas. @throws {Error} where it ends before it is ready */
export async function startServer(
  { data, rootKeyFile }: Pick<TemporaryLibrary, 'data' | 'rootKeyFile'>,
  { flags = [], under = [], isOnlyListening = false }: ServerSettings = {},
): Promise<RunningServer> {
  const place = [
    '--data',
    data,
    '--root-key',
    rootKeyFile,
    '--port',
    '0',
    '--quota',
    'off',
    '--log-level',
    'error',
  ];
  const [command, ...args] = [...under, process.execPath, program, 'serve', ...place, ...flags];
  const startedAtMs = performance.now();
  const server = spawn(command!, args, {
    env: { ...process.env, LETHE_ACCESS_KEY_ID: accessKeyId, LETHE_ACCESS_KEY_SECRET: accessKeySecret },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(server, 'exit');
  const [url, listeningMs] = await new Promise<[URL, number]>((resolve, reject) => {
    let said = '';
    server.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const [, address] = /listens on (\S+)/.exec(said) ?? [];
      if (address !== undefined && (isOnlyListening || said.includes('Ready:')))
        resolve([new URL(address), performance.now() - startedAtMs]);
    });
    server.once('error', reject);
    server.once('exit', () => reject(new Error('the server ended before it was ready')));
  });
  return {
    url,
    pid: server.pid!,
    listeningMs,
    async stop() {
      server.kill();
      await exit;
    },
  };
}

export function residentBytes(pid: number): number {
  const [, kb] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kb) * 1024;
}
