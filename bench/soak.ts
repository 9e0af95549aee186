// Whether anything grows: a long run of signed requests of every kind, with resident memory and delay over time.
// Run: npx tsx bench/soak.ts [--requests 100000] [--faces 10000], after `npm ci`. Linux only, since it reads /proc.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { loadModels, modelsFolder } from '../src/biometrics/models.ts';
import { openEmbeddedStore } from '../src/store/embedded.ts';
import { portrait } from '../test/support/portraits.ts';
import { sendAcs3 } from '../test/wire/acs3-client.ts';
import { accessKeyId, accessKeySecret } from '../test/wire/vectors.ts';
import { fillLibrary } from './library.ts';

const clients = 16;
const samples = 40;
/** Between two looks at /healthz, which waits for the server's event loop as everything does. */
const probeEveryMs = 50;

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '100000' },
    faces: { type: 'string', default: '10000' },
  },
});
const requests = Number(values.requests);
const faces = Number(values.faces);

const parent = mkdtempSync(join(tmpdir(), 'lethe-bench-'));
const data = join(parent, 'data');
const rootKeyFile = join(parent, 'root-key');
const agent = new Agent({ keepAlive: true });
const pictures = (await Promise.all((['left', 'middle', 'right'] as const).map(portrait))).map(
  (bytes) => `data:image/jpeg;base64,${bytes.toString('base64')}`,
);

interface Answer {
  readonly code: number;
  readonly data: { readonly faceImageItems?: readonly { readonly faceId?: number }[] };
}

/** One caller with persons of its own, so that no call is refused for another's sake. */
class Client {
  readonly #url: URL;
  readonly #name: string;
  readonly #persons: { readonly personId: string; readonly faceIds: number[] }[] = [];
  #made = 0;

  constructor(url: URL, name: string) {
    this.#url = url;
    this.#name = name;
  }

  /** Adds and deletes are as many, so that the library stays as large as it is. */
  async callSomething(): Promise<void> {
    const person = this.#persons[Math.floor(Math.random() * this.#persons.length)];
    if (person === undefined || (this.#persons.length < 20 && Math.random() < 0.2)) return this.#addPerson();
    const { personId, faceIds } = person;
    const picture = pictures[Math.floor(Math.random() * pictures.length)]!;
    const draw = Math.random() * 100;
    if (draw < 30) await this.#call('sface/person', { personId });
    else if (draw < 50) await this.#call('sface/faces', { personId });
    else if (draw < 55) await this.#call('sface/groups', {});
    else if (draw < 65)
      await this.#call('sface/group/persons', {
        groupId: `group-${this.#name}`,
        currentPage: 1,
        pageSize: 20,
      });
    else if (draw < 70) await this.#call('sface/person/update', { personId, name: randomUUID() });
    else if (draw < 75) await this.#call('sface/person/groups/add', { personId, groupIds: ['shared'] });
    else if (draw < 80) await this.#call('sface/person/groups/delete', { personId, groupIds: ['shared'] });
    else if (draw < 86) await this.#addFace(personId, faceIds, picture);
    else if (draw < 91) await this.#deleteFace(personId, faceIds);
    else if (draw < 94) await this.#deletePerson(personId);
    else if (draw < 98) await this.#search(picture);
    else await this.#call('sface/search', { groupId: 'group', url: picture });
  }

  async #addPerson(): Promise<void> {
    const personId = `${this.#name}-${this.#made++}`;
    await this.#call('sface/person/add', {
      personId,
      groupIds: ['group', `group-${this.#name}`],
      name: 'Anna',
    });
    this.#persons.push({ personId, faceIds: [] });
  }

  async #addFace(personId: string, faceIds: number[], picture: string): Promise<void> {
    const { data } = await this.#call('sface/face/add', { personId, urls: [picture] });
    for (const { faceId } of data.faceImageItems ?? []) if (faceId !== undefined) faceIds.push(faceId);
  }

  async #deleteFace(personId: string, faceIds: number[]): Promise<void> {
    const faceId = faceIds.shift();
    if (faceId !== undefined) await this.#call('sface/face/delete', { personId, faceIds: [faceId] });
    else await this.#call('sface/person', { personId });
  }

  async #deletePerson(personId: string): Promise<void> {
    await this.#call('sface/person/delete', { personId });
    this.#persons.splice(
      this.#persons.findIndex((one) => one.personId === personId),
      1,
    );
  }

  async #search(picture: string): Promise<void> {
    const tasks = [{ dataId: 'a', url: picture, extras: { groupId: 'group' } }];
    await this.#call('image/scan', { scenes: ['sface-n'], tasks });
  }

  #call(path: string, body: unknown): Promise<Answer> {
    return send(this.#url, `/green/${path}`, Buffer.from(JSON.stringify(body)));
  }
}

function send({ hostname, port, host }: URL, path: string, body: Buffer): Promise<Answer> {
  const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const headers: Record<string, string | number> = { 'content-length': body.length };
  const { rawHeaders } = sendAcs3({
    path,
    body,
    headers: { host, 'x-acs-date': now, 'x-acs-signature-nonce': randomUUID() },
  });
  for (let i = 0; i < rawHeaders.length; i += 2) headers[rawHeaders[i]!] = rawHeaders[i + 1]!;
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method: 'POST', path, headers, agent }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => {
        const answer = text.startsWith('{') ? (JSON.parse(text) as Answer) : undefined;
        if (answer?.code === 200) resolve(answer);
        else reject(new Error(`${path} answered ${response.statusCode}: ${text.slice(0, 200)}`));
      });
    });
    sent.on('error', reject).end(body);
  });
}

async function startServer(): Promise<{ url: URL; pid: number; stop: () => Promise<void> }> {
  const program = new URL('../bin/lethe', import.meta.url).pathname;
  const flags = ['--data', data, '--root-key', rootKeyFile, '--port', '0', '--quota', 'off'];
  // Nonces are remembered for twice the skew: what was sent ten seconds ago may be forgotten.
  flags.push('--max-clock-skew', '5', '--log-level', 'error');
  const server = spawn(process.execPath, [program, 'serve', ...flags], {
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
    pid: server.pid!,
    async stop() {
      server.kill();
      await once(server, 'exit');
    },
  };
}

const residentMb = (pid: number): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;

/** Milliseconds that /healthz took, over and over, asked by a thread that has nothing else to do. */
function probe(url: URL): { delaysMs: number[]; stop: () => Promise<unknown> } {
  const delaysMs: number[] = [];
  const script = `
    const { parentPort } = require('node:worker_threads');
    setInterval(async () => {
      const startedAtMs = performance.now();
      await (await fetch('${new URL('/healthz', url)}')).arrayBuffer();
      parentPort.postMessage(performance.now() - startedAtMs);
    }, ${probeEveryMs});`;
  const worker = new Worker(script, { eval: true });
  worker.on('message', (delayMs: number) => delaysMs.push(delayMs));
  return { delaysMs, stop: () => worker.terminate() };
}

interface Sample {
  readonly requests: number;
  readonly mb: number;
  readonly delaysMs: readonly number[];
  readonly atMs: number;
}

/** MB per 1,000 requests: the slope of the line that fits best. */
function slopeOf(points: readonly Sample[]): number {
  const mean = (value: (sample: Sample) => number) =>
    points.reduce((sum, sample) => sum + value(sample), 0) / points.length;
  const [x, y] = [mean((sample) => sample.requests), mean(({ mb }) => mb)];
  const across = points.reduce((sum, sample) => sum + (sample.requests - x) * (sample.mb - y), 0);
  const along = points.reduce((sum, sample) => sum + (sample.requests - x) ** 2, 0);
  return (across / along) * 1000;
}

function quantile(figures: readonly number[], part: number): number {
  return figures.toSorted((a, b) => a - b)[Math.floor((figures.length - 1) * part)] ?? Number.NaN;
}

try {
  const rootKey = Buffer.alloc(32, 7);
  writeFileSync(rootKeyFile, rootKey, { mode: 0o600 });
  const store = await openEmbeddedStore({ folder: data, rootKey });
  const { embedder } = await loadModels(modelsFolder('default'));
  await fillLibrary(store, { faces, facesPerPerson: 5, groupIds: ['group'], modelId: embedder.id });
  await store.close();
  const server = await startServer();
  const prober = probe(server.url);
  const taken: Sample[] = [];
  let asked = 0;
  const startedAtMs = performance.now();
  const run = async (client: Client) => {
    while (asked < requests) {
      asked++;
      if (asked % Math.ceil(requests / samples) === 0) {
        const delaysMs = prober.delaysMs.splice(0);
        taken.push({ requests: asked, mb: residentMb(server.pid), delaysMs, atMs: performance.now() });
      }
      await client.callSomething();
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, i) => run(new Client(server.url, `client-${i}`))));
  const tookS = (performance.now() - startedAtMs) / 1000;
  await prober.stop();
  await server.stop();
  report(taken, tookS);
} finally {
  rmSync(parent, { recursive: true, force: true });
}
process.exit(0);

function report(taken: readonly Sample[], tookS: number): void {
  const settled = taken.slice(taken.length >> 1);
  console.log(`${cpus()[0]!.model}, ${availableParallelism()} cores, Node ${process.version}, load of the machine ${loadavg()[0]!.toFixed(1)}
${requests} requests of ${clients} clients in ${tookS.toFixed(0)} s, ${faces} faces

| requests | resident memory, MB | /healthz p50, ms | p99, ms |
|---:|---:|---:|---:|`);
  for (const { requests: so, mb, delaysMs } of taken.filter((_, i) => (i + 1) % (samples / 10) === 0))
    console.log(
      `| ${so} | ${mb.toFixed(0)} | ${quantile(delaysMs, 0.5).toFixed(1)} | ${quantile(delaysMs, 0.99).toFixed(1)} |`,
    );
  console.log(`
Slope over the second half: ${(slopeOf(settled) * 1024).toFixed(1)} KB a thousand requests.`);
}
