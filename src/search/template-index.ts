// Finds the nearest templates by comparing with every one asked about: exact, nothing to build, deletes at once.
import type { Candidate, PersonHandle, Template, TemplateIndex } from '../gallery/ports.ts';
import { BestPersons } from './best-persons.ts';
import { Rows } from './rows.ts';
import { type Batch, batchRows, Scanner } from './scanner.ts';

export interface TemplateIndexSettings {
  /** Of every template: a multiple of 16, at most 4096. */
  readonly dimensions: number;
  /** What the templates may take; just under 4 GiB where not given, which is two million of 512 dimensions. */
  readonly maxBytes?: number;
}

/** A template index whose memory can be looked into. */
export interface OpenTemplateIndex extends TemplateIndex {
  /** Every byte in which templates, probes or scores ever stand. */
  readonly bytes: Uint8Array;
}

/**
 * Opens an empty index. Each of its calls ends before it returns, so a removal and a search never overlap.
 * @throws {Error} where a setting is out of range, or the kernel was not built
 */
export async function openTemplateIndex(settings: TemplateIndexSettings): Promise<OpenTemplateIndex> {
  return new ExactIndex(await Scanner.open(settings.dimensions, settings.maxBytes));
}

class ExactIndex implements OpenTemplateIndex {
  readonly #scanner: Scanner;
  readonly #rows = new Rows();

  constructor(scanner: Scanner) {
    this.#scanner = scanner;
  }

  get size(): number {
    return this.#rows.size;
  }

  get bytes(): Uint8Array {
    return this.#scanner.bytes;
  }

  /** A face that is there already takes the new template. @throws {Error} when the memory is full */
  add(person: PersonHandle, faceId: string, template: Template): void {
    this.#check(template);
    const present = this.#rows.find(person, faceId);
    // Written before the row is taken, so that a full memory leaves no row without a template.
    this.#scanner.write(present ?? this.#rows.next, template);
    if (present === undefined) this.#rows.take(person, faceId);
  }

  remove(person: PersonHandle, faceId: string): void {
    const row = this.#rows.release(person, faceId);
    if (row !== undefined) this.#scanner.erase(row);
  }

  removePerson(person: PersonHandle): void {
    for (const row of this.#rows.of(person)) this.remove(person, this.#rows.faceIdOf(row));
  }

  countFaces(persons: Iterable<PersonHandle>): number {
    let count = 0;
    for (const person of persons) count += this.#rows.of(person).length;
    return count;
  }

  has(person: PersonHandle, faceId: string): boolean {
    return this.#rows.find(person, faceId) !== undefined;
  }

  async search(
    probe: Template,
    persons: Iterable<PersonHandle>,
    { limit, minScore }: { limit: number; minScore: number },
  ): Promise<Candidate[]> {
    this.#check(probe);
    const best = new BestPersons(limit, minScore);
    this.#scanner.withProbe(probe, (batch) => this.#scan(persons, batch, best));
    return best.ranked.map(({ person, row, score }) => ({
      person,
      faceId: this.#rows.faceIdOf(row),
      // Rounding can carry the product of two unit vectors past 1.
      score: Math.max(-1, Math.min(1, score)),
    }));
  }

  #scan(persons: Iterable<PersonHandle>, { chosen, scores, run }: Batch, best: BestPersons): void {
    const owners: PersonHandle[] = [];
    let count = 0;
    const score = () => {
      run(count);
      for (let i = 0; i < count; i++) best.offer(owners[i]!, chosen[i]!, scores[i]!);
      count = 0;
    };
    for (const person of persons) {
      for (const row of this.#rows.of(person)) {
        owners[count] = person;
        chosen[count++] = row;
        if (count === batchRows) score();
      }
    }
    score();
  }

  async close(): Promise<void> {
    for (const person of this.#rows.persons()) this.removePerson(person);
  }

  #check({ length }: Template): void {
    const { dimensions } = this.#scanner;
    if (length !== dimensions)
      throw new Error(`a template must have ${dimensions} dimensions, not ${length}`);
  }
}
