// What a search answers while faces come, go and change groups under it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type OpenTemplateIndex, openTemplateIndex } from '../../src/search/template-index.ts';
import { checkAgainst, drawTemplates, enrol, type Face, readsZero, roundingError } from './templates.ts';

const dimensions = 64;

/** Every search of these goes to the threads, in parts that leave rows out. */
const open = (mode: 'fast' | 'exact', depth = 32) =>
  openTemplateIndex({ dimensions, mode, depth, inlineFaces: 0, threads: 2 });

/** What an index should hold. */
class Model {
  readonly living = new Map<string, Face>();
  readonly groups = new Map<number, number[]>();

  facesIn(group: number): Face[] {
    return [...this.living.values()].filter(({ person }) => this.groups.get(person)?.includes(group));
  }
}

type Step =
  | { kind: 'add' | 'remove'; person: number; face: number }
  | { kind: 'removePerson'; person: number }
  | { kind: 'setGroups'; person: number; groups: number[] };

function take(step: Step, index: OpenTemplateIndex, model: Model, next: () => Float32Array): void {
  const { person } = step;
  if (step.kind === 'setGroups') {
    index.setGroups(person, step.groups);
    model.groups.set(person, step.groups);
  } else if (step.kind === 'removePerson') {
    index.removePerson(person);
    model.groups.delete(person);
    for (const [key, face] of model.living) if (face.person === person) model.living.delete(key);
  } else {
    const faceId = `${step.face}`;
    const key = `${person} ${faceId}`;
    if (step.kind === 'remove') {
      index.remove(person, faceId);
      model.living.delete(key);
    } else {
      const template = next();
      index.add(person, faceId, template);
      model.living.set(key, { person, faceId, template });
    }
  }
}

const person = fc.nat(30);
const face = fc.nat(3);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('add' as const), person, face }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('remove' as const), person, face }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('removePerson' as const), person }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('setGroups' as const),
      person,
      groups: fc.uniqueArray(fc.nat(3)),
    }),
  },
);

test('a search under way answers what is true when it answers', async () => {
  const index = await open('exact');
  await fc.assert(
    fc.asyncProperty(
      fc.integer(),
      fc.array(step, { maxLength: 200 }),
      fc.array(step, { maxLength: 60 }),
      async (seed, before, during) => {
        const next = drawTemplates(seed, dimensions);
        const model = new Model();
        for (let i = 0; i < 30; i++)
          take({ kind: 'setGroups', person: i, groups: [i % 3] }, index, model, next);
        // Always somebody: a search of nobody has answered before anything changes.
        take({ kind: 'setGroups', person: 31, groups: [1] }, index, model, next);
        take({ kind: 'add', person: 31, face: 0 }, index, model, next);
        for (const one of before) take(one, index, model, next);
        const probe = next();
        const wanted = { limit: 4, minScore: -1 };
        const found = index.search(probe, { groups: [1], ...wanted });
        for (const one of during) take(one, index, model, next);
        const answered = { ...index, search: () => found } as OpenTemplateIndex;
        const faces = model.facesIn(1);
        const persons = [...new Set(faces.map((one) => one.person))];
        await checkAgainst(answered, faces, probe, persons, wanted);
        for (let i = 0; i <= 31; i++) index.removePerson(i);
        assert.equal(index.size, 0);
      },
    ),
    { numRuns: 100 },
  );
  await index.close();
  assert.ok(readsZero(index), 'nothing is left');
});

for (const mode of ['fast', 'exact'] as const) {
  test(`${mode}: faces that come and go are found and forgotten in the same instant`, async () => {
    const next = drawTemplates(3, dimensions);
    const index = await open(mode, 256);
    const living: Face[] = [];
    const add = (serial: number) => {
      const added = { person: serial, faceId: `${serial}`, template: next() };
      index.setGroups(serial, [1, 2 + (serial % 2)]);
      index.add(serial, added.faceId, added.template);
      living.push(added);
    };
    for (let i = 0; i < 20_000; i++) add(i);
    for (let round = 0; round < 60; round++) {
      // One stays, one goes while its search is under way, one comes meanwhile.
      const stays = living[(round * 7919) % living.length]!;
      const goes = living[(round * 104_729 + 1) % living.length]!;
      const find = (template: Float32Array) =>
        index.search(template, { groups: [2, 3], excludedGroups: [4], limit: 1, minScore: 0.95 });
      const searches = [find(stays.template), find(goes.template)];
      for (let i = 0; i < 50; i++) add(20_000 + round * 50 + i);
      const comes = living.at(-1)!;
      searches.push(find(comes.template));
      if (stays !== goes) {
        index.remove(goes.person, goes.faceId);
        living.splice(living.indexOf(goes), 1);
      }
      for (const gone of living.splice(0, 49)) if (gone !== stays) index.removePerson(gone.person);
      const [kept, lost, met] = await Promise.all(searches);
      assert.deepEqual(lost, stays === goes ? lost : [], 'a removed face is not answered');
      assert.equal(met![0]?.person, comes.person, 'a face that came before its search is found');
      const isKept = living.includes(stays) || living.length === 0;
      if (isKept) assert.equal(kept![0]?.person, stays.person, 'a face that stayed is found');
    }
    await index.close();
    assert.ok(readsZero(index), 'nothing is left');
  });
}

test('a face whose nearest neighbours all go while it is searched is found', async () => {
  const next = drawTemplates(5, dimensions);
  for (const mode of ['fast', 'exact'] as const) {
    const index = await open(mode, 16);
    const probe = next();
    const beside = (share: number) => {
      const other = next();
      const mixed = probe.map((value, i) => value + share * other[i]!);
      const norm = Math.hypot(...mixed);
      return mixed.map((value) => value / norm);
    };
    for (let i = 0; i < 2000; i++) enrol(index, i, '1', next());
    for (let i = 2000; i < 2400; i++) enrol(index, i, '2', beside(0.05));
    enrol(index, 2400, '3', beside(0.3));
    const groups = Array.from({ length: 2401 }, (_, i) => i);
    const found = index.search(probe, { groups, limit: 1, minScore: 0.9 });
    for (let i = 2000; i < 2400; i++) index.removePerson(i);
    const [best] = await found;
    assert.equal(best?.person, 2400);
    assert.ok(best!.score > 0.9 && best!.score < 1 - roundingError, 'by its own score');
    await index.close();
  }
});

test('searches that wait are refused when the index is closed', async () => {
  const index = await open('exact');
  const template = drawTemplates(9, dimensions)();
  enrol(index, 1, '1', template);
  const searches = Array.from({ length: 8 }, () =>
    index.search(template, { groups: [1], limit: 1, minScore: 0 }),
  );
  const refused = Promise.all(
    searches.map((one) => assert.rejects(one, { message: 'the scanning threads are closed' })),
  );
  await index.close();
  await refused;
  await assert.rejects(
    index.search(template, { groups: [1], limit: 1, minScore: 0 }).then(([best]) => {
      if (best === undefined) throw new Error('nobody is left');
    }),
    /nobody is left|closed/,
  );
});
