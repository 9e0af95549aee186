// What a search finds, compared with plain arithmetic.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { openTemplateIndex } from '../../src/search/template-index.ts';
import { checkAgainst, columnsOf, drawTemplates, enrol, roundingError, searchPersons } from './templates.ts';

test('a search answers what plain arithmetic answers', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer(),
      fc.constantFrom(16, 32, 48, 128, 512, 1008),
      fc.array(fc.nat(12), { maxLength: 60 }),
      fc.array(fc.nat(14), { maxLength: 15 }),
      fc.record({ limit: fc.nat(8), minScore: fc.constantFrom(-1, 0, 0.05, 0.3) }),
      async (seed, dimensions, owners, persons, wanted) => {
        const draw = drawTemplates(seed, dimensions);
        const faces = owners.map((person, i) => ({ person, faceId: `${i}`, template: draw() }));
        const index = await openTemplateIndex({ dimensions });
        for (const { person, faceId, template } of faces) enrol(index, person, faceId, template);
        assert.equal(index.size, faces.length);
        await checkAgainst(index, faces, draw(), persons, wanted);
        await index.close();
      },
    ),
  );
});

test('faces beyond one batch of the kernel are found, by an exact search in the order of their scores', async () => {
  for (const dimensions of [128, 512]) {
    const draw = drawTemplates(dimensions, dimensions);
    const faces = Array.from({ length: 5000 }, (_, i) => ({
      person: Math.floor(i / 3),
      faceId: `${i}`,
      template: draw(),
    }));
    const index = await openTemplateIndex({ dimensions, mode: 'exact' });
    for (const { person, faceId, template } of faces) enrol(index, person, faceId, template);
    const everybody = Array.from({ length: 1667 }, (_, person) => person);
    await checkAgainst(index, faces, draw(), everybody, { limit: 5, minScore: -1 });
    for (const i of [0, 4095, 4096, 4999]) {
      const { person, faceId, template } = faces[i]!;
      const [best] = await searchPersons(index, template, everybody, { limit: 1, minScore: 0.9 });
      assert.deepEqual([best?.person, best?.faceId], [person, faceId]);
      assert.ok(Math.abs(best!.score - 1) <= roundingError && best!.score <= 1);
    }
    await index.close();
  }
});

const draw = drawTemplates(7, 64);
const [anna, bob] = [draw(), draw()];
const all = { limit: 10, minScore: -1 };

test('only the persons asked about are answered, each once', async () => {
  const index = await openTemplateIndex({ dimensions: 64 });
  enrol(index, 1, '1', anna);
  enrol(index, 2, '2', bob);
  const personsOf = async (persons: readonly number[]) =>
    (await searchPersons(index, anna, persons, all)).map(({ person }) => person);
  assert.deepEqual(await personsOf([]), []);
  assert.deepEqual(await personsOf([2, 3]), [2]);
  assert.deepEqual(await personsOf([1, 2, 1, 1]), [1, 2]);
  assert.deepEqual(await personsOf([2, 1]), [1, 2]);
});

test('of equal faces the one added first is ahead, however rows lie', async () => {
  const index = await openTemplateIndex({ dimensions: 64 });
  enrol(index, 9, '1', anna);
  for (const person of [3, 1, 2]) {
    enrol(index, person, '1', anna);
    enrol(index, person, '2', anna);
  }
  index.removePerson(9);
  // Its rows move to other places.
  index.setGroups(3, [3, 7]);
  const found = await searchPersons(index, anna, [2, 3, 1], { limit: 2, minScore: 0 });
  assert.deepEqual(
    found.map(({ person, faceId }) => [person, faceId]),
    [
      [3, '1'],
      [1, '1'],
    ],
  );
});

test('a search goes over some groups and leaves others out', async () => {
  const index = await openTemplateIndex({ dimensions: 64 });
  const groupsOf = [[], [1], [2], [1, 2], [3], [2, 3], [1, 2, 3]];
  for (const [person, groups] of groupsOf.entries()) {
    index.add(person, '1', anna);
    index.setGroups(person, groups);
  }
  const find = async (groups: number[], excludedGroups: number[] = []) =>
    (await index.search(anna, { groups, excludedGroups, limit: 9, minScore: -1 })).map(
      ({ person }) => person,
    );
  assert.deepEqual(await find([1]), [1, 3, 6]);
  assert.deepEqual(await find([1, 2, 2]), [1, 2, 3, 5, 6]);
  assert.deepEqual(await find([1, 2], [3]), [1, 2, 3]);
  assert.deepEqual(await find([2], [2]), []);
  assert.deepEqual(await find([], [2]), []);
  assert.deepEqual(await find([4]), []);
  index.setGroups(6, [4]);
  assert.deepEqual(await find([1]), [1, 3]);
  assert.deepEqual(await find([4]), [6]);
});

test('a face added again takes its new template', async () => {
  const index = await openTemplateIndex({ dimensions: 64 });
  enrol(index, 1, '1', anna);
  enrol(index, 1, '1', bob);
  assert.equal(index.size, 1);
  assert.ok((await searchPersons(index, bob, [1], all))[0]!.score > 0.99);
});

test('faces added together are found as those added one after the other', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer(),
      fc.array(fc.record({ person: fc.nat(6), faceId: fc.nat(9) }), { maxLength: 80 }),
      fc.array(fc.nat(80), { maxLength: 3 }),
      async (seed, added, cuts) => {
        const draw = drawTemplates(seed, 64);
        const faces = added.map((face) => ({ ...face, template: draw() }));
        const [together, apart] = [
          await openTemplateIndex({ dimensions: 64 }),
          await openTemplateIndex({ dimensions: 64 }),
        ];
        for (const index of [together, apart])
          for (const person of [0, 2, 4]) index.setGroups(person, [person % 4]);
        for (const { person, faceId, template } of faces) apart.add(person, `${faceId}`, template);
        const ends = [...cuts, 0, faces.length].sort((a, b) => a - b);
        for (const [i, from] of ends.entries()) together.addAll(columnsOf(faces.slice(from, ends[i + 1])));
        for (const index of [together, apart])
          for (const person of [1, 3, 5, 6]) index.setGroups(person, [person % 4]);
        assert.equal(together.size, apart.size);
        const [probe, wanted] = [draw(), { groups: [0, 1, 2, 3], limit: 10, minScore: -1 }];
        assert.deepEqual(await together.search(probe, wanted), await apart.search(probe, wanted));
        await Promise.all([together.close(), apart.close()]);
      },
    ),
  );
});

test('the template given may be reused at once', async () => {
  const index = await openTemplateIndex({ dimensions: 64 });
  const given = anna.slice();
  enrol(index, 1, '1', given);
  given.fill(0);
  assert.ok((await searchPersons(index, anna, [1], all))[0]!.score > 0.99);
});

test('an empty index takes next to no memory', async () => {
  const { memories } = await openTemplateIndex({ dimensions: 512, threads: 1 });
  assert.ok(memories.reduce((sum, { length }) => sum + length, 0) < 2 * 1024 * 1024);
});

test('templates and probes of another length are refused', async () => {
  const index = await openTemplateIndex({ dimensions: 64 });
  for (const length of [0, 63, 65, 128]) {
    const words = { message: `a template must have 64 dimensions, not ${length}` };
    assert.throws(() => enrol(index, 1, '1', new Float32Array(length)), words);
    const one = { person: 1, faceId: 1, template: new Float32Array(length) };
    assert.throws(() => index.addAll(columnsOf([one])), words);
    await assert.rejects(searchPersons(index, new Float32Array(length), [1], all), words);
  }
  assert.equal(index.size, 0);
});

test('a face id that is no whole number in plain digits is refused', async () => {
  const index = await openTemplateIndex({ dimensions: 64 });
  for (const faceId of ['', 'a', '01', '1.5', '1e3', ' 1', '9007199254740993'])
    assert.throws(() => enrol(index, 1, faceId, anna), { message: 'a face id must be a whole number' });
  assert.equal(index.size, 0);
});

// Of 128 and 144 fewer planes than a scan can read, of 512 more.
for (const dimensions of [128, 144, 512])
  test(`of ${dimensions} dimensions, the few rows scored exactly are the nearest by their signs`, async () => {
    const index = await openTemplateIndex({ dimensions, depth: 16 });
    const next = drawTemplates(11, dimensions);
    const faces = Array.from({ length: 16_000 }, next);
    for (const [person, face] of faces.entries()) {
      index.setGroups(person, [1]);
      index.add(person, '1', face);
    }
    const wanted = { groups: [1], limit: 1, minScore: -1 };
    for (const face of faces.slice(0, 200)) {
      const other = next();
      const probe = face.map((value, i) => value + other[i]! / 2);
      assert.deepEqual(
        await index.search(probe, wanted),
        await index.search(probe, wanted, { mode: 'exact' }),
      );
    }
    for (const person of faces.keys()) index.removePerson(person);
    // The first memory: signs, and what a search works on.
    assert.ok(index.memories[0]!.every((byte) => byte === 0));
  });

test('a template that is no number is never found', async () => {
  const index = await openTemplateIndex({ dimensions: 64 });
  enrol(
    index,
    1,
    '1',
    anna.map(() => Number.NaN),
  );
  assert.deepEqual(await searchPersons(index, anna, [1], all), []);
});

for (const dimensions of [0, -16, 8, 100, 4112, 16.5, Number.NaN]) {
  test(`${dimensions} dimensions are refused`, async () => {
    await assert.rejects(openTemplateIndex({ dimensions }), /multiple of 16/);
  });
}
