// What a search finds, compared with plain arithmetic.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { openTemplateIndex } from '../../src/search/template-index.ts';
import { checkAgainst, drawTemplates, roundingError } from './templates.ts';

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
        const faces = owners.map((person, i) => ({ person, faceId: `f${i}`, template: draw() }));
        const index = await openTemplateIndex({ dimensions });
        for (const { person, faceId, template } of faces) index.add(person, faceId, template);
        assert.equal(index.size, faces.length);
        await checkAgainst(index, faces, draw(), persons, wanted);
        await index.close();
      },
    ),
  );
});

test('faces beyond one batch of the kernel are found', async () => {
  for (const dimensions of [128, 512]) {
    const draw = drawTemplates(dimensions, dimensions);
    const faces = Array.from({ length: 5000 }, (_, i) => ({
      person: Math.floor(i / 3),
      faceId: `f${i}`,
      template: draw(),
    }));
    const index = await openTemplateIndex({ dimensions });
    for (const { person, faceId, template } of faces) index.add(person, faceId, template);
    const everybody = Array.from({ length: 1667 }, (_, person) => person);
    await checkAgainst(index, faces, draw(), everybody, { limit: 5, minScore: -1 });
    for (const i of [0, 4095, 4096, 4999]) {
      const { person, faceId, template } = faces[i]!;
      const [best] = await index.search(template, everybody, { limit: 1, minScore: 0.9 });
      assert.deepEqual([best?.person, best?.faceId], [person, faceId]);
      assert.ok(Math.abs(best!.score - 1) <= roundingError && best!.score <= 1);
    }
  }
});

const draw = drawTemplates(7, 64);
const [anna, bob] = [draw(), draw()];
const all = { limit: 10, minScore: -1 };

test('only the persons asked about are answered, each once', async () => {
  const index = await openTemplateIndex({ dimensions: 64 });
  index.add(1, 'a', anna);
  index.add(2, 'b', bob);
  const personsOf = async (persons: Iterable<number>) =>
    (await index.search(anna, persons, all)).map(({ person }) => person);
  assert.deepEqual(await personsOf([]), []);
  assert.deepEqual(await personsOf([2, 3]), [2]);
  assert.deepEqual(await personsOf([1, 2, 1, 1]), [1, 2]);
  assert.deepEqual(await personsOf(new Set([2, 1])), [1, 2]);
});

test('of equal faces the person asked about first is ahead, and its first face', async () => {
  const index = await openTemplateIndex({ dimensions: 64 });
  for (const person of [3, 1, 2]) {
    index.add(person, 'first', anna);
    index.add(person, 'second', anna);
  }
  const found = await index.search(anna, [2, 3, 1], { limit: 2, minScore: 0 });
  assert.deepEqual(
    found.map(({ person, faceId }) => [person, faceId]),
    [
      [2, 'first'],
      [3, 'first'],
    ],
  );
});

test('a face added again takes its new template', async () => {
  const index = await openTemplateIndex({ dimensions: 64 });
  index.add(1, 'a', anna);
  index.add(1, 'a', bob);
  assert.equal(index.size, 1);
  assert.ok((await index.search(bob, [1], all))[0]!.score > 0.99);
});

test('the template given may be reused at once', async () => {
  const index = await openTemplateIndex({ dimensions: 64 });
  const given = anna.slice();
  index.add(1, 'a', given);
  given.fill(0);
  assert.ok((await index.search(anna, [1], all))[0]!.score > 0.99);
});

test('an empty index takes next to no memory', async () => {
  assert.equal((await openTemplateIndex({ dimensions: 512 })).bytes.length, 64 * 1024);
});

test('a full memory refuses the next face and keeps the others', async () => {
  const maxBytes = 3 * 64 * 1024;
  // The bytes beyond a page of WebAssembly hold nothing.
  const index = await openTemplateIndex({ dimensions: 64, maxBytes: maxBytes + 1000 });
  let held = 0;
  assert.throws(
    () => {
      for (; held < 10_000; held++) index.add(held, 'a', anna);
    },
    { message: `the search memory is full: it holds 576 templates` },
  );
  assert.equal(held, 576);
  assert.equal(index.size, 576);
  assert.equal(index.bytes.length, maxBytes);
  index.removePerson(3);
  index.add(9999, 'a', bob);
  assert.equal((await index.search(bob, [9999], all)).length, 1);
  assert.throws(() => index.add(10_000, 'a', bob), /full/);
});

test('templates and probes of another length are refused', async () => {
  const index = await openTemplateIndex({ dimensions: 64 });
  for (const length of [0, 63, 65, 128]) {
    const words = { message: `a template must have 64 dimensions, not ${length}` };
    assert.throws(() => index.add(1, 'a', new Float32Array(length)), words);
    await assert.rejects(index.search(new Float32Array(length), [1], all), words);
  }
  assert.equal(index.size, 0);
});

test('a template that is no number is never found', async () => {
  const index = await openTemplateIndex({ dimensions: 64 });
  index.add(
    1,
    'a',
    anna.map(() => Number.NaN),
  );
  assert.deepEqual(await index.search(anna, [1], all), []);
});

for (const dimensions of [0, -16, 8, 100, 4112, 16.5, Number.NaN]) {
  test(`${dimensions} dimensions are refused`, async () => {
    await assert.rejects(openTemplateIndex({ dimensions }), /multiple of 16/);
  });
}
