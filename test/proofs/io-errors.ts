// Proof that a failing or full disk loses and brings back nothing: `npm run proof:io-errors`, a few steps with `-- --short`.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, statfs, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedStore } from '../../src/store/embedded.ts';
import { LibraryFolder, readFolder } from '../store/library-folder.ts';
import { countResidue } from '../store/residue.ts';
import { loadedFaces } from '../support/loaded.ts';
import { Disk, whyNoDisk } from './disk.ts';
import { drawPhotograph, drawTemplate } from './ways.ts';

const isShort = process.argv.includes('--short');
/** A change makes some 40 to 100 writes and syncs, most of them pages of one checkpoint. */
const [healStride, dieStride] = isShort ? [60, 60] : [6, 4];
const scenarios = isShort
  ? ['delete faces', 'set person']
  : ['delete faces', 'delete person', 'set person', 'enrol'];

interface Failed {
  readonly scenario: string;
  readonly kind: string;
  readonly first: number;
  readonly error?: string;
  readonly found: readonly string[];
}

let isProven = true;

async function withLibrary<Value>(work: (folder: LibraryFolder) => Promise<Value>): Promise<Value> {
  const folder = await LibraryFolder.make();
  try {
    const store = await folder.open();
    await store.addPerson('default', { personId: 'neighbour', name: 'neighbour' }, ['staff']);
    await store.addFaces('default', 'neighbour', 'model', [drawTemplate(512)]);
    await store.close();
    return await work(folder);
  } finally {
    await folder.remove();
  }
}

/** Prints a row for each pair of change and fault. */
function report(heading: string, failed: readonly Failed[]): void {
  console.log(
    `\n${heading}\n\n| change | fault | steps | answered an error | findings |\n|---|---|---|---|---|`,
  );
  const pairs = new Map<string, Failed[]>();
  for (const one of failed) {
    const pair = `${one.scenario} | ${one.kind}`;
    pairs.set(pair, [...(pairs.get(pair) ?? []), one]);
  }
  for (const [pair, ones] of pairs) {
    const found = ones.flatMap((one) => one.found.map((what) => `step ${one.first}: ${what}`));
    if (found.length > 0) isProven = false;
    const errors = ones.filter(({ error }) => error !== undefined).length;
    console.log(`| ${pair} | ${ones.length} | ${errors} | ${found.join('; ') || 0} |`);
  }
}

async function proveHealing(disk: Disk): Promise<void> {
  await withLibrary(async (folder) => {
    const args = [folder.rootKey.toString('hex'), 'heal', String(healStride), scenarios.join(', ')];
    const { said, code } = await disk.run('./io-errors-child.ts', folder.path, args);
    assert.equal(code, 0, 'the process has not come to its end');
    report('The disk is well again after the fault, and the process goes on:', said as Failed[]);
    const store = await folder.open();
    assert.equal((await store.getPerson('default', 'neighbour'))?.faceIds.length, 1);
    assert.equal(store.recovery.slotsWiped + store.recovery.intentsFinished, 0, 'all had been finished');
    await store.close();
  });
}

interface Died {
  readonly error?: string;
  readonly wasReached: boolean;
  readonly faceIds: readonly string[];
  /** In hexadecimal: key and record of the profile, both keys, both records and both photographs of the faces. */
  readonly bytes: readonly string[];
}

async function judge(folder: LibraryFolder, scenario: string, died: Died): Promise<string[]> {
  const store = await folder.open();
  const person = await store.getPerson('default', 'subject-0');
  const neighbour = await store.getPerson('default', 'neighbour');
  const loaded = new Set((await loadedFaces(store)).map(({ faceId }) => faceId));
  await store.close();
  const found: string[] = [];
  const isThere = (faceId: string) => Boolean(person?.faceIds.includes(faceId) && loaded.has(faceId));
  const [first, second] = died.faceIds as [string, string];
  const mustHold = died.error === undefined || died.error.startsWith('the deletion holds but');
  if (neighbour?.faceIds.length !== 1 || neighbour.name !== 'neighbour') found.push('the neighbour was lost');
  if (scenario !== 'delete person' && (!isThere(second) || person?.name === undefined)) found.push('lost');
  if (!scenario.startsWith('delete') && !isThere(first)) found.push('an acknowledged face was lost');
  const isGone = scenario === 'delete person' ? person === undefined : !isThere(first);
  if (scenario.startsWith('delete') && mustHold && !isGone) found.push('a deletion came back');
  if (scenario === 'delete person' && !isGone && !(isThere(first) && isThere(second)))
    found.push('half a person');
  const bytes = died.bytes.map((part) => Buffer.from(part, 'hex'));
  const goneBytes = scenario === 'delete person' ? bytes : [bytes[2]!, bytes[4]!, bytes[6]!];
  if (scenario.startsWith('delete') && isGone && countResidue(await folder.read(), goneBytes) > 0) {
    found.push('bytes are left');
  }
  const photographs = [...(await folder.read()).keys()].filter((name) => name.startsWith('photos/'));
  if (photographs.length !== (person?.faceIds.length ?? 0)) found.push('photographs and faces differ');
  return found;
}

async function proveDying(disk: Disk): Promise<void> {
  const failed: Failed[] = [];
  for (const scenario of scenarios) {
    for (const kind of ['disk full from then on', 'EIO from then on']) {
      let wasReached = true;
      for (let first = 1 + Math.floor(Math.random() * dieStride); wasReached; first += dieStride) {
        await withLibrary(async (folder) => {
          const args = [folder.rootKey.toString('hex'), 'die', scenario, kind, String(first)];
          const { said } = await disk.run('./io-errors-child.ts', folder.path, args);
          const died = said[0] as Died;
          wasReached = died.wasReached;
          if (!wasReached) return;
          const found = await judge(folder, scenario, died);
          failed.push({ scenario, kind, first, ...(died.error ? { error: died.error } : {}), found });
        });
      }
    }
  }
  report('The process is killed before the disk is well again:', failed);
}

/** A real file system of 16 MiB, filled to its last byte. */
async function proveFullDisk(): Promise<void> {
  const mountPoint = await mkdtemp(join(tmpdir(), 'lethe-full-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', mountPoint], { stdio: 'ignore' });
  } catch {
    await rm(mountPoint, { recursive: true });
    console.log('\nA real full disk was not tried: mounting a small file system needs root.');
    return;
  }
  const library = { folder: join(mountPoint, 'library'), rootKey: Buffer.alloc(32, 7) };
  try {
    let store = await openEmbeddedStore(library);
    await store.addPerson('default', { personId: 'a' }, ['staff']);
    const enrolled = await store.addFaces('default', 'a', 'model', [drawTemplate(512), drawTemplate(512)]);
    const [first, second] = enrolled!.faceIds as [string, string];
    const { bavail, bsize } = await statfs(mountPoint);
    const filler = join(mountPoint, 'filler');
    await writeFile(filler, Buffer.alloc(bavail * bsize));
    const error = await store.deleteFaces('default', 'a', [first]).then(() => undefined, String);
    const whileFull = (await store.getPerson('default', 'a'))!.faceIds;
    const picture = drawPhotograph();
    await assert.rejects(store.addFaces('default', 'a', 'model', [drawTemplate(512)], false, [picture]));
    await store.close();
    await truncate(filler);
    store = await openEmbeddedStore(library);
    const afterwards = (await store.getPerson('default', 'a'))!.faceIds;
    const loaded = (await loadedFaces(store)).map(({ faceId }) => faceId);
    await store.close();
    const files = [...(await readFolder(library.folder)).keys()];
    assert.ok(!files.some((name) => name.startsWith('photos/')), 'no photograph of a refused enrolment');
    console.log(`\nOn a real full disk (tmpfs, 0 bytes free) a deletion answers: ${error ?? 'done'}`);
    assert.deepEqual([whileFull, afterwards, loaded], [[second], [second], [second]]);
    console.log('The face is read by nobody while the disk is full, nor after a restart; its neighbour is.');
  } finally {
    execFileSync('umount', [mountPoint]);
    await rm(mountPoint, { recursive: true });
  }
}

const why = whyNoDisk();
if (why !== undefined) {
  console.log(`not run: ${why}`);
  process.exit(0);
}
const disk = await Disk.make();
try {
  await proveFullDisk();
  await proveDying(disk);
  await proveHealing(disk);
} finally {
  await disk.remove();
}
console.log(isProven ? '\nproven: 0 findings' : '\nNOT proven');
process.exit(isProven ? 0 : 1);
