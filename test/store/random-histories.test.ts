// Any history of calls, restarts and crashes, side by side with a model of it in plain maps: same answers, same end.
import assert from 'node:assert/strict';
import { cpSync, renameSync, rmSync } from 'node:fs';
import { it } from 'node:test';
import fc from 'fast-check';
import type { Store } from '../../src/gallery/ports.ts';
import { maxFacesPerPerson, maxGroupsPerAccount } from '../../src/wire/limits.ts';
import { templateOf } from '../contract/store.ts';
import { loadedFaces, loadedPersons } from '../support/loaded.ts';
import { LibraryFolder } from './library-folder.ts';
import { WatchedDisk } from './watched-disk.ts';

interface ModelPerson {
  name?: string;
  note?: string;
  readonly groupIds: Set<string>;
  readonly faces: Map<string, number>;
}

class Model {
  /** By account, then by id, in the order added. */
  readonly persons = new Map<string, Map<string, ModelPerson>>();
  /** Members in the order joined, by account and group. */
  readonly members = new Map<string, Set<string>>();
  /** Faces ever enrolled: what a deletion may ask for. */
  readonly everyFaceId: string[] = [];

  copy(): Model {
    const copy = new Model();
    copy.become(this);
    return copy;
  }

  /** Ids ever enrolled apart, which stay: what never came about may be asked for too. */
  become(other: Model): void {
    this.persons.clear();
    this.members.clear();
    for (const [account, persons] of other.persons) this.persons.set(account, structuredClone(persons));
    for (const [key, members] of other.members) this.members.set(key, new Set(members));
  }

  of(account: string): Map<string, ModelPerson> {
    const persons = this.persons.get(account) ?? new Map<string, ModelPerson>();
    this.persons.set(account, persons);
    return persons;
  }

  groupsOf(account: string): string[] {
    return [...this.members.keys()]
      .filter((key) => key.startsWith(`${account}/`))
      .map((key) => key.slice(account.length + 1))
      .sort();
  }

  join(account: string, personId: string, groupIds: readonly string[]): void {
    for (const groupId of groupIds) {
      this.of(account).get(personId)!.groupIds.add(groupId);
      const key = `${account}/${groupId}`;
      this.members.set(key, (this.members.get(key) ?? new Set()).add(personId));
    }
  }

  leave(account: string, personId: string, groupIds: readonly string[]): string[] {
    return [...new Set(groupIds)].filter((groupId) => {
      const key = `${account}/${groupId}`;
      if (!this.of(account).get(personId)!.groupIds.delete(groupId)) return false;
      this.members.get(key)!.delete(personId);
      if (this.members.get(key)!.size === 0) this.members.delete(key);
      return true;
    });
  }
}

interface Run {
  store: Store;
  readonly folder: LibraryFolder;
  readonly disk: WatchedDisk;
}

type Step = (model: Model, run: Run) => Promise<void>;

const account = fc.constantFrom('one', 'two');
const personId = fc.constantFrom('a', 'b', 'c');
const groupIds = fc.uniqueArray(fc.constantFrom('g1', 'g2', 'g3'), { minLength: 1, maxLength: 3 });
const text = fc.option(fc.string({ maxLength: 20 }), { nil: undefined });
const textFields = (name: string | undefined, note: string | undefined) => ({
  ...(name === undefined ? {} : { name }),
  ...(note === undefined ? {} : { note }),
});

const addPerson = fc.tuple(account, personId, groupIds, text, text).map(
  ([account, personId, groupIds, name, note]): Step =>
    async (model, { store }) => {
      const persons = model.of(account);
      const { outcome } = await store.addPerson(account, { personId, ...textFields(name, note) }, groupIds);
      assert.equal(outcome, persons.has(personId) ? 'personExists' : 'added');
      if (outcome !== 'added') return;
      persons.set(personId, { ...textFields(name, note), groupIds: new Set(), faces: new Map() });
      model.join(account, personId, groupIds);
    },
);

const setPerson = fc.tuple(account, personId, text, text).map(
  ([account, personId, name, note]): Step =>
    async (model, { store }) => {
      const person = model.of(account).get(personId);
      const answer = await store.setPerson(account, { personId, ...textFields(name, note) });
      if (person === undefined) return assert.equal(answer, undefined);
      Object.assign(person, textFields(name, note));
      assert.deepEqual(answer?.profile, { personId, ...textFields(person.name, person.note) });
    },
);

const deletePerson = fc.tuple(account, personId).map(
  ([account, personId]): Step =>
    async (model, { store }) => {
      const person = model.of(account).get(personId);
      const answer = await store.deletePerson(account, personId);
      assert.deepEqual(answer?.faceIds, person && [...person.faces.keys()]);
      if (person === undefined) return;
      model.leave(account, personId, [...person.groupIds]);
      model.of(account).delete(personId);
    },
);

const changeGroups = fc.tuple(account, personId, groupIds, fc.boolean()).map(
  ([account, personId, groupIds, isJoining]): Step =>
    async (model, { store }) => {
      const isKnown = model.of(account).has(personId);
      if (isJoining) {
        const answer = await store.addGroups(account, personId, groupIds);
        assert.equal(answer?.outcome, isKnown ? 'added' : undefined);
        if (isKnown) model.join(account, personId, groupIds);
      } else {
        const answer = await store.deleteGroups(account, personId, groupIds);
        assert.deepEqual(answer?.groupIds, isKnown ? model.leave(account, personId, groupIds) : undefined);
      }
    },
);

const addFaces = fc.tuple(account, personId, fc.integer({ min: 1, max: 8 })).map(
  ([account, personId, count]): Step =>
    async (model, { store }) => {
      const person = model.of(account).get(personId);
      const numbers = Array.from({ length: count }, (_, i) => model.everyFaceId.length + i);
      const templates = numbers.map((number) => templateOf(number, 16));
      const faceIds = (await store.addFaces(account, personId, 'model', templates))?.faceIds;
      const room = maxFacesPerPerson - (person?.faces.size ?? 0);
      assert.equal(faceIds?.length, person && Math.min(count, room));
      faceIds?.forEach((faceId, i) => {
        person!.faces.set(faceId, numbers[i]!);
        model.everyFaceId.push(faceId);
      });
    },
);

const deleteFaces = fc.tuple(account, personId, fc.array(fc.nat(), { minLength: 1, maxLength: 6 })).map(
  ([account, personId, picks]): Step =>
    async (model, { store }) => {
      const asked = picks.map((pick) => model.everyFaceId[pick % (model.everyFaceId.length + 1)] ?? '42');
      const person = model.of(account).get(personId);
      const answer = await store.deleteFaces(account, personId, asked);
      assert.deepEqual(
        answer?.faceIds,
        person && [...new Set(asked)].filter((faceId) => person.faces.delete(faceId)),
      );
    },
);

const reopen = fc.constant<Step>(async (_, run) => {
  await run.store.close();
  run.store = await run.folder.open(run.disk.openFile);
});

/** Goes on from the files as they stood at some write or sync of a step: what a kill at that instant leaves. */
const crashDuring = (step: fc.Arbitrary<Step>) =>
  fc.tuple(step, fc.nat(10)).map(
    ([step, writesBefore]): Step =>
      async (model, run) => {
        const { folder, disk } = run;
        const image = `${folder.path}-image`;
        const before = model.copy();
        let writes = 0;
        disk.refuse = () => {
          if (writes === writesBefore) cpSync(folder.path, image, { recursive: true });
          writes += 1;
          return undefined;
        };
        await step(model, run);
        disk.refuse = () => undefined;
        const isAnswered = writes <= writesBefore;
        if (isAnswered) cpSync(folder.path, image, { recursive: true });
        await run.store.close();
        rmSync(folder.path, { recursive: true });
        renameSync(image, folder.path);
        run.store = await folder.open(disk.openFile);
        try {
          await assertSame(model, run.store);
        } catch (error) {
          if (isAnswered) throw error;
          await assertSame(before, run.store);
          model.become(before);
        }
      },
  );

async function assertSame(model: Model, store: Store): Promise<void> {
  const faces: unknown[] = [];
  for (const [account, persons] of model.persons) {
    assert.deepEqual(await store.listGroups(account), model.groupsOf(account));
    assert.ok(model.groupsOf(account).length <= maxGroupsPerAccount);
    for (const groupId of model.groupsOf(account)) {
      const personIds = [...model.members.get(`${account}/${groupId}`)!];
      assert.deepEqual(await store.listPersons(account, groupId, { offset: 0, limit: 100 }), {
        personIds,
        totalCount: personIds.length,
      });
    }
    for (const personId of ['a', 'b', 'c']) {
      const person = persons.get(personId);
      const expected = person && {
        personId,
        ...textFields(person.name, person.note),
        groupIds: [...person.groupIds],
        faceIds: [...person.faces.keys()],
      };
      assert.deepEqual(await store.getPerson(account, personId), expected);
      for (const [faceId, number] of person?.faces ?? []) faces.push([account, faceId, number]);
    }
  }
  const accountOf = new Map((await loadedPersons(store)).map(({ person, account }) => [person, account]));
  const loaded = (await loadedFaces(store)).map(({ person, faceId, template }) => [
    accountOf.get(person),
    faceId,
    template[0],
  ]);
  assert.deepEqual(loaded.sort(), faces.sort());
}

it('a store answers any history of calls, restarts and crashes as a model of it does', async () => {
  const change = fc.oneof(
    { weight: 3, arbitrary: addPerson },
    { weight: 2, arbitrary: setPerson },
    { weight: 1, arbitrary: deletePerson },
    { weight: 2, arbitrary: changeGroups },
    { weight: 4, arbitrary: addFaces },
    { weight: 4, arbitrary: deleteFaces },
  );
  const step = fc.oneof(
    { weight: 16, arbitrary: change },
    { weight: 1, arbitrary: reopen },
    { weight: 2, arbitrary: crashDuring(change) },
  );
  const history = fc.array(step, { minLength: 10, maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(history, async (steps) => {
      const folder = await LibraryFolder.make();
      const disk = new WatchedDisk();
      const run: Run = { folder, disk, store: await folder.open(disk.openFile) };
      const model = new Model();
      try {
        for (const step of steps) await step(model, run);
        await assertSame(model, run.store);
        await run.store.close();
        run.store = await folder.open();
        await assertSame(model, run.store);
      } finally {
        await run.store.close();
        await folder.remove();
      }
    }),
    { numRuns: Number(process.env.FUZZ_RUNS ?? 20) },
  );
});
