// Durable deletions a second over signed HTTP, beside the bare writes and syncs that one makes: `npx tsx bench/delete.ts`.
// Linux with a C compiler, since the writes of a deletion are recorded and then repeated on files of the same folder.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  closeSync,
  fdatasyncSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { Agent, request } from 'node:http';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { modelsFolder } from '../src/biometrics/models.ts';
import { openFaceAnalyser } from '../src/biometrics/pool.ts';
import { openEmbeddedStore } from '../src/store/embedded.ts';
import { type Change, Disk } from '../test/proofs/disk.ts';
import { drawTemplate } from '../test/proofs/ways.ts';
import { sendAcs3 } from '../test/wire/acs3-client.ts';
import { accessKeyId, accessKeySecret } from '../test/wire/vectors.ts';

const rounds = 6;
const alone = 40;
const together = 64;
/** Deletions of each of the 64 clients in a round. */
const each = 32;
/** Rounds before those that count: the server's code is compiled as it runs. */
const warmUpRounds = 1;
const facesPerPerson = 20;

interface Enrolled {
  readonly personId: string;
  readonly faceId: string;
}

const parent = mkdtempSync(join(process.env.BENCH_FOLDER ?? tmpdir(), 'lethe-bench-'));
const folder = join(parent, 'data');
const rootKeyFile = join(parent, 'root-key');
const rootKey = Buffer.alloc(32, 7);
writeFileSync(rootKeyFile, rootKey, { mode: 0o600 });

async function enrol(faces: number): Promise<Enrolled[]> {
  const analyser = await openFaceAnalyser({ folder: modelsFolder('default'), workers: 1 });
  const { modelId, dimensions } = analyser;
  await analyser.close();
  const store = await openEmbeddedStore({ folder, rootKey });
  const enrolled = await Promise.all(
    Array.from({ length: Math.ceil(faces / facesPerPerson) }, async (_, i) => {
      const personId = `person-${i}`;
      await store.addPerson('default', { personId }, ['staff']);
      const templates = Array.from({ length: facesPerPerson }, () => drawTemplate(dimensions));
      const { faceIds } = (await store.addFaces('default', personId, modelId, templates))!;
      return faceIds.map((faceId) => ({ personId, faceId }));
    }),
  );
  await store.close();
  // Dealt out so that neighbours in time are not neighbours on disk.
  return enrolled.flat().sort(() => Math.random() - 0.5);
}

/** The writes, cuts and syncs of one deletion, recorded. */
async function recordOne({ personId, faceId }: Enrolled): Promise<Change[]> {
  const disk = await Disk.make();
  try {
    const args = [rootKey.toString('hex'), personId, faceId];
    const { trace } = await disk.run('../../bench/delete-child.ts', folder, args, { isTraced: true });
    const said = trace.flatMap(({ kind }, i) => (kind === 'said' ? [i] : []));
    return trace.slice(said[0]! + 1, said[1]).filter(({ file }) => !file.endsWith('-shm'));
  } finally {
    await disk.remove();
  }
}

/** Does the same again on files of its own beside the library. */
class BareWrites {
  readonly #changes: readonly Change[];
  readonly #files = new Map<string, number>();

  constructor(changes: readonly Change[]) {
    this.#changes = changes;
    mkdirSync(join(parent, 'bare'), { recursive: true });
    for (const { file } of changes) {
      if (this.#files.has(file)) continue;
      const fd = openSync(join(parent, 'bare', file), 'w+');
      if (!file.endsWith('-wal')) writeSync(fd, Buffer.alloc(8_000_000, 1));
      fdatasyncSync(fd);
      this.#files.set(file, fd);
    }
  }

  run(): void {
    for (const { kind, file, at, bytes } of this.#changes) {
      const fd = this.#files.get(file)!;
      if (kind === 'write') writeSync(fd, bytes, 0, bytes.length, at);
      else if (kind === 'sync') fdatasyncSync(fd);
      else if (file.endsWith('-wal')) ftruncateSync(fd, at);
    }
  }

  close(): void {
    for (const fd of this.#files.values()) closeSync(fd);
  }
}

async function startServer(): Promise<{ url: URL; stop: () => Promise<void> }> {
  // As it is installed: compiled by `npm run build:lethe`.
  const program = new URL('../bin/lethe', import.meta.url).pathname;
  const flags = [
    '--data',
    folder,
    '--root-key',
    rootKeyFile,
    '--port',
    '0',
    '--quota',
    'off',
    '--workers',
    '1',
  ];
  const server = spawn(process.execPath, [program, 'serve', ...flags, '--log-level', 'warn'], {
    env: { ...process.env, LETHE_ACCESS_KEY_ID: accessKeyId, LETHE_ACCESS_KEY_SECRET: accessKeySecret },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  server.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  while (!said.includes('Ready:')) await once(server.stdout, 'data');
  const [, url] = /listens on (\S+)/.exec(said)!;
  return {
    url: new URL(url!),
    async stop() {
      server.kill();
      await once(server, 'exit');
    },
  };
}

const agent = new Agent({ keepAlive: true });

/** Signed beforehand, so that the caller's signing is not measured. */
function sign({ personId, faceId }: Enrolled, { host }: URL): () => Promise<void> {
  const body = Buffer.from(JSON.stringify({ personId, faceIds: [faceId] }));
  const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const { rawHeaders } = sendAcs3({
    body,
    headers: { host, 'x-acs-date': now, 'x-acs-signature-nonce': randomUUID() },
  });
  const headers: Record<string, string | number> = { 'content-length': body.length };
  for (let i = 0; i < rawHeaders.length; i += 2) headers[rawHeaders[i]!] = rawHeaders[i + 1]!;
  return () =>
    new Promise((resolve, reject) => {
      const [hostname, port] = host.split(':');
      const sent = request(
        { hostname, port, method: 'POST', path: '/green/sface/face/delete', headers, agent },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (part: string) => {
            text += part;
          });
          response.on('end', () =>
            text.includes('"deleteCount":1') ? resolve() : reject(new Error(`not deleted: ${text}`)),
          );
        },
      );
      sent.on('error', reject).end(body);
    });
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

async function timeMs(work: () => unknown): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

try {
  const faces = await enrol(1 + (warmUpRounds + rounds) * (alone + together * each));
  const trace = await recordOne(faces.pop()!);
  const bare = new BareWrites(trace);
  const syncOnly = new BareWrites([
    { kind: 'write', file: 'one', at: 0, bytes: Buffer.alloc(4096, 2) },
    { kind: 'sync', file: 'one', at: 0, bytes: Buffer.alloc(0) },
  ]);
  const server = await startServer();
  const [oneMs, bareMs, syncMs, perSecond]: number[][] = [[], [], [], []] as never;
  for (let round = -warmUpRounds; round < rounds; round += 1) {
    if (round === 0) for (const values of [oneMs, bareMs, syncMs, perSecond]) values!.length = 0;
    for (const send of faces.splice(0, alone).map((face) => sign(face, server.url))) {
      oneMs!.push(await timeMs(send));
      bareMs!.push(await timeMs(() => bare.run()));
      syncMs!.push(await timeMs(() => syncOnly.run()));
    }
    const clients = Array.from({ length: together }, () =>
      faces.splice(0, each).map((face) => sign(face, server.url)),
    );
    const ms = await timeMs(() =>
      Promise.all(
        clients.map(async (sends) => {
          for (const send of sends) await send();
        }),
      ),
    );
    perSecond!.push((together * each * 1000) / ms);
  }
  await server.stop();
  bare.close();
  const [one, bareOne, sync] = [median(oneMs!), median(bareMs!), median(syncMs!)];
  const count = (kind: Change['kind']) => trace.filter((change) => change.kind === kind);
  const written = count('write').reduce((sum, { bytes }) => sum + bytes.length, 0);
  assert.ok(written > 0);
  console.log(`${cpus()[0]!.model}, ${cpus().length} cores, Node ${process.version}, medians of ${rounds} rounds after ${warmUpRounds} to warm up

A deletion makes ${count('write').length} writes of ${(written / 1024).toFixed(0)} KiB in all, ${count('sync').length} syncs and ${count('truncate').length} cuts.

| figure | |
|---|---:|
| one write of 4 KiB and its sync, ms | ${sync.toFixed(2)} |
| the bare writes and syncs of a deletion, ms | ${bareOne.toFixed(2)} |
| a deletion by one client, ms | ${one.toFixed(2)} |
| the same as a multiple of the bare writes and syncs | ${(one / bareOne).toFixed(2)} |
| deletions a second, 1 client | ${(1000 / one).toFixed(0)} |
| bare writes and syncs of a deletion, a second | ${(1000 / bareOne).toFixed(0)} |
| deletions a second, ${together} clients | ${median(perSecond!).toFixed(0)} |`);
} finally {
  rmSync(parent, { recursive: true, force: true });
}
process.exit(0);
