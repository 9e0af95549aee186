// Proof that a power cut loses and brings back nothing: `npm run proof:power-loss`, a few cuts with `-- --short`.
// Every write and sync of a real run is recorded. A cut keeps what was synced of each file before it, and of what was
// written since a random part: dropped, whole, or torn at 512 bytes, in any order and between files too.
import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { type EmbeddedStore, openEmbeddedStore } from '../../src/store/embedded.ts';
import { keyHeadBytes } from '../../src/store/key-file.ts';
import { photographFolderName } from '../../src/store/photograph-files.ts';
import { firstSlot } from '../../src/store/slot-file.ts';
import { LibraryFolder, readFolder } from '../store/library-folder.ts';
import { keySlotBytes, ResidueScan, recordSlotBytes } from '../store/residue.ts';
import { loadedFaces } from '../support/loaded.ts';
import { CutFolder, isPhotograph } from './cut.ts';
import { type Change, Disk, whyNoDisk } from './disk.ts';

const isShort = process.argv.includes('--short');
const [runs, changesARun, cutsARun] = isShort ? [1, 18, 12] : [4, 60, 150];

interface Caller {
  isThere: boolean;
  name: string | undefined;
  readonly faceIds: Set<string>;
  readonly deleted: Set<string>;
  asks: { asks: string; faces?: number; faceIds?: string[]; name?: string } | undefined;
}

type Line = {
  personId?: string;
  asks?: string;
  did?: string;
  faces?: number;
  faceIds?: string[];
  name?: string;
};

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

/** Each face has its photograph, which opens, and nobody else has one; but for those of large commits, which keep none. */
async function judgePhotographs(
  store: EmbeddedStore,
  path: string,
  callers: ReadonlyMap<string, Caller>,
): Promise<string[]> {
  const bare = new Set<string>();
  for (const personId of callers.keys()) {
    if (!personId.startsWith('many')) continue;
    for (const faceId of (await store.getPerson('default', personId))?.faceIds ?? []) bare.add(faceId);
  }
  const faces = (await loadedFaces(store)).filter(({ faceId }) => !bare.has(faceId));
  const found: string[] = [];
  for (const { faceId } of faces) {
    const token = await store.issuePhotographToken('default', faceId);
    const photograph = token === undefined ? undefined : await store.openPhotograph(token);
    if (photograph === undefined) found.push('a photograph was lost');
  }
  const files = [...(await readFolder(path)).keys()].filter(isPhotograph).length;
  if (files > faces.length) found.push('a photograph is left');
  return found;
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
    if (more > (asks?.faces ?? 0)) found.push('a face that nobody enrolled');
  }
  if (store.damagedRecords > 0) found.push('a damaged record');
  found.push(...(await judgePhotographs(store, path, callers)));
  if (store.recovery.personsWithoutProfile > 0) found.push('a profile was lost');
  await store.close();
  return found;
}

/** Places with bytes of any slot's content that was written before the cut and is not its owner's after the start. */
async function countLeft(path: string, changes: readonly Change[]): Promise<number> {
  const files = await readFolder(path);
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
    const large = trace.findIndex(({ kind, bytes }) => kind === 'said' && isLarge(bytes));
    const cutAfter = (first: number) =>
      trace.slice(0, first + Math.floor(Math.random() * (trace.length - first + 1)));
    // One in three while the large commit is under way, which makes few writes.
    const somewhere = (i: number) => cutAfter(i % 3 === 0 ? large : 0);
    for (let i = 0; i < cutsARun; i += 1) await cutAt({ start, cut, folder, changes: somewhere(i) }, outcome);
    for (let i = 0; i < Math.max(8, cutsARun / 5); i += 1) {
      await cutAt({ start, cut, folder, changes: somewhere(i), areSyncsKept: false }, control);
    }
  } finally {
    await folder.remove();
    await rm(parent, { recursive: true });
  }
}

function isLarge(said: Buffer): boolean {
  return ((JSON.parse(said.toString()) as Line).faces ?? 0) > 1;
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
  const folderThen = new CutFolder(await readFolder(start));
  const callers = new Map<string, Caller>();
  for (const change of changes) {
    if (change.kind === 'said') learn(callers, JSON.parse(change.bytes.toString()) as Line);
    else folderThen.apply(change, areSyncsKept);
  }
  await rm(cut, { recursive: true, force: true });
  await cp(start, cut, { recursive: true });
  await mkdir(join(cut, photographFolderName), { recursive: true });
  for (const { onItsWay } of folderThen.files.values()) outcome.unsynced += onItsWay.length;
  for (const [name, bytes] of folderThen.cut()) {
    // The log's index is memory shared between processes: it does not outlive them, and is made anew from the log.
    if (!name.endsWith('-shm')) await writeFile(join(cut, name), bytes);
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
