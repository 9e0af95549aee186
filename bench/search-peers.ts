// The search engines that a user would pick instead, each installed for the occasion, behind one shape.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Loose, type LooseClass, loadPeer } from './peer-packages.ts';
import { dimensions } from './templates.ts';

/** An engine that holds the faces, numbered from 0. */
export interface Engine {
  /** The number of the nearest face. */
  search(probe: Float32Array): Promise<number> | number;
  close?(): Promise<unknown> | unknown;
}

export interface Peer {
  readonly name: string;
  /** More are not built unless asked for: the note says why. */
  readonly mostFaces: number;
  readonly note: string;
  /** Installed for it. */
  readonly packages: readonly string[];
  build(faces: readonly Float32Array[]): Promise<Engine>;
}

const usearch = 'usearch@2.26.2';
const hnswlib = 'hnswlib-node@3.0.0';
const lancedb = '@lancedb/lancedb@0.39.0';
const sqliteVec = 'sqlite-vec@0.1.9';
const pglite = ['@electric-sql/pglite@0.5.14', '@electric-sql/pglite-pgvector@0.0.15'];

/** Graphs with 16 links a node, 128 candidates when building and 64 when searching. */
const graph = { connectivity: 16, expansion_add: 128, expansion_search: 64 };

const usearchExact = (
  name: string,
  convert: (face: Float32Array) => ArrayLike<number>,
  isBytes: boolean,
): Peer => ({
  name,
  packages: [usearch],
  mostFaces: Number.POSITIVE_INFINITY,
  note: 'exactSearch(), one thread',
  async build(faces) {
    const { exactSearch } = (await loadPeer([usearch], 'usearch')) as Loose;
    const length = faces.length * dimensions;
    const all = isBytes ? new Int8Array(length) : new Float32Array(length);
    faces.forEach((face, i) => {
      all.set(convert(face), i * dimensions);
    });
    return {
      search(probe) {
        const given = isBytes ? Int8Array.from(convert(probe)) : probe;
        const { keys } = exactSearch!(all, given, dimensions, 1, isBytes ? 'cos' : 'ip', 1) as {
          keys: BigUint64Array;
        };
        return Number(keys[0]);
      },
    };
  },
});

/** Each vector by its own largest value, the best that 8 bits can do for one alone. */
function toBytes(face: Float32Array): Int8Array {
  let most = 0;
  for (const value of face) most = Math.max(most, Math.abs(value));
  return Int8Array.from(face, (value) => Math.round((value / most) * 127));
}

export const peers: readonly Peer[] = [
  usearchExact('usearch, exact, int8', toBytes, true),
  usearchExact('usearch, exact, float32', (face) => face, false),
  {
    name: 'usearch, HNSW, int8',
    packages: [usearch],
    mostFaces: 100_000,
    note: 'M 16, build 128, search 64',
    async build(faces) {
      const { Index } = (await loadPeer([usearch], 'usearch')) as { Index: LooseClass };
      const index = new Index({ metric: 'cos', dimensions, quantization: 'i8', ...graph });
      for (const [i, face] of faces.entries()) index.add!(BigInt(i), face);
      return {
        search: (probe) => Number((index.search!(probe, 1, 1) as { keys: BigUint64Array }).keys[0]),
      };
    },
  },
  {
    name: 'hnswlib-node, brute force',
    packages: [hnswlib],
    mostFaces: Number.POSITIVE_INFINITY,
    note: 'inner product',
    async build(faces) {
      const { BruteforceSearch } = (await loadPeer([hnswlib], 'hnswlib-node')) as {
        BruteforceSearch: LooseClass;
      };
      const index = new BruteforceSearch('ip', dimensions);
      index.initIndex!(faces.length);
      for (const [i, face] of faces.entries()) index.addPoint!([...face], i);
      return {
        search: (probe) => (index.searchKnn!([...probe], 1) as { neighbors: number[] }).neighbors[0]!,
      };
    },
  },
  {
    name: 'hnswlib-node, HNSW',
    packages: [hnswlib],
    mostFaces: 100_000,
    note: 'M 16, build 128, search 64',
    async build(faces) {
      const { HierarchicalNSW } = (await loadPeer([hnswlib], 'hnswlib-node')) as {
        HierarchicalNSW: LooseClass;
      };
      const index = new HierarchicalNSW('ip', dimensions);
      index.initIndex!(faces.length, graph.connectivity, graph.expansion_add);
      index.setEf!(graph.expansion_search);
      for (const [i, face] of faces.entries()) index.addPoint!([...face], i);
      return {
        search: (probe) => (index.searchKnn!([...probe], 1) as { neighbors: number[] }).neighbors[0]!,
      };
    },
  },
  {
    name: 'LanceDB',
    packages: [lancedb],
    mostFaces: 100_000,
    note: 'no index: flat',
    async build(faces) {
      const { connect } = (await loadPeer([lancedb], '@lancedb/lancedb')) as Loose;
      const folder = await mkdtemp(join(tmpdir(), 'lethe-peer-'));
      const connection = (await connect!(folder)) as Loose;
      const rowsOf = (from: number) =>
        faces.slice(from, from + pageRows).map((face, i) => ({ id: from + i, vector: [...face] }));
      const table = (await connection.createTable!('faces', rowsOf(0))) as Loose;
      for (let from = pageRows; from < faces.length; from += pageRows) await table.add!(rowsOf(from));
      return {
        async search(probe) {
          const query = table.search!([...probe]) as Loose;
          const found = (query.limit!(1) as Loose).toArray!() as Promise<{ id: number }[]>;
          return Number((await found)[0]!.id);
        },
        async close() {
          connection.close!();
          await rm(folder, { recursive: true, force: true });
        },
      };
    },
  },
  {
    name: 'sqlite-vec',
    packages: [sqliteVec],
    mostFaces: 100_000,
    note: 'vec0 table, cosine',
    async build(faces) {
      const { getLoadablePath } = (await loadPeer([sqliteVec], 'sqlite-vec')) as Loose;
      const { default: Database } = await import('better-sqlite3');
      const folder = await mkdtemp(join(tmpdir(), 'lethe-peer-'));
      const database = new Database(join(folder, 'faces.db'));
      database.loadExtension(String(getLoadablePath!()));
      database.exec(
        `CREATE VIRTUAL TABLE faces USING vec0(template float[${dimensions}] distance_metric=cosine)`,
      );
      const insert = database.prepare('INSERT INTO faces(rowid, template) VALUES (?, ?)');
      database.transaction(() => {
        for (const [i, face] of faces.entries()) insert.run(BigInt(i), face);
      })();
      const nearest = database.prepare('SELECT rowid FROM faces WHERE template MATCH ? AND k = 1');
      return {
        search: (probe) => Number((nearest.get(probe) as { rowid: number }).rowid),
        async close() {
          database.close();
          await rm(folder, { recursive: true, force: true });
        },
      };
    },
  },
  {
    name: 'PGlite with pgvector',
    packages: pglite,
    mostFaces: 10_000,
    note: 'no index: exact, inner product',
    async build(faces) {
      const { PGlite } = (await loadPeer(pglite, '@electric-sql/pglite')) as {
        PGlite: { create: NonNullable<Loose['create']> };
      };
      const { vector } = await loadPeer(pglite, '@electric-sql/pglite-pgvector');
      const database = (await PGlite.create('memory://', { extensions: { vector } })) as Loose;
      await database.exec!('CREATE EXTENSION vector');
      await database.exec!(`CREATE TABLE faces (id int PRIMARY KEY, template vector(${dimensions}))`);
      await database.exec!('ALTER TABLE faces ALTER template SET STORAGE PLAIN');
      for (const [id, face] of faces.entries())
        await database.query!('INSERT INTO faces VALUES ($1, $2)', [id, `[${face.join(',')}]`]);
      return {
        async search(probe) {
          const sql = 'SELECT id FROM faces ORDER BY template <#> $1 LIMIT 1';
          const found = (await database.query!(sql, [`[${probe.join(',')}]`])) as { rows: { id: number }[] };
          return found.rows[0]!.id;
        },
        close: () => database.close!(),
      };
    },
  },
];

const pageRows = 5_000;
