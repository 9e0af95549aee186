// Templates drawn from a seed, and the answers of a search by plain arithmetic.
import assert from 'node:assert/strict';
import type { Candidate, FaceColumns, Template } from '../../src/gallery/ports.ts';
import type { OpenTemplateIndex } from '../../src/search/template-index.ts';

/** Unit vectors drawn from a seed, so that a failure can be repeated. */
export function drawTemplates(seed: number, dimensions: number): () => Template {
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

/** 2^-24 for each of the roundings along one of 8 sums; far above it for 512 dimensions. */
export const roundingError = 1e-5;

export interface Face {
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

/** In these tests each person is alone in the group of its own number. */
export function enrol(index: OpenTemplateIndex, person: number, faceId: string, template: Template): void {
  index.setGroups(person, [person]);
  index.add(person, faceId, template);
}

export const columnsOf = (
  faces: readonly { person: number; faceId: number; template: Template }[],
): FaceColumns => ({
  persons: Float64Array.from(faces, ({ person }) => person),
  faceIds: Float64Array.from(faces, ({ faceId }) => faceId),
  templates: Float32Array.from(faces.flatMap(({ template }) => [...template])),
});

export const searchPersons = (
  index: OpenTemplateIndex,
  probe: Template,
  persons: readonly number[],
  wanted: { limit: number; minScore: number },
): Promise<Candidate[]> => index.search(probe, { groups: persons, ...wanted });

export async function checkAgainst(
  index: OpenTemplateIndex,
  faces: readonly Face[],
  probe: Template,
  persons: readonly number[],
  wanted: { limit: number; minScore: number },
): Promise<void> {
  const found = await searchPersons(index, probe, persons, wanted);
  const best = bestOf(faces, probe, persons);
  const scores = [...best.values()].filter((score) => score >= wanted.minScore).sort((a, b) => b - a);
  assert.ok(
    Math.abs(found.length - Math.min(scores.length, wanted.limit)) <= countNear(best, wanted.minScore),
    `${found.length} persons answered`,
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

/** Whether any 16 bytes of the template stand anywhere in the memory. */
export function holdsAnyOf(index: OpenTemplateIndex, template: Template): boolean {
  const bytes = Buffer.from(template.buffer);
  const pieces = Array.from({ length: (bytes.length - 16) / 4 + 1 }, (_, i) =>
    bytes.subarray(i * 4, i * 4 + 16),
  );
  return index.memories.some((memory) => {
    const used = Buffer.from(memory.buffer, 0, lastByteOf(memory) + 1);
    return pieces.some((piece) => used.includes(piece));
  });
}

/** Where the last byte stands that is not zero; the memories are mostly empty. */
function lastByteOf(memory: Uint8Array): number {
  const words = new BigUint64Array(memory.buffer, 0, memory.length / 8);
  let last = words.length - 1;
  while (last >= 0 && words[last] === 0n) last--;
  return last * 8 + 7;
}

export const readsZero = (index: OpenTemplateIndex): boolean =>
  index.memories.every((memory) => lastByteOf(memory) < 0);
