// What is left of a face in the search after its removal: nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { openTemplateIndex } from '../../src/search/template-index.ts';
import {
  checkAgainst,
  drawTemplates,
  enrol,
  type Face,
  holdsAnyOf,
  readsZero,
  searchPersons,
} from './templates.ts';

const draw = drawTemplates(7, 64);
const [anna, bob, probe] = [draw(), draw(), draw()];
const all = { limit: 10, minScore: -1 };

test('a removed face is never answered, and its memory reads zero', async () => {
  const index = await openTemplateIndex({ dimensions: 64 });
  enrol(index, 1, '1', anna);
  enrol(index, 1, '2', bob);
  assert.ok(holdsAnyOf(index, anna));
  index.remove(1, '1');
  assert.ok(!holdsAnyOf(index, anna));
  assert.ok(holdsAnyOf(index, bob));
  assert.deepEqual(
    (await searchPersons(index, anna, [1], all)).map(({ faceId }) => faceId),
    ['2'],
  );
});

test('a search with a face that was removed leaves nothing of it', async () => {
  const index = await openTemplateIndex({ dimensions: 64 });
  enrol(index, 1, '2', bob);
  await searchPersons(index, anna, [1], all);
  assert.ok(!holdsAnyOf(index, anna));
});

test("a removed person's faces are gone, and nobody else's", async () => {
  const index = await openTemplateIndex({ dimensions: 64 });
  for (const faceId of ['1', '2', '3']) enrol(index, 1, faceId, anna);
  enrol(index, 2, '4', bob);
  index.removePerson(1);
  assert.equal(index.size, 1);
  assert.ok(!holdsAnyOf(index, anna));
  assert.deepEqual(
    (await searchPersons(index, anna, [1, 2], all)).map(({ person }) => person),
    [2],
  );
});

test('to remove what is not there does nothing', async () => {
  const index = await openTemplateIndex({ dimensions: 64 });
  enrol(index, 1, '1', anna);
  index.remove(1, '2');
  index.remove(2, '1');
  index.removePerson(3);
  index.remove(1, '1');
  index.remove(1, '1');
  assert.equal(index.size, 0);
  assert.deepEqual(await searchPersons(index, probe, [1, 2, 3], all), []);
});

test('after any history the index answers as one that holds the living faces only', async () => {
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ kind: fc.constant('add' as const), person: fc.nat(5), face: fc.nat(4) }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('remove' as const), person: fc.nat(5), face: fc.nat(4) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('removePerson' as const), person: fc.nat(5) }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.array(step, { maxLength: 80 }), async (seed, steps) => {
      const next = drawTemplates(seed, 32);
      const index = await openTemplateIndex({ dimensions: 32 });
      const living = new Map<string, Face>();
      const removed: Face[] = [];
      const bury = (key: string) => {
        const face = living.get(key);
        if (face !== undefined) removed.push(face);
        living.delete(key);
      };
      for (const action of steps) {
        const { person } = action;
        if (action.kind === 'removePerson') {
          index.removePerson(person);
          for (const [key, face] of living) if (face.person === person) bury(key);
          continue;
        }
        const faceId = `${action.face}`;
        bury(`${person} ${faceId}`);
        if (action.kind === 'remove') {
          index.remove(person, faceId);
        } else {
          const template = next();
          enrol(index, person, faceId, template);
          living.set(`${person} ${faceId}`, { person, faceId, template });
        }
      }
      assert.equal(index.size, living.size);
      for (const { template } of removed.slice(-3)) assert.ok(!holdsAnyOf(index, template));
      await checkAgainst(index, [...living.values()], next(), [0, 1, 2, 3, 4, 5], all);
    }),
    { numRuns: 50 },
  );
});

test('rows of removed faces are used again: churn takes no memory', async () => {
  const index = await openTemplateIndex({ dimensions: 64 });
  for (let i = 0; i < 1000; i++) enrol(index, i, '1', anna);
  const bytesOf = () => index.memories.map(({ length }) => length);
  const before = bytesOf();
  for (let i = 0; i < 200_000; i++) {
    index.removePerson(i);
    enrol(index, i + 1000, '1', anna);
  }
  assert.equal(index.size, 1000);
  assert.deepEqual(bytesOf(), before);
});

test('an index that is closed holds nothing', async () => {
  const index = await openTemplateIndex({ dimensions: 64 });
  for (let i = 0; i < 100; i++) enrol(index, i % 7, `${i}`, anna);
  await index.close();
  assert.equal(index.size, 0);
  assert.ok(readsZero(index));
});
