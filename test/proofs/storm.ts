// Backs a library up while a process of its own adds, deletes and renames without end, and restores every copy.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { backUp } from '../../src/store/backup.ts';
import { openEmbeddedStore } from '../../src/store/embedded.ts';
import { restore } from '../../src/store/restore.ts';
import { verifyErasure } from '../../src/store/verify.ts';
import type { LibraryFolder } from '../store/library-folder.ts';
import { countResidue, keyHeadBytes, keySlotBytes } from '../store/residue.ts';
import { loadedFaces, loadedPersons } from '../support/loaded.ts';

type Line = {
  personId: string;
  added?: string[];
  asks?: string;
  faceIds?: string[];
  deleted?: string[];
  found?: string[];
};

export interface StormCounts {
  readonly backups: number;
  readonly changesMeanwhile: number;
  readonly facesRestored: number;
  readonly sweptFromPair: number;
  readonly sweptByLedger: number;
  readonly sweptOntoPresentKeys: number;
}

interface Taken {
  readonly to: string;
  readonly keysTo: string;
  /** Lines said by the storm before the backup, and by its end. */
  readonly begun: number;
  readonly ended: number;
}

/** @throws {AssertionError} when a copy lost what it had to hold, or brought back what was deleted */
export async function backUpInStorm(folder: LibraryFolder, backups: number): Promise<StormCounts> {
  await (await folder.open()).close();
  const lines: Line[] = [];
  const child = startStorm(folder, lines);
  await untilTrue(() => lines.filter(({ added }) => added !== undefined).length > 12);
  const taken: Taken[] = [];
  for (let i = 0; i < backups; i += 1) {
    const [to, keysTo] = [`${folder.path}-data-${i}`, `${folder.path}-keys-${i}`];
    const begun = lines.length;
    // Between the steps the storm goes on: that is when rows, records and keys fall out of step.
    await backUp({ folder: folder.path, to, keysTo, onStep: () => pause(20 + Math.random() * 60) });
    taken.push({ to, keysTo, begun, ended: lines.length });
  }
  child.kill('SIGKILL');
  await once(child, 'close');
  await (await folder.open()).close();
  const counts = { facesRestored: 0, sweptFromPair: 0, sweptByLedger: 0, sweptOntoPresentKeys: 0 };
  let due = 0;
  for (const backup of taken) {
    const swept = await checkPair(folder, backup, lines);
    counts.sweptFromPair += swept.swept;
    counts.facesRestored += swept.faces;
    due += swept.due;
    counts.sweptByLedger += await checkLedger(folder, backup, lines);
  }
  // Of a slow backup there may be none: all that was there before may have been deleted by its end.
  assert.ok(due > 0, 'no backup had a face that it must hold');
  for (const { to } of taken) counts.sweptOntoPresentKeys += await checkPresentKeys(folder, to, lines);
  const changesMeanwhile = taken.reduce((sum, { begun, ended }) => sum + ended - begun, 0);
  return { backups, changesMeanwhile, ...counts };
}

/** The two halves of one backup, restored where nothing else is. */
async function checkPair(
  folder: LibraryFolder,
  { to, keysTo, begun, ended }: Taken,
  lines: readonly Line[],
): Promise<{ swept: number; faces: number; due: number }> {
  const target = `${to}-restored`;
  const source = { hex: folder.rootKey.toString('hex') };
  const keys = await readFile(join(keysTo, 'keys.bin'));
  const data = new Map<string, Buffer>();
  for (const name of ['library.db', 'templates.bin']) data.set(name, await readFile(join(to, name)));
  assert.equal(countResidue(data, slotsOf(keys)), 0, 'the data holds no key');
  const restored = await restore({
    folder: target,
    source,
    from: to,
    keysFrom: keysTo,
    ledger: 'none',
    isReplacing: false,
    maxAgeDays: 1,
  });
  assert.deepEqual([restored.slotsWiped, restored.personsWithoutProfile], [0, 0]);
  const store = await openEmbeddedStore({ folder: target, rootKey: folder.rootKey });
  const held = new Set((await loadedFaces(store)).map(({ faceId }) => faceId));
  assert.deepEqual((await loadedPersons(store)).length, restored.persons, 'every person has its profile');
  assert.equal(store.damagedRecords, 0);
  await store.close();
  const before = lines.slice(0, begun);
  const atStake = new Set(
    lines.slice(0, ended + 1).flatMap(({ asks, faceIds }) => (asks === 'delete' ? faceIds! : [])),
  );
  const due = before.flatMap(({ added }) => added ?? []).filter((faceId) => !atStake.has(faceId));
  assert.deepEqual(
    due.filter((faceId) => !held.has(faceId)),
    [],
    'enrolled before the backup, yet not in it',
  );
  const gone = before.flatMap(({ deleted }) => deleted ?? []);
  assert.deepEqual(
    gone.filter((faceId) => held.has(faceId)),
    [],
    'deleted before the backup, yet in it',
  );
  await rm(target, { recursive: true });
  return { swept: restored.facesWithoutKey, faces: held.size, due: due.length };
}

/** Data and keys as old as each other, on another machine, with the ledger as it is after the storm. */
async function checkLedger(
  folder: LibraryFolder,
  { to, keysTo }: Taken,
  lines: readonly Line[],
): Promise<number> {
  const target = `${to}-elsewhere`;
  const given = {
    folder: target,
    source: { hex: folder.rootKey.toString('hex') },
    from: to,
    keysFrom: keysTo,
    ledger: folder.path,
    isReplacing: false,
    maxAgeDays: 30,
  };
  await assert.rejects(restore({ ...given, nowMs: Date.now() + 31 * 86_400_000 }), /is 31 days old/);
  const restored = await restore(given);
  await checkGone(target, folder.rootKey, lines);
  await rm(target, { recursive: true });
  return restored.facesWithoutKey;
}

/** The data alone, onto the keys as they are after the storm. */
async function checkPresentKeys(folder: LibraryFolder, to: string, lines: readonly Line[]): Promise<number> {
  const source = { hex: folder.rootKey.toString('hex') };
  const restored = await restore({ folder: folder.path, source, from: to, isReplacing: true, maxAgeDays: 1 });
  await checkGone(folder.path, folder.rootKey, lines);
  return restored.facesWithoutKey;
}

/** Nobody is back who was deleted, every record opens, and nothing else has any bytes. */
async function checkGone(folder: string, rootKey: Buffer, lines: readonly Line[]): Promise<void> {
  const checks = await verifyErasure({ folder, rootKey });
  assert.deepEqual(
    checks.flatMap(({ findings }) => findings),
    [],
  );
  const store = await openEmbeddedStore({ folder, rootKey });
  const held = new Set((await loadedFaces(store)).map(({ faceId }) => faceId));
  assert.equal(store.damagedRecords, 0);
  await store.close();
  const gone = lines.flatMap(({ deleted }) => deleted ?? []);
  assert.deepEqual(
    gone.filter((faceId) => held.has(faceId)),
    [],
    'deleted after the backup, yet back',
  );
}

function startStorm(folder: LibraryFolder, lines: Line[]): ChildProcess {
  const script = fileURLToPath(new URL('../store/crash-child.ts', import.meta.url));
  const args = ['--import', 'tsx', script, folder.path, folder.rootKey.toString('hex')];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const whole = (rest + text).split('\n');
    rest = whole.pop()!;
    for (const line of whole) lines.push(JSON.parse(line) as Line);
  });
  return child;
}

function slotsOf(keys: Buffer): Buffer[] {
  const slots = [keys.subarray(32, 92)];
  for (let at = keyHeadBytes; at < keys.length; at += keySlotBytes) {
    // Without the mark, which is the beginning of a hash that the rows hold.
    slots.push(keys.subarray(at, at + keySlotBytes - 4));
  }
  return slots.filter((slot) => slot.some((byte) => byte !== 0));
}

async function untilTrue(check: () => boolean): Promise<void> {
  const deadlineMs = Date.now() + 30_000;
  while (!check()) {
    assert.ok(Date.now() < deadlineMs, 'it has not become true in 30 s');
    await pause(20);
  }
}
