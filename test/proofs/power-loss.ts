// Proof that a power cut loses and brings back nothing: `npm run proof:power-loss`, a few cuts with `-- --short`.
// Every write and sync of a real run is recorded. A cut keeps what was synced of each file before it, and of what was
// written since a random part: dropped, whole, or torn at 512 bytes, in any order and between files too.
import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { openEmbeddedStore } from '../../src/store/embedded.ts';
import { keyHeadBytes } from '../../src/store/key-file.ts';
import { firstSlot } from '../../src/store/slot-file.ts';
import { LibraryFolder } from '../store/library-folder.ts';
import { keySlotBytes, ResidueScan, recordSlotBytes } from '../store/residue.ts';
import { type Change, Disk, whyNoDisk } from './disk.ts';

const isShort = process.argv.includes('--short');
const [runs, changesARun, cutsARun] = isShort ? [1, 18, 12] : [4, 60, 150];
/** What a disk writes as a whole. */
const sectorBytes = 512;

/** A file as it may stand after a cut: what is certain, and what is only on its way. */
class CutFile {
  certain: Buffer;
  onItsWay: Change[] = [];

  constructor(bytes: Buffer) {
    this.certain = bytes;
  }

  apply(change: Change, areSyncsKept: boolean): void {
    if (change.kind === 'sync') {
      if (!areSyncsKept) return;
      for (const earlier of this.onItsWay) this.certain = applyTo(this.certain, earlier);
      this.onItsWay = [];
    } else this.onItsWay.push(change);
  }

  /** One of the states a cut may leave; `chance` is that of each change to have reached the disk. */
  cut(chance: number): Buffer {
    let bytes = this.certain;
    // A later write to other sectors may arrive without an earlier one; to the same sector, the last to arrive stands.
    for (const change of this.onItsWay) {
      if (change.kind !== 'write') {
        if (Math.random() < chance) bytes = applyTo(bytes, change);
        continue;
      }
      for (const sector of sectorsOf(change)) if (Math.random() < chance) bytes = applyTo(bytes, sector);
    }
    return bytes;
  }
}

function* sectorsOf(change: Change): Iterable<Change> {
  const isTorn = Math.random() < 0.5;
  if (!isTorn) return yield change;
  for (let from = 0; from < change.bytes.length; ) {
    const end = (Math.floor((change.at + from) / sectorBytes) + 1) * sectorBytes - change.at;
    yield { ...change, at: change.at + from, bytes: change.bytes.subarray(from, end) };
    from = end;
  }
}

function applyTo(file: Buffer, { kind, at, bytes }: Change): Buffer {
  if (kind === 'truncate') {
    const cut = Buffer.alloc(at);
    file.copy(cut);
    return cut;
  }
  const grown = Buffer.alloc(Math.max(file.length, at + bytes.length));
  file.copy(grown);
  bytes.copy(grown, at);
  return grown;
}

interface Caller {
  isThere: boolean;
  name: string | undefined;
  readonly faceIds: Set<string>;
  readonly deleted: Set<string>;
  asks: { asks: string; faceIds?: string[]; name?: string } | undefined;
}

type Line = { personId?: string; asks?: string; did?: string; faceIds?: string[]; name?: string };

function learn(callers: Map<string, Caller>, line: Line): void {
  if (line.personId === undefined) return;
  const caller: Caller = callers.get(line.personId) ?? {
    isThere: false,
    name: undefined,
    faceIds: new Set(),
    deleted: new Set(),
    asks: undefined,
  };
  callers.set(line.personId, caller);
  if (line.asks !== undefined) {
    caller.asks = line as NonNullable<Caller['asks']>;
    return;
  }
  caller.asks = undefined;
  if (line.did === 'person') caller.isThere = true;
  if (line.name !== undefined) caller.name = line.name;
  if (line.did === 'add') for (const faceId of line.faceIds!) caller.faceIds.add(faceId);
  if (line.did === 'delete') for (const faceId of line.faceIds!) forget(caller, faceId);
  if (line.did === 'delete person') {
    for (const faceId of [...caller.faceIds]) forget(caller, faceId);
    caller.isThere = false;
    caller.name = undefined;
  }
}

function forget(caller: Caller, faceId: string): void {
  caller.faceIds.delete(faceId);
  caller.deleted.add(faceId);
}

/** What the start after a cut must show: what was acknowledged, and at most what had been asked besides. */
async function judge(path: string, rootKey: Buffer, callers: ReadonlyMap<string, Caller>): Promise<string[]> {
  const found: string[] = [];
  const store = await openEmbeddedStore({ folder: path, rootKey });
  for (const [personId, { isThere, name, faceIds, deleted, asks }] of callers) {
    const person = await store.getPerson('default', personId);
    const present = new Set(person?.faceIds);
    const isAsked = (what: string) => asks?.asks === what;
    if ((person !== undefined) !== isThere && !isAsked('person') && !isAsked('delete person')) {
      found.push(isThere ? 'a person was lost' : 'a person came back');
    }
    if (person !== undefined && person.name !== name && !isAsked('person') && person.name !== asks?.name) {
      found.push('a name was lost');
    }
    if ([...deleted].some((faceId) => present.has(faceId))) found.push('a face came back');
    const mayBeGone = new Set(isAsked('delete') ? asks!.faceIds : isAsked('delete person') ? faceIds : []);
    if ([...faceIds].some((faceId) => !present.has(faceId) && !mayBeGone.has(faceId)))
      found.push('a face was lost');
    const more = [...present].filter((faceId) => !faceIds.has(faceId) && !deleted.has(faceId)).length;
    if (more > (isAsked('add') ? 1 : 0)) found.push('a face that nobody enrolled');
  }
  if (store.damagedRecords > 0) found.push('a damaged record');
  if (store.recovery.personsWithoutProfile > 0) found.push('a profile was lost');
  await store.close();
  return found;
}

/** Places with bytes of any slot's content that was written before the cut and is not its owner's after the start. */
async function countLeft(path: string, changes: readonly Change[]): Promise<number> {
  const names = await readdir(path);
  const files = new Map<string, Buffer>();
  for (const name of names) files.set(name, await readFile(join(path, name)));
  const database = new Database(join(path, 'library.db'), { readonly: true });
  const owned = new Set(
    database.prepare('SELECT slot FROM faces UNION SELECT slot FROM persons').pluck().all() as number[],
  );
  database.close();
  const gone: Buffer[] = [];
  for (const { kind, file, at, bytes } of changes) {
    if (kind !== 'write' || !file.endsWith('.bin')) continue;
    const size = file === 'keys.bin' ? keySlotBytes : recordSlotBytes;
    for (let from = 0; from + size <= bytes.length; from += size) {
      const content = bytes.subarray(from, from + size);
      const present = files.get(file)!.subarray(at + from, at + from + size);
      const slot = (at + from) / size - (file === 'keys.bin' ? keyHeadBytes / size - 1 : 0);
      if (slot < firstSlot || (owned.has(slot) && content.equals(present))) continue;
      gone.push(content);
    }
  }
  const scan = new ResidueScan(gone);
  return [...files.values()].reduce((sum, bytes) => sum + scan.countIn(bytes), 0);
}

const why = whyNoDisk();
if (why !== undefined) {
  console.log(`not run: ${why}`);
  process.exit(0);
}
/** What the cuts of a number of runs have left. */
class Outcome {
  readonly findings = new Map<string, number>();
  cuts = 0;
  unsynced = 0;

  count(found: readonly string[]): void {
    this.cuts += 1;
    for (const what of found) this.findings.set(what, (this.findings.get(what) ?? 0) + 1);
  }

  describe(what: string): string {
    const found =
      [...this.findings].map(([finding, times]) => `${finding} (${times})`).join(', ') || 'nothing';
    return `| ${what} | ${this.cuts} | ${this.unsynced} | ${found} |`;
  }
}

const disk = await Disk.make();
const outcome = new Outcome();
const control = new Outcome();
try {
  for (let run = 0; run < runs; run += 1) await cutOneRun();
} finally {
  await disk.remove();
}

async function cutOneRun(): Promise<void> {
  const folder = await LibraryFolder.make();
  const parent = await mkdtemp(join(tmpdir(), 'lethe-power-'));
  const [start, cut] = [join(parent, 'start'), join(parent, 'cut')];
  try {
    await (await folder.open()).close();
    await cp(folder.path, start, { recursive: true });
    const args = [folder.rootKey.toString('hex'), String(changesARun)];
    const { trace } = await disk.run('./power-loss-child.ts', folder.path, args, { isTraced: true });
    assert.ok(trace.length > changesARun, 'the run was recorded');
    const somewhere = () => trace.slice(0, Math.floor(Math.random() * (trace.length + 1)));
    for (let i = 0; i < cutsARun; i += 1) await cutAt({ start, cut, folder, changes: somewhere() }, outcome);
    for (let i = 0; i < Math.max(8, cutsARun / 5); i += 1) {
      await cutAt({ start, cut, folder, changes: somewhere(), areSyncsKept: false }, control);
    }
  } finally {
    await folder.remove();
    await rm(parent, { recursive: true });
  }
}

interface Cut {
  readonly start: string;
  readonly cut: string;
  readonly folder: LibraryFolder;
  readonly changes: readonly Change[];
  readonly areSyncsKept?: boolean;
}

async function cutAt(
  { start, cut, folder, changes, areSyncsKept = true }: Cut,
  outcome: Outcome,
): Promise<void> {
  const files = new Map<string, CutFile>();
  for (const name of await readdir(start)) files.set(name, new CutFile(await readFile(join(start, name))));
  const callers = new Map<string, Caller>();
  for (const change of changes) {
    if (change.kind === 'said') learn(callers, JSON.parse(change.bytes.toString()) as Line);
    else if (change.kind === 'unlink') files.delete(change.file);
    else {
      const file = files.get(change.file) ?? new CutFile(Buffer.alloc(0));
      files.set(change.file, file);
      file.apply(change, areSyncsKept);
    }
  }
  await rm(cut, { recursive: true, force: true });
  await cp(start, cut, { recursive: true });
  for (const [name, file] of files) {
    // The log's index is memory shared between processes: it does not outlive them, and is made anew from the log.
    if (name.endsWith('-shm')) continue;
    outcome.unsynced += file.onItsWay.length;
    await writeFile(join(cut, name), file.cut(Math.random()));
  }
  try {
    const found = await judge(cut, folder.rootKey, callers);
    if ((await countLeft(cut, changes)) > 0) found.push('bytes are left after the start');
    outcome.count(found);
  } catch (error) {
    outcome.count([(error as Error).message.replaceAll(cut, 'DIR')]);
  }
}

console.log(`| disk | cuts | writes not yet synced, dropped, kept or torn | found after the start |
|---|---|---|---|
${outcome.describe('keeps what was synced')}
${control.describe('control: takes syncs for nothing')}`);
const isProven = outcome.findings.size === 0 && control.findings.size > 0;
console.log(isProven ? 'proven: 0 lost, 0 resurrected, 0 bytes left' : 'NOT proven');
process.exit(isProven ? 0 : 1);
