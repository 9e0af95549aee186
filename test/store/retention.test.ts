// Retention on a real library whose clock is moved: erased on the day, not the day before, with a receipt.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Clearing } from '../../src/gallery/clearing.ts';
import { type Cleared, cloudRules, noRules, type RetentionRules } from '../../src/gallery/retention.ts';
import { type EmbeddedStore, openEmbeddedStore } from '../../src/store/embedded.ts';
import { templateOf } from '../contract/store.ts';
import { loadedFaces, loadedPersons } from '../support/loaded.ts';
import { LibraryFolder } from './library-folder.ts';
import { diskBroken, WatchedDisk } from './watched-disk.ts';

const dayMs = 86_400_000;
const dayNumber = 20_500;

describe('retention', () => {
  let folder: LibraryFolder;
  let store: EmbeddedStore;
  let disk: WatchedDisk;
  let clockMs: number;
  const nowMs = () => clockMs;
  const open = () =>
    openEmbeddedStore({ folder: folder.path, rootKey: folder.rootKey, openFile: disk.openFile, nowMs });
  const reopen = async () => {
    await store.close();
    store = await open();
  };
  beforeEach(async () => {
    clockMs = dayNumber * dayMs + 15 * 3_600_000;
    folder = await LibraryFolder.make();
    disk = new WatchedDisk();
    store = await open();
  });
  afterEach(async () => {
    disk.refuse = () => undefined;
    await store.close();
    await folder.remove();
  });

  const pass = (days: number): void => {
    clockMs += days * dayMs;
  };
  const enrol = async (personId: string, groupIds = ['staff'], account = 'default') => {
    await store.addPerson(account, { personId, name: `name of ${personId}` }, groupIds);
    const templates = [templateOf(1), templateOf(2)];
    return (await store.addFaces(account, personId, 'model', templates))!.faceIds;
  };
  const run = async ({
    rules = cloudRules,
    account,
    isDryRun = false,
  }: {
    rules?: RetentionRules;
    account?: string;
    isDryRun?: boolean;
  } = {}) => {
    const cleared: Cleared[] = [];
    const counts = await new Clearing({ store: store.retention, rules, nowMs }).run({
      isDryRun,
      onCleared: (one) => cleared.push(one),
      ...(account === undefined ? {} : { account }),
    });
    return { counts, cleared };
  };
  const personsOf = async (account = 'default') =>
    (await loadedPersons(store))
      .filter((one) => one.account === account)
      .map(({ profile }) => profile.personId);
  /** What went is told with a receipt that a dry run cannot have. */
  const withoutReceipt = ({ receipt: _, ...cleared }: Cleared) => cleared;

  it('erases a group a year after its last face, not the day before, and has nothing to do after that', async () => {
    const faceIds = await enrol('anna');
    pass(364);
    assert.equal((await run()).counts.persons, 0);
    assert.equal((await loadedFaces(store)).length, 2);
    pass(1);
    const { counts, cleared } = await run();
    assert.deepEqual(counts, { day: dayNumber + 365, persons: 1, faces: 2, memberships: 0 });
    assert.deepEqual(cleared.map(withoutReceipt), [
      {
        account: 'default',
        person: 1,
        personId: 'anna',
        faceIds,
        faces: 2,
        groupIds: ['staff'],
        isPersonGone: true,
        reasons: ['group not searched'],
      },
    ]);
    assert.deepEqual(await personsOf(), []);
    assert.deepEqual(await store.listGroups('default'), []);
    assert.deepEqual((await run()).counts, { day: dayNumber + 365, persons: 0, faces: 0, memberships: 0 });
  });

  it('gives a receipt that says why, for all that goes', async () => {
    await enrol('anna');
    pass(365);
    const [cleared] = (await run()).cleared;
    const receipt = await store.getReceipt('default', cleared!.receipt!.id);
    assert.equal(receipt?.cause, 'retention');
    assert.deepEqual(receipt?.deleted, { faces: 2, persons: 1, photographs: 0 });
  });

  it('deletes nothing in a dry run, which answers what the run then deletes', async () => {
    await enrol('anna');
    await enrol('bert', ['staff', 'door']);
    pass(200);
    await store.addFaces('default', 'bert', 'model', [templateOf(3)]);
    await store.retention.setPolicy('default', 'door', { maxAgeDays: 200, idleDays: 'off' });
    pass(165);
    const before = (await loadedFaces(store)).length;
    const dry = await run({ isDryRun: true });
    assert.equal((await loadedFaces(store)).length, before);
    assert.deepEqual(await personsOf(), ['anna', 'bert']);
    const wet = await run();
    assert.deepEqual(wet.counts, dry.counts);
    assert.deepEqual(wet.cleared.map(withoutReceipt), dry.cleared);
    assert.deepEqual(dry.counts, { day: dayNumber + 365, persons: 1, faces: 4, memberships: 0 });
    assert.equal((await store.getPerson('default', 'bert'))?.faceIds.length, 1);
  });

  it('spares a group that is searched, also when the store is opened anew in between', async () => {
    await enrol('anna', ['staff', 'door']);
    pass(300);
    store.retention.noteSearch('default', 'staff', []);
    await reopen();
    pass(65);
    assert.deepEqual((await run()).counts, { day: dayNumber + 365, persons: 0, faces: 0, memberships: 1 });
    assert.deepEqual((await store.getPerson('default', 'anna'))?.groupIds, ['staff']);
    await reopen();
    pass(299);
    assert.equal((await run()).counts.persons, 0);
    pass(1);
    assert.equal((await run()).counts.persons, 1);
  });

  it('writes a search down once a day for each group and person found', async () => {
    await enrol('anna');
    const { person } = (await store.retention.listKept(0, 1))[0]!;
    pass(1);
    // A change that comes after is answered after.
    const settle = () => store.retention.endConsent('default', 'nobody');
    const logBytes = async () => (await folder.read()).get('library.db-wal')!.length;
    await settle();
    const quiet = await logBytes();
    store.retention.noteSearch('default', 'staff', [person]);
    await settle();
    const noted = await logBytes();
    assert.ok(noted > quiet);
    for (let i = 0; i < 100; i += 1) store.retention.noteSearch('default', 'staff', [person]);
    await settle();
    assert.equal(await logBytes(), noted);
    assert.equal((await store.retention.listKept(0, 1))[0]!.lastActiveDay, dayNumber + 1);
  });

  it('keeps a person for as long as it is found, where its group counts from the last interaction', async () => {
    await enrol('anna');
    await enrol('bert');
    await store.retention.setPolicy('default', 'staff', { idleDays: 'off', inactiveDays: 1_095 });
    const [anna] = await store.retention.listKept(0, 1);
    pass(1_000);
    store.retention.noteSearch('default', 'staff', [anna!.person]);
    pass(95);
    assert.deepEqual(
      (await run()).cleared.map(({ personId, reasons }) => [personId, reasons]),
      [['bert', ['person inactive']]],
    );
  });

  it('keeps a policy when its group empties and fills again, and until it is taken back', async () => {
    assert.equal(await store.retention.setPolicy('default', 'visitors', {}), false, 'no account yet');
    await enrol('anna', ['visitors']);
    assert.equal(await store.retention.setPolicy('default', 'visitors', { maxAgeDays: 30 }), true);
    pass(30);
    assert.equal((await run()).counts.persons, 1);
    await enrol('bert', ['visitors']);
    await reopen();
    assert.deepEqual(await store.retention.listPolicies(), [
      { account: 'default', groupId: 'visitors', policy: { maxAgeDays: 30 } },
    ]);
    await store.retention.setPolicy('default', 'visitors', undefined);
    pass(30);
    assert.equal((await run()).counts.persons, 0);
  });

  it('of one account reaches nothing of another', async () => {
    await enrol('anna', ['staff'], 'mine');
    await enrol('anna', ['staff'], 'theirs');
    await store.retention.setPolicy('theirs', 'staff', { maxAgeDays: 1 });
    store.retention.noteSearch('theirs', 'staff', []);
    pass(1);
    assert.equal((await run({ account: 'mine' })).counts.persons, 0);
    assert.deepEqual(await personsOf('theirs'), ['anna']);
    assert.equal((await run()).counts.persons, 1);
    assert.deepEqual([await personsOf('mine'), await personsOf('theirs')], [['anna'], []]);
  });

  it('leaves what is under a legal hold until the hold ends', async () => {
    const [first] = await enrol('anna');
    await enrol('bert');
    const hold = { account: 'default', reason: 'case 12', owner: 'counsel', untilMs: clockMs + 400 * dayMs };
    await store.setHold({ ...hold, personId: 'anna', faceId: first! });
    await store.setHold({ ...hold, personId: 'bert' });
    pass(365);
    assert.deepEqual((await run()).counts, { day: dayNumber + 365, persons: 0, faces: 1, memberships: 0 });
    assert.deepEqual((await store.getPerson('default', 'anna'))?.faceIds, [first]);
    assert.equal((await store.getPerson('default', 'bert'))?.faceIds.length, 2);
    pass(35);
    assert.equal((await run()).counts.persons, 2);
  });

  it('judges anew at the moment of deleting: a search that came before counts', async () => {
    await enrol('anna');
    pass(365);
    const judge = { calls: 0 };
    const [kept] = await store.retention.listKept(0, 1);
    store.retention.noteSearch('default', 'staff', []);
    const cleared = await store.retention.clear(
      kept!.person,
      (now) => {
        judge.calls += 1;
        assert.equal(now.memberships[0]!.lastSearchDay, dayNumber + 365);
        return undefined;
      },
      () => assert.fail('nothing went'),
    );
    assert.deepEqual([cleared, judge.calls], [undefined, 1]);
  });

  it('that cannot overwrite says so, and the face is gone all the same, its bytes after the next start', async () => {
    await enrol('anna');
    pass(365);
    disk.refuse = (step, file) => (step === 'write' && file === 'keys.bin' ? diskBroken() : undefined);
    const gone: string[] = [];
    const clearing = new Clearing({
      store: store.retention,
      rules: cloudRules,
      nowMs,
      onGone: ({ personId }) => gone.push(personId!),
    });
    await assert.rejects(clearing.run(), /not finished/);
    assert.deepEqual([new Set(gone), await personsOf()], [new Set(['anna']), []]);
    disk.refuse = () => undefined;
    await reopen();
    assert.deepEqual(await loadedFaces(store), []);
    assert.equal([...store.receipts()].at(-1)?.cause, 'retention');
  });

  describe('of a consent', () => {
    const words = { reference: 'release 7/2026', purpose: 'door', basis: 'GDPR 9(2)(a)' };

    it('erases the person on the day it ends; the words are kept until then, through a new name', async () => {
      await enrol('anna');
      const consent = { ...words, endDay: dayNumber + 10 };
      assert.equal(await store.retention.setConsent('default', 'anna', consent), true);
      await store.setPerson('default', { personId: 'anna', name: 'Anna' });
      await reopen();
      assert.deepEqual(await store.retention.getConsent('default', 'anna'), consent);
      assert.equal((await store.getPerson('default', 'anna'))?.name, 'Anna');
      pass(9);
      assert.equal((await run({ rules: noRules })).counts.persons, 0);
      pass(1);
      assert.equal((await run({ rules: noRules })).counts.persons, 1);
    });

    it('refuses faces once it has ended, and where it is required and was never recorded', async () => {
      await enrol('anna');
      const add = (isRequired: boolean) =>
        store.addFaces('default', 'anna', 'model', [templateOf(5)], isRequired);
      await assert.rejects(add(true), { refusal: 'consentRequired' });
      await store.retention.setConsent('default', 'anna', { ...words, endDay: dayNumber + 1 });
      assert.equal((await add(true))?.faceIds.length, 1);
      pass(1);
      for (const isRequired of [true, false]) {
        await assert.rejects(add(isRequired), { refusal: 'consentRequired' });
      }
    });

    it('is unknown for an unknown person', async () => {
      assert.equal(await store.retention.setConsent('default', 'nobody', { ...words, endDay: 1 }), false);
      assert.equal(await store.retention.endConsent('default', 'nobody'), false);
      assert.equal(await store.retention.getConsent('default', 'nobody'), undefined);
    });
  });
});
