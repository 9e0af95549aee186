// Templates for benchmarks, drawn from a seed: like those of real faces, or in all directions alike.
import { readFile } from 'node:fs/promises';
import { compileKernel } from '../src/kernels/kernel.ts';
import { openMemory } from '../src/search/shared-memory.ts';
import type { PhotographedFace } from './photographs.ts';

export const dimensions = 512;

/**
 * What templates of the default model are like: their mean, their covariance, and how much two of one person have in
 * common. Made by template-statistics.ts from 1,444 photographs of Labeled Faces in the Wild; float32, little-endian:
 * mean, lower triangle of the covariance row by row, then the scores of mates at evenly spaced quantiles.
 */
export const statisticsFile = new URL('./template-statistics.bin', import.meta.url);
const triangle = (dimensions * (dimensions + 1)) / 2;
const quantiles = 65;

export type Kind = 'like real faces' | 'random';

/** @param wanted both, or a part of the name of one */
export function kindsOf(wanted: string): Kind[] {
  const kinds: Kind[] = ['like real faces', 'random'];
  return kinds.filter((kind) => wanted === 'both' || kind.includes(wanted));
}

export interface Drawing {
  /** A face of somebody new. */
  drawFace(): Float32Array;
  /** Another face of whom this one is of; by the score of a mate drawn from those measured. */
  drawMate(face: Float32Array, score?: number): Float32Array;
}

/**
 * Real: normal with the measured mean and covariance, then of unit length, as a template is. A mate has as much of the
 * first face in it as its score says, and the rest is drawn anew with the same covariance. Random: mean zero, all
 * dimensions alike and independent; mates in the same way.
 */
export async function openDrawing(kind: Kind, seed: number): Promise<Drawing> {
  const file = await readFile(statisticsFile);
  const values = new Float32Array(file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength));
  const scores = values.subarray(dimensions + triangle);
  const random = new Random(seed);
  const draw = kind === 'random' ? drawAlike(random) : await drawLike(values, random);
  return {
    drawFace: () => toUnit(draw()),
    drawMate(face, given) {
      const at = random.next() * (quantiles - 1);
      const low = Math.floor(at);
      const score = given ?? scores[low]! + (at - low) * (scores[low + 1]! - scores[low]!);
      const other = toUnit(draw());
      const common = dot(face, other);
      // The part of the other that the face has no share in, so that the score is the one wanted.
      const rest = toUnit(other.map((value, i) => value - common * face[i]!));
      const share = Math.sqrt(1 - score * score);
      return toUnit(rest.map((value, i) => share * value + score * face[i]!));
    },
  };
}

/** @throws {Error} where the photographs hold too few mates to say how they score */
export function writeStatistics(faces: readonly PhotographedFace[]): Uint8Array {
  const mates = faces.flatMap((one, i) =>
    faces
      .slice(i + 1)
      .flatMap((other) => (other.person === one.person ? [dot(one.template, other.template)] : [])),
  );
  if (mates.length < 100) throw new Error(`${mates.length} pairs of one person are too few`);
  mates.sort((a, b) => a - b);
  const values = new Float32Array(dimensions + triangle + quantiles);
  const mean = new Float64Array(dimensions);
  for (const { template } of faces)
    for (const [i, value] of template.entries()) mean[i]! += value / faces.length;
  values.set(mean);
  let at = dimensions;
  for (let i = 0; i < dimensions; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (const { template } of faces) sum += (template[i]! - mean[i]!) * (template[j]! - mean[j]!);
      values[at++] = sum / (faces.length - 1);
    }
  }
  for (let q = 0; q < quantiles; q++)
    values[at++] = mates[Math.round((q / (quantiles - 1)) * (mates.length - 1))]!;
  return new Uint8Array(values.buffer);
}

function drawAlike(random: Random): () => Float32Array {
  return () => Float32Array.from({ length: dimensions }, () => random.normal());
}

/** The product of the root with a normal vector, by the kernel that scores templates: a million in half a minute. */
async function drawLike(values: Float32Array, random: Random): Promise<() => Float32Array> {
  const mean = values.subarray(0, dimensions);
  const root = rootOf(values.subarray(dimensions, dimensions + triangle));
  const [normalAt, chosenAt, productAt, rootAt] = [0, 2048, 4096, 8192];
  const memory = openMemory(rootAt + dimensions * dimensions * 4);
  const { exports } = new WebAssembly.Instance(await compileKernel('scan'), { env: { memory } });
  const multiply = exports.scan as (...places: number[]) => void;
  const normal = new Float32Array(memory.buffer, normalAt, dimensions);
  const product = new Float32Array(memory.buffer, productAt, dimensions);
  new Uint32Array(memory.buffer, chosenAt, dimensions).forEach((_, i, chosen) => {
    chosen[i] = i;
  });
  const square = new Float32Array(memory.buffer, rootAt, dimensions * dimensions);
  for (let i = 0; i < dimensions; i++)
    for (let j = 0; j <= i; j++) square[i * dimensions + j] = root[(i * (i + 1)) / 2 + j]!;
  return () => {
    for (let i = 0; i < dimensions; i++) normal[i] = random.normal();
    multiply(normalAt, rootAt, dimensions, chosenAt, dimensions, productAt);
    return Float32Array.from(product, (value, i) => value + mean[i]!);
  };
}

/**
 * Added to each variance, of which the mean is 0.002: the templates lie in about 250 of the 512 directions, and rounding
 * to float32 would leave some of the others with less than none.
 */
const ridge = 1e-6;

/** Cholesky: the lower triangle whose product with its transpose is the covariance. */
function rootOf(covariance: Float32Array): Float64Array {
  const root = Float64Array.from(covariance);
  const place = (i: number, j: number) => (i * (i + 1)) / 2 + j;
  for (let i = 0; i < dimensions; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = root[place(i, j)]!;
      for (let k = 0; k < j; k++) sum -= root[place(i, k)]! * root[place(j, k)]!;
      root[place(i, j)] = i === j ? Math.sqrt(sum + ridge) : sum / root[place(j, j)]!;
    }
  }
  return root;
}

export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function toUnit(values: Float32Array): Float32Array {
  const length = Math.sqrt(dot(values, values));
  for (let i = 0; i < values.length; i++) values[i]! /= length;
  return values;
}

/** xorshift128 (Marsaglia 2003), started by splitmix32. */
export class Random {
  readonly #state: Int32Array;

  constructor(seed: number) {
    let state = seed | 0;
    this.#state = Int32Array.from({ length: 4 }, () => {
      state = (state + 0x9e3779b9) | 0;
      let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
      mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
      return mixed ^ (mixed >>> 16);
    });
  }

  /** 0 to 1, with 32 bits. */
  next(): number {
    return (this.#word() >>> 0) / 2 ** 32;
  }

  /** The sum of the four bytes of a word, scaled: near enough to normal where many are added. */
  normal(): number {
    const word = this.#word();
    const sum = (word & 255) + ((word >>> 8) & 255) + ((word >>> 16) & 255) + (word >>> 24);
    // Four bytes have a mean of 4 x 127.5 and a variance of 4 x (256^2 - 1) / 12.
    return (sum - 510) / 147.80054;
  }

  #word(): number {
    const state = this.#state;
    let t = state[3]!;
    const s = state[0]!;
    state[3] = state[2]!;
    state[2] = state[1]!;
    state[1] = s;
    t ^= t << 11;
    t ^= t >>> 8;
    state[0] = t ^ s ^ (s >>> 19);
    return state[0]!;
  }
}
