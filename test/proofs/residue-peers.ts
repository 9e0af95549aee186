// What other vector stores leave in their files of vectors that were deleted: each installed for the occasion.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { ResidueScan } from '../store/residue.ts';
import { drawTemplate } from './ways.ts';

export interface PeerRow {
  readonly peer: string;
  readonly enrolled: number;
  readonly deleted: number;
  /** Vectors with 16 bytes or more in some file; undefined when the peer could not be tried. */
  readonly live?: number;
  readonly left?: number;
  /** After what the peer itself offers to reclaim space. */
  readonly leftAfterCompaction?: number;
  readonly note: string;
}

interface Peer {
  readonly packages: readonly string[];
  readonly note: string;
  /** Enrols all, deletes those below `deleted`, and has it all on disk; `compact` comes after a first look. */
  run(
    load: (name: string) => Promise<Record<string, unknown>>,
    folder: string,
    vectors: readonly Float32Array[],
    deleted: number,
  ): Promise<{ compact?: () => Promise<unknown>; close?: () => Promise<unknown> }>;
}

// The peers' own types are not ours to install: what is called stands here.
type Loose = Record<string, (...values: unknown[]) => unknown>;
type LooseClass = new (...values: unknown[]) => Loose;

const dimensions = 512;

const peers: Record<string, Peer> = {
  'usearch 2.26.2': {
    packages: ['usearch@2.26.2'],
    note: 'remove(), then save()',
    async run(load, folder, vectors, deleted) {
      const { Index } = (await load('usearch')) as { Index: LooseClass };
      const index = new Index({ metric: 'cos', dimensions });
      vectors.forEach((vector, i) => {
        index.add!(BigInt(i), vector);
      });
      for (let i = 0; i < deleted; i += 1) index.remove!(BigInt(i));
      index.save!(join(folder, 'index.usearch'));
      return {};
    },
  },
  'hnswlib-node 3.0.0': {
    packages: ['hnswlib-node@3.0.0'],
    note: 'markDelete(), then writeIndex()',
    async run(load, folder, vectors, deleted) {
      const { HierarchicalNSW } = (await load('hnswlib-node')) as { HierarchicalNSW: LooseClass };
      const index = new HierarchicalNSW('ip', dimensions);
      index.initIndex!(vectors.length);
      vectors.forEach((vector, i) => {
        index.addPoint!([...vector], i);
      });
      for (let i = 0; i < deleted; i += 1) index.markDelete!(i);
      await index.writeIndex!(join(folder, 'index.hnsw'));
      return {};
    },
  },
  'LanceDB 0.39.0': {
    packages: ['@lancedb/lancedb@0.39.0'],
    note: 'delete(); compacted: optimize({ cleanupOlderThan: now })',
    async run(load, folder, vectors, deleted) {
      const { connect } = (await load('@lancedb/lancedb')) as Loose;
      const connection = (await connect!(folder)) as Loose;
      const rows = vectors.map((vector, id) => ({ id, vector: [...vector] }));
      const table = (await connection.createTable!('faces', rows)) as Loose;
      await table.delete!(`id < ${deleted}`);
      return {
        async compact() {
          await table.optimize!();
          await table.optimize!({ cleanupOlderThan: new Date(), deleteUnverified: true });
        },
        close: async () => connection.close!(),
      };
    },
  },
  'PGlite 0.5.14 with pgvector 0.0.15': {
    packages: ['@electric-sql/pglite@0.5.14', '@electric-sql/pglite-pgvector@0.0.15'],
    note: 'DELETE, CHECKPOINT; compacted: VACUUM FULL, CHECKPOINT',
    async run(load, folder, vectors, deleted) {
      const { PGlite } = (await load('@electric-sql/pglite')) as { PGlite: { create: Loose['create'] } };
      const { vector } = await load('@electric-sql/pglite-pgvector');
      const database = (await PGlite.create!(folder, { extensions: { vector } })) as Loose;
      await database.exec!('CREATE EXTENSION vector');
      // PLAIN keeps vectors in the table itself, and whole.
      await database.exec!(`CREATE TABLE faces (id int PRIMARY KEY, template vector(${dimensions}))`);
      for (const [id, numbers] of vectors.entries()) {
        await database.query!('INSERT INTO faces VALUES ($1, $2)', [id, `[${numbers.join(',')}]`]);
      }
      await database.query!('DELETE FROM faces WHERE id < $1', [deleted]);
      await database.exec!('CHECKPOINT');
      return {
        compact: async () => {
          await database.exec!('VACUUM FULL faces');
          await database.exec!('CHECKPOINT');
        },
        close: async () => database.close!(),
      };
    },
  },
};

/** Tries every peer; one that cannot be installed or fails is a row that says why. */
export async function measurePeers(enrolled: number, deleted: number): Promise<PeerRow[]> {
  const rows: PeerRow[] = [];
  for (const [peer, how] of Object.entries(peers)) {
    try {
      rows.push({ peer, enrolled, deleted, ...(await measure(how, enrolled, deleted)) });
    } catch (error) {
      const [reason] = (error as Error).message.split('\n');
      rows.push({ peer, enrolled, deleted, note: `could not be tried: ${reason}` });
    }
  }
  return rows;
}

async function measure(
  { packages, note, run }: Peer,
  enrolled: number,
  deleted: number,
): Promise<Omit<PeerRow, 'peer' | 'enrolled' | 'deleted'>> {
  const load = await install(packages);
  const folder = await mkdtemp(join(tmpdir(), 'lethe-peer-'));
  try {
    const vectors = Array.from({ length: enrolled }, () => drawTemplate(dimensions));
    const bytes = vectors.map((vector) => Buffer.from(vector.buffer));
    const { compact, close } = await run(load, folder, vectors, deleted);
    const live = await countVectors(folder, bytes.slice(deleted));
    const left = await countVectors(folder, bytes.slice(0, deleted));
    await compact?.();
    const after =
      compact === undefined
        ? {}
        : { leftAfterCompaction: await countVectors(folder, bytes.slice(0, deleted)) };
    await close?.();
    return { live, left, ...after, note };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Installs into a folder of the cache, once for each set of packages; answers how to load from there. */
async function install(
  packages: readonly string[],
): Promise<(name: string) => Promise<Record<string, unknown>>> {
  const cache = join(tmpdir(), 'lethe-peers', packages.join('+').replaceAll('/', '-'));
  await mkdir(cache, { recursive: true });
  const flags = ['--no-save', '--no-audit', '--no-fund', '--prefix', cache];
  await promisify(execFile)('npm', ['install', ...flags, ...packages], { cwd: cache, timeout: 300_000 });
  const require = createRequire(join(cache, 'package.json'));
  return async (name) => {
    const module = (await import(pathToFileURL(require.resolve(name)).href)) as Record<string, unknown>;
    // A CommonJS package has its exports there.
    return { ...(module.default as object), ...module };
  };
}

async function countVectors(folder: string, vectors: readonly Buffer[]): Promise<number> {
  const scan = new ResidueScan(vectors);
  for (const path of await readdir(folder, { recursive: true })) {
    if ((await stat(join(folder, path))).isFile()) scan.countIn(await readFile(join(folder, path)));
  }
  return scan.belongingsFound;
}
