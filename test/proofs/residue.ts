// Proof that what is deleted leaves no bytes: `npm run proof:residue`, or a minute's part of it with `-- --short`.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { servePhotos } from '../../src/cli/photo-server.ts';
import { backUp } from '../../src/store/backup.ts';
import { restore } from '../../src/store/restore.ts';
import { type BlockFile, type OpenBlockFile, openBlockFile } from '../../src/store/slot-file.ts';
import { LibraryFolder } from '../store/library-folder.ts';
import { ResidueScan } from '../store/residue.ts';
import { loadedFaces } from '../support/loaded.ts';
import { clientOf, portrait, startOn } from '../support/server.ts';
import { History } from './history.ts';
import { measurePeers, type PeerRow } from './residue-peers.ts';
import { waysOfStore, waysOfWire } from './ways.ts';

const isShort = process.argv.includes('--short');
const [faces, deletions, overTheWire] = isShort ? [120, 60, 0] : [1000, 500, 100];

interface Row {
  readonly what: string;
  readonly history: History;
  /** Live faces of which the scan found bytes, of all that live. */
  readonly liveFound: number;
  /** Kept photographs of live faces of which the scan found bytes, of all that are kept. */
  readonly photographsFound: number;
  readonly photographsLive: number;
  /** Places with bytes of what was deleted: while it runs, after it is closed, after the next start and stop … */
  readonly found: readonly number[];
  /** … and once a backup was restored in which a part of it is still enrolled. */
  readonly foundRestored?: number;
  /** Keyed hashes of deleted rows in the database or its log, while it runs. */
  readonly hashes: number;
}

const template = { modelId: 'model', dimensions: 512 };

/** Every file of the folder is read; what stands in memory maps of another process stands in the files too. */
async function countIn(folder: LibraryFolder, belongings: readonly Buffer[]): Promise<number> {
  const scan = new ResidueScan(belongings);
  let found = 0;
  for (const bytes of (await folder.read()).values()) found += scan.countIn(bytes);
  return found;
}

async function countHashes(folder: LibraryFolder, { goneHashes }: History): Promise<number> {
  const scan = new ResidueScan(goneHashes);
  for (const bytes of (await folder.read()).values()) scan.countIn(bytes);
  return scan.belongingsFound;
}

async function countLive(folder: LibraryFolder, history: History): Promise<number> {
  const files = [...(await folder.read()).values()];
  // A key, a record, a keyed hash: three belongings of each face stand in the files as they are.
  const sealed = new ResidueScan(history.live.flatMap((belongings) => belongings.slice(0, 3)));
  for (const bytes of files) sealed.countIn(bytes);
  return sealed.belongingsFound / 3;
}

async function countPhotographs(folder: LibraryFolder, { livePhotographs }: History) {
  const scan = new ResidueScan(livePhotographs);
  for (const bytes of (await folder.read()).values()) scan.countIn(bytes);
  return { photographsFound: scan.belongingsFound, photographsLive: livePhotographs.length };
}

async function proveOnStore(
  what: string,
  { isControl = false, openFile = openBlockFile } = {},
): Promise<Row> {
  const folder = await LibraryFolder.make();
  const backup = `${folder.path}-backup`;
  const source = { hex: folder.rootKey.toString('hex') };
  try {
    let store = await folder.open(openFile);
    const history = new History(folder.path, waysOfStore(store, template));
    const [enrolled, deleted] = [faces - overTheWire, deletions - overTheWire / 2];
    await history.interleaveUntil(enrolled, Math.ceil(deleted * 0.8));
    await backUp({ folder: folder.path, to: backup });
    await history.deleteUntil(deleted);
    const found = [await countIn(folder, history.gone)];
    const liveFound = await countLive(folder, history);
    const photographs = await countPhotographs(folder, history);
    const hashes = await countHashes(folder, history);
    await store.close();
    found.push(await countIn(folder, history.gone));
    store = await folder.open(openFile);
    assert.equal((await loadedFaces(store)).length, history.live.length);
    await store.close();
    found.push(await countIn(folder, history.gone));
    const row = { what, history, liveFound, ...photographs, found, hashes };
    if (isControl) return row;
    const inBackup = new ResidueScan(history.gone).countIn(await readFile(join(backup, 'templates.bin')));
    assert.ok(inBackup > 0, 'the backup was to be older than some deletions');
    await restore({ folder: folder.path, source, from: backup, isReplacing: true, maxAgeDays: 1 });
    store = await folder.open();
    assert.equal((await loadedFaces(store)).length, history.live.length);
    await store.close();
    return { ...row, foundRestored: await countIn(folder, history.gone) };
  } finally {
    await folder.remove();
  }
}

/** A server enrols; the store tells the templates in clear and enrols more; a server again deletes, and is looked into. */
async function proveOverTheWire(): Promise<Row> {
  const folder = await LibraryFolder.make();
  const photos = await servePhotos();
  const rootKey = join(dirname(folder.path), 'root-key');
  await writeFile(rootKey, folder.rootKey, { mode: 0o600 });
  const start = async () => {
    const lethe = await startOn(folder.path, { data: folder.path, rootKey, keepPhotos: 'crop' });
    await lethe.ready;
    return lethe;
  };
  try {
    const urls = [];
    for (const name of ['left', 'middle', 'right'] as const) {
      urls.push(photos.publish(`${name}.jpg`, await portrait(name)));
    }
    let lethe = await start();
    const history = new History(folder.path, waysOfWire(clientOf(lethe.url), urls));
    await history.interleaveUntil(overTheWire, overTheWire / 5);
    await lethe.close();
    const store = await folder.open();
    for (const { faceId, template } of await loadedFaces(store))
      history.know(faceId, Buffer.from(template.buffer));
    await store.close();
    lethe = await start();
    history.ways = waysOfWire(clientOf(lethe.url), urls);
    await history.deleteUntil(overTheWire / 2);
    const found = [await countIn(folder, history.gone)];
    const liveFound = await countLive(folder, history);
    const photographs = await countPhotographs(folder, history);
    const hashes = await countHashes(folder, history);
    await lethe.close();
    found.push(await countIn(folder, history.gone));
    lethe = await start();
    await lethe.close();
    found.push(await countIn(folder, history.gone));
    return { what: 'Lethe, over the wire', history, liveFound, ...photographs, found, hashes };
  } finally {
    await photos.close();
    await folder.remove();
  }
}

/** A disk that keeps what it should overwrite: zeros are not written, though they are read back. */
const forgetsToOverwrite: OpenBlockFile = async (path, mayBeMade) => {
  const file = await openBlockFile(path, mayBeMade);
  const pretended = new Set<number>();
  const eachByte = (from: number, bytes: Uint8Array, act: (at: number) => void) => {
    for (let i = 0; i < bytes.length; i += 1) act(from + i);
  };
  return {
    ...file,
    async write(bytes, position) {
      if (bytes.every((byte) => byte === 0)) return eachByte(position, bytes, (at) => pretended.add(at));
      eachByte(position, bytes, (at) => pretended.delete(at));
      return file.write(bytes, position);
    },
    readSync(into, position) {
      const count = file.readSync(into, position);
      eachByte(position, into, (at) => {
        if (pretended.has(at)) into[at - position] = 0;
      });
      return count;
    },
  } satisfies BlockFile;
};

/** SQLite answers that the log was emptied, and it was not. */
async function withoutCheckpoint<Value>(work: () => Promise<Value>): Promise<Value> {
  const { pragma } = Database.prototype;
  Database.prototype.pragma = function (this: Database.Database, source, options) {
    if (source.startsWith('wal_checkpoint')) return [{ busy: 0 }];
    return pragma.call(this, source.replace(/^(wal_autocheckpoint) = \d+$/, '$1 = 0'), options);
  };
  try {
    return await work();
  } finally {
    Database.prototype.pragma = pragma;
  }
}

function tabulate(rows: readonly Row[], peers: readonly PeerRow[]): string {
  const lines = rows.map(({ what, history, liveFound, found, foundRestored, hashes }) =>
    [
      what,
      history.facesEnrolled,
      history.facesDeleted,
      `${liveFound} of ${history.live.length}`,
      `**${found[0]}**`,
      found[1],
      found[2],
      foundRestored ?? '',
      `${hashes} of ${history.goneHashes.length}`,
    ].join(' | '),
  );
  const others = peers.map(({ peer, enrolled, deleted, live, left, leftAfterCompaction, note }) =>
    left === undefined
      ? `${peer} | ${note} | | | |`
      : `${peer} | ${note} | ${live} of ${enrolled - deleted} | ${left} of ${deleted} | ${leftAfterCompaction ?? 'it has none'}`,
  );
  const table = `| library | faces enrolled | deleted | live faces the scan finds | places with deleted bytes, running | closed | started again | an older backup restored | keyed hashes of deleted rows, running |
|---|---|---|---|---|---|---|---|---|
${lines.map((line) => `| ${line} |`).join('\n')}
`;
  if (peers.length === 0) return table;
  return `${table}
Others, ${peers[0]!.enrolled} vectors of 512 numbers enrolled and ${peers[0]!.deleted} deleted, each as its manual says:

| store | how | live vectors the scan finds | deleted vectors with bytes in a file | after its own compaction |
|---|---|---|---|---|
${others.map((line) => `| ${line} |`).join('\n')}
`;
}

async function writeIntoPage(table: string): Promise<void> {
  const page = new URL('../../docs/erasure.md', import.meta.url);
  const text = await readFile(page, 'utf8');
  const marked = /(<!-- residue:begin -->\n).*(<!-- residue:end -->)/s;
  assert.match(text, marked, 'docs/erasure.md has lost the marks between which the table stands');
  await writeFile(
    page,
    text.replace(marked, (_, begin, end) => `${begin}${table}${end}`),
  );
}

const proven = [await proveOnStore('Lethe, the store')];
if (overTheWire > 0) proven.push(await proveOverTheWire());
const overwriteOff = await proveOnStore('control: overwriting switched off', {
  isControl: true,
  openFile: forgetsToOverwrite,
});
const emptyingOff = await withoutCheckpoint(() =>
  proveOnStore('control: emptying the log switched off', { isControl: true }),
);
const rows = [...proven, overwriteOff, emptyingOff];
const table = tabulate(rows, isShort ? [] : await measurePeers(faces, deletions));
console.log(table);
for (const { what, history, photographsFound, photographsLive } of proven) {
  const ways = Object.entries(history.taken).map(([way, times]) => `${way} ${times}`);
  console.log(`${what}: ${ways.join(', ')}`);
  const { photographsKept } = history;
  console.log(
    `  photographs kept ${photographsKept}; of ${photographsLive} that live the scan finds ${photographsFound}`,
  );
}
if (!isShort) await writeIntoPage(table);
const isClean = proven.every(({ found, foundRestored = 0 }) =>
  [...found, foundRestored].every((places) => places === 0),
);
const isSensitive =
  overwriteOff.found[0]! > 0 &&
  // Of what the log keeps, the keyed hashes of rows are all that is of a face.
  emptyingOff.hashes > emptyingOff.history.goneHashes.length / 2 &&
  rows.every(({ liveFound, history }) => liveFound === history.live.length) &&
  rows.every(({ photographsFound, photographsLive: live }) => live > 0 && photographsFound === live);
console.log(isClean && isSensitive ? 'proven: 0 places' : 'NOT proven');
process.exit(isClean && isSensitive ? 0 : 1);
