// Which row holds whose face: rows of removed faces are given out again, and a person's rows stay listed together.
import type { PersonHandle } from '../gallery/ports.ts';

export class Rows {
  readonly #rowsOf = new Map<PersonHandle, number[]>();
  /** By row; empty where the row is free. */
  readonly #faceIds: string[] = [];
  readonly #free: number[] = [];

  /** Rows that hold a face. */
  get size(): number {
    return this.#faceIds.length - this.#free.length;
  }

  /** The row that `take` would give out next. */
  get next(): number {
    return this.#free.at(-1) ?? this.#faceIds.length;
  }

  find(person: PersonHandle, faceId: string): number | undefined {
    return this.of(person).find((row) => this.#faceIds[row] === faceId);
  }

  /** Gives a row to a face, which has none yet. */
  take(person: PersonHandle, faceId: string): number {
    const row = this.#free.pop() ?? this.#faceIds.length;
    this.#faceIds[row] = faceId;
    const rows = this.#rowsOf.get(person);
    if (rows === undefined) this.#rowsOf.set(person, [row]);
    else rows.push(row);
    return row;
  }

  /** Frees a face's row and answers it; undefined where the person has no such face. */
  release(person: PersonHandle, faceId: string): number | undefined {
    const row = this.find(person, faceId);
    if (row === undefined) return undefined;
    const kept = this.of(person).filter((other) => other !== row);
    if (kept.length === 0) this.#rowsOf.delete(person);
    else this.#rowsOf.set(person, kept);
    this.#free.push(row);
    this.#faceIds[row] = '';
    return row;
  }

  /** A person's rows in the order they were taken. */
  of(person: PersonHandle): readonly number[] {
    return this.#rowsOf.get(person) ?? [];
  }

  faceIdOf(row: number): string {
    return this.#faceIds[row] ?? '';
  }

  persons(): PersonHandle[] {
    return [...this.#rowsOf.keys()];
  }
}
