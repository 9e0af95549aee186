// What a search finds, compared with plain arithmetic, and what is left of a face after its removal.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Template } from '../../src/gallery/ports.ts';
import { type OpenTemplateIndex, openTemplateIndex } from '../../src/search/template-index.ts';

/** Unit vectors drawn from a seed, so that a failure can be repeated. */
function drawTemplates(seed: number, dimensions: number): () => Template {
  let state = seed | 0;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return state / 2 ** 31;
  };
  return () => {
    const values = Float32Array.from({ length: dimensions }, () => next() + next() + next());
    const norm = Math.hypot(...values);
    return values.map((value) => value / norm);
  };
}

const cosine = (a: Template, b: Template): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

/** 2^-24 for each of the roundings along one of 16 sums; far above it for 512 dimensions. */
const roundingError = 1e-5;

interface Face {
  person: number;
  faceId: string;
  template: Template;
}

/** The answer by plain arithmetic in double precision. */
function bestOf(faces: readonly Face[], probe: Template, persons: readonly number[]): Map<number, number> {
  const best = new Map<number, number>();
  for (const { person, template } of faces) {
    if (!persons.includes(person)) continue;
    best.set(person, Math.max(best.get(person) ?? -1, cosine(template, probe)));
  }
  return best;
}

async function checkAgainst(
  index: OpenTemplateIndex,
  faces: readonly Face[],
  probe: Template,
  persons: readonly number[],
  wanted: { limit: number; minScore: number },
): Promise<void> {
  const found = await index.search(probe, persons, wanted);
  const best = bestOf(faces, probe, persons);
  const scores = [...best.values()].filter((score) => score >= wanted.minScore).sort((a, b) => b - a);
  assert.ok(
    Math.abs(found.length - Math.min(scores.length, wanted.limit)) <= countNear(best, wanted.minScore),
  );
  for (const [rank, { person, faceId, score }] of found.entries()) {
    const face = faces.find((other) => other.person === person && other.faceId === faceId);
    assert.ok(face !== undefined, `${person} ${faceId} is nobody's`);
    assert.ok(Math.abs(score - cosine(face.template, probe)) <= roundingError);
    assert.ok(Math.abs(score - best.get(person)!) <= roundingError);
    assert.ok(Math.abs(score - (scores[rank] ?? wanted.minScore)) <= roundingError);
    assert.ok(score >= wanted.minScore && score <= (found[rank - 1]?.score ?? 1));
  }
  assert.equal(new Set(found.map(({ person }) => person)).size, found.length);
}

const countNear = (best: Map<number, number>, minScore: number): number =>
  [...best.values()].filter((score) => Math.abs(score - minScore) <= roundingError).length;

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
const [anna, bob, probe] = [draw(), draw(), draw()];
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

/** Whether any 16 bytes of the template stand anywhere in the memory. */
function holdsAnyOf(index: OpenTemplateIndex, template: Template): boolean {
  const memory = Buffer.from(index.bytes.buffer);
  const bytes = Buffer.from(template.buffer);
  for (let at = 0; at + 16 <= bytes.length; at += 4) {
    if (memory.includes(bytes.subarray(at, at + 16))) return true;
  }
  return false;
}

test('a removed face is never answered, and its memory reads zero', async () => {
  const index = await openTemplateIndex({ dimensions: 64 });
  index.add(1, 'a', anna);
  index.add(1, 'b', bob);
  assert.ok(holdsAnyOf(index, anna));
  index.remove(1, 'a');
  assert.ok(!holdsAnyOf(index, anna));
  assert.ok(holdsAnyOf(index, bob));
  assert.deepEqual(
    (await index.search(anna, [1], all)).map(({ faceId }) => faceId),
    ['b'],
  );
});

test('a search with a face that was removed leaves nothing of it', async () => {
  const index = await openTemplateIndex({ dimensions: 64 });
  index.add(1, 'b', bob);
  await index.search(anna, [1], all);
  assert.ok(!holdsAnyOf(index, anna));
});

test("a removed person's faces are gone, and nobody else's", async () => {
  const index = await openTemplateIndex({ dimensions: 64 });
  for (const faceId of ['a', 'b', 'c']) index.add(1, faceId, anna);
  index.add(2, 'd', bob);
  index.removePerson(1);
  assert.equal(index.size, 1);
  assert.ok(!holdsAnyOf(index, anna));
  assert.deepEqual(
    (await index.search(anna, [1, 2], all)).map(({ person }) => person),
    [2],
  );
});

test('to remove what is not there does nothing', async () => {
  const index = await openTemplateIndex({ dimensions: 64 });
  index.add(1, 'a', anna);
  index.remove(1, 'b');
  index.remove(2, 'a');
  index.removePerson(3);
  index.remove(1, 'a');
  index.remove(1, 'a');
  assert.equal(index.size, 0);
  assert.deepEqual(await index.search(probe, [1, 2, 3], all), []);
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
        const faceId = `f${action.face}`;
        bury(`${person} ${faceId}`);
        if (action.kind === 'remove') {
          index.remove(person, faceId);
        } else {
          const template = next();
          index.add(person, faceId, template);
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
  for (let i = 0; i < 1000; i++) index.add(i, 'a', anna);
  const before = index.bytes.length;
  for (let i = 0; i < 200_000; i++) {
    index.removePerson(i);
    index.add(i + 1000, 'a', anna);
  }
  assert.equal(index.size, 1000);
  assert.equal(index.bytes.length, before);
});

test('an empty index takes next to no memory', async () => {
  assert.equal((await openTemplateIndex({ dimensions: 512 })).bytes.length, 64 * 1024);
});

test('an index that is closed holds nothing', async () => {
  const index = await openTemplateIndex({ dimensions: 64 });
  for (let i = 0; i < 100; i++) index.add(i % 7, `f${i}`, anna);
  await index.close();
  assert.equal(index.size, 0);
  assert.ok(index.bytes.every((byte) => byte === 0));
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
