// The server's own timer: once a day, never two runs at once, again after a failure, and quiet once closed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Clearing } from '../../src/gallery/clearing.ts';
import { cloudRules } from '../../src/gallery/retention.ts';
import { openLog } from '../../src/server/observe.ts';
import { startRetentionTimer } from '../../src/server/retention-timer.ts';
import { openEmbeddedStore } from '../../src/store/embedded.ts';
import { templateOf } from '../contract/store.ts';
import { LibraryFolder } from '../store/library-folder.ts';
import { diskBroken, WatchedDisk } from '../store/watched-disk.ts';

const dayMs = 86_400_000;

test('the timer clears what is due when the day comes, again after a failure, and not after it is closed', async () => {
  let clockMs = 20_500 * dayMs;
  const nowMs = () => clockMs;
  const folder = await LibraryFolder.make();
  const disk = new WatchedDisk();
  const store = await openEmbeddedStore({
    folder: folder.path,
    rootKey: folder.rootKey,
    openFile: disk.openFile,
    nowMs,
  });
  const enrol = async (personId: string) => {
    await store.addPerson('default', { personId }, ['staff']);
    await store.addFaces('default', personId, 'model', [templateOf(1)]);
  };
  const isGone = async (personId: string) => (await store.getPerson('default', personId)) === undefined;
  const untilGone = async (personId: string) => {
    while (!(await isGone(personId))) await pause(2);
  };
  const clearing = new Clearing({ store: store.retention, rules: cloudRules, nowMs });
  let running = 0;
  let runs = 0;
  let failures = 0;
  const counted: Pick<Clearing, 'run'> = {
    async run(wanted) {
      running += 1;
      runs += 1;
      assert.equal(running, 1);
      try {
        return await clearing.run(wanted);
      } catch (error) {
        failures += 1;
        throw error;
      } finally {
        running -= 1;
      }
    },
  };
  const timer = startRetentionTimer(counted, openLog('silent'), { nowMs, waitMs: () => 1 });
  try {
    await enrol('anna');
    clockMs += 364 * dayMs;
    await pause(30);
    assert.equal(await isGone('anna'), false);
    clockMs += dayMs;
    await untilGone('anna');
    const runsThen = runs;
    await pause(30);
    assert.equal(runs, runsThen, 'once a day');

    await enrol('bert');
    disk.refuse = (step, file) => (step === 'datasync' && file === 'keys.bin' ? diskBroken() : undefined);
    clockMs += 365 * dayMs;
    while (failures === 0) await pause(2);
    disk.refuse = () => undefined;
    const runsFailed = runs;
    while (runs === runsFailed || running > 0) await pause(2);
    assert.equal(await isGone('bert'), true);

    await enrol('cleo');
    await timer.close();
    clockMs += 365 * dayMs;
    await pause(20);
    assert.equal(await isGone('cleo'), false);
  } finally {
    await timer.close();
    disk.refuse = () => undefined;
    await store.close();
    await folder.remove();
  }
});
