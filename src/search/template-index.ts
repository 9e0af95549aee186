// Finds the nearest templates: by their signs first, then exactly. Nothing to build, and what is removed is gone at once.
import { availableParallelism } from 'node:os';
import type {
  Candidate,
  FaceColumns,
  GroupHandle,
  PersonHandle,
  SearchWanted,
  Template,
  TemplateIndex,
} from '../gallery/ports.ts';
import { compileKernel } from '../kernels/kernel.ts';
import type { ThreadPool } from '../threads/thread-pool.ts';
import { Enrolled } from './enrolled.ts';
import { type Layout, layOut } from './layout.ts';
import { type Hits, PartScanner, type SearchMode } from './part-scanner.ts';
import { RowMemory } from './row-memory.ts';
import { openScanningThreads } from './scanning-threads.ts';
import { countRows, split } from './split.ts';
import type { ScanningOrder } from './worker.ts';

export interface TemplateIndexSettings {
  /** Of every template: a multiple of 16, at most 4096. */
  readonly dimensions: number;
  /** `fast` when left out. `exact` compares the probe with every template, and is what `fast` is measured by. */
  readonly mode?: SearchMode;
  /** One a core when left out. */
  readonly threads?: number;
  /** Up to so many faces are compared at once on the calling thread: sooner done than handed over. */
  readonly inlineFaces?: number;
  /** Rows re-scored; by the size of the library when left out: see `rescoredRows`. */
  readonly depth?: number;
}

/** For one search another way than the index's own, to be compared with. */
type SearchManner = Pick<TemplateIndexSettings, 'mode' | 'depth' | 'threads'>;

/** A template index whose memory can be looked into. */
export interface OpenTemplateIndex extends TemplateIndex {
  /** Every byte in which templates, their signs, probes or scores ever stand. */
  readonly memories: readonly Uint8Array[];
  search(probe: Template, wanted: SearchWanted, manner?: SearchManner): Promise<Candidate[]>;
}

/** Fewer are sooner compared than handed to a thread. */
const inlineFacesByDefault = { fast: 16_384, exact: 4096 } as const;

/** Rows that a fast search re-scores in each of its parts: `npm run bench -- depth` prints the rule from which it follows. */
export const rescoredRows = 1024;

/** Fewer of a small library: among fewer strangers fewer are nearer than a mate, and `rescoredRows` is what a million needs. */
const rescoredRowsOf = (rows: number) => Math.min(rescoredRows, Math.max(256, Math.ceil(rows / 512)));

/** Rows re-scored for each person wanted, since one person may have 20 faces that are nearest. */
const rescoredRowsPerPerson = 32;

/** Rows that a part answers for each person wanted: one person has 20 faces at most, and some may be gone since. */
const answeredRowsPerPerson = 32;

/**
 * Opens an empty index.
 * @throws {Error} where a setting is out of range, or the kernel was not built
 */
export async function openTemplateIndex(settings: TemplateIndexSettings): Promise<OpenTemplateIndex> {
  const layout = layOut(settings.dimensions, 1 + (settings.threads ?? availableParallelism()));
  return new SharedIndex(await compileKernel('scan'), layout, settings);
}

class SharedIndex implements OpenTemplateIndex {
  readonly #layout: Layout;
  readonly #mode: SearchMode;
  readonly #inlineFaces: number | undefined;
  readonly #depth: number | undefined;
  readonly #memory: RowMemory;
  readonly #enrolled: Enrolled;
  readonly #scanner: PartScanner;
  readonly #threads: ThreadPool<Hits>;
  /** Persons of whom a row changed since the longest of the present searches began. */
  readonly #changed: PersonHandle[] = [];
  #searches = 0;

  constructor(module: WebAssembly.Module, layout: Layout, settings: TemplateIndexSettings) {
    this.#layout = layout;
    this.#mode = settings.mode ?? 'fast';
    this.#inlineFaces = settings.inlineFaces;
    this.#depth = settings.depth;
    this.#memory = new RowMemory(module, layout, (shard) => {
      this.#scanner.addShard(shard);
      this.#threads.tell({ shard } satisfies ScanningOrder);
    });
    this.#scanner = new PartScanner(module, layout, 0, this.#memory.signs);
    this.#threads = openScanningThreads(module, layout, this.#memory);
    this.#enrolled = new Enrolled(this.#memory, (person) => {
      if (this.#searches > 0) this.#changed.push(person);
    });
  }

  get size(): number {
    return this.#enrolled.size;
  }

  get memories(): Uint8Array[] {
    return this.#memory.bytes;
  }

  setGroups(person: PersonHandle, groups: readonly GroupHandle[]): void {
    this.#enrolled.setGroups(person, groups);
  }

  /** A face that is there already takes the new template. @throws {Error} when the memory is full */
  add(person: PersonHandle, faceId: string, template: Template): void {
    this.#check(template.length);
    const before = this.size;
    this.#enrolled.add(person, faceId, template);
    this.#startThreads(before);
  }

  addAll(faces: FaceColumns): void {
    if (faces.persons.length === 0) return;
    this.#check(faces.templates.length / faces.persons.length);
    const before = this.size;
    this.#enrolled.addAll(faces);
    this.#startThreads(before);
  }

  /** More than ever one search takes on the calling thread: the first that needs the threads should find them. */
  #startThreads(before: number): void {
    const most = this.#inlineFaces ?? inlineFacesByDefault[this.#mode];
    if (before <= most && this.size > most) this.#threads.start();
  }

  remove(person: PersonHandle, faceId: string): void {
    this.#enrolled.remove(person, faceId);
  }

  removePerson(person: PersonHandle): void {
    this.#enrolled.removePerson(person);
  }

  countFaces({ groups, excludedGroups }: Pick<SearchWanted, 'groups' | 'excludedGroups'>): number {
    return countRows(this.#enrolled.extentsOf(groups, new Set(excludedGroups)));
  }

  has(person: PersonHandle, faceId: string): boolean {
    return this.#enrolled.find(person, faceId) !== undefined;
  }

  async search(probe: Template, wanted: SearchWanted, manner: SearchManner = {}): Promise<Candidate[]> {
    this.#check(probe.length);
    const excluded = new Set(wanted.excludedGroups);
    const count = countRows(this.#enrolled.extentsOf(wanted.groups, excluded));
    if (wanted.limit < 1 || count === 0) return [];
    const { mode = this.#mode, threads = this.#threads.size } = manner;
    const depth = manner.depth ?? this.#depth ?? rescoredRowsOf(count);
    const isInline = count <= (this.#inlineFaces ?? inlineFacesByDefault[mode]);
    // All threads read the one copy, which is overwritten when the answer is known.
    const copy = new Float32Array(new SharedArrayBuffer(probe.length * 4));
    copy.set(probe);
    this.#searches++;
    try {
      return await this.#searchWith(copy, wanted, excluded, {
        mode,
        depth,
        threads: isInline ? 1 : threads,
        isInline,
      });
    } finally {
      this.#searches--;
      if (this.#searches === 0) this.#changed.length = 0;
      copy.fill(0);
    }
  }

  async close(): Promise<void> {
    await this.#threads.close();
    for (const person of this.#enrolled.persons()) this.removePerson(person);
    this.#memory.erasePlaceOf(0);
  }

  /**
   * What threads find of persons of whom no row changed meanwhile is as true as when they read it; the faces of the
   * others are compared here, as they are now. So the answer is that of the moment when it is given.
   */
  async #searchWith(
    probe: Template,
    wanted: SearchWanted,
    excluded: ReadonlySet<GroupHandle>,
    { mode, depth: least, threads, isInline }: Required<SearchManner> & { isInline: boolean },
  ): Promise<Candidate[]> {
    const { groups, limit, minScore } = wanted;
    for (let growth = 1; ; growth *= 4) {
      const depth = Math.max(least, (limit - 1) * rescoredRowsPerPerson) * growth;
      const answers = limit * answeredRowsPerPerson * growth;
      const mark = this.#changed.length;
      const extents = split(this.#enrolled.extentsOf(groups, excluded), threads);
      const parts = extents.map((one) => ({ mode, probe, extents: one, depth, answers, minScore }));
      // On this thread nothing changes meanwhile.
      const found = isInline
        ? parts.map((part) => this.#scanner.scan(part))
        : await Promise.all(parts.map((part) => this.#threads.run((): ScanningOrder => ({ part }))));
      const changed = new Set(this.#changed.slice(mark));
      const { hits, stale } = this.#hitsOf(found, changed);
      const passed = hits.length + stale;
      for (const person of changed) {
        const own = this.#enrolled.groupsOf(person);
        if (!groups.some((group) => own.includes(group)) || own.some((group) => excluded.has(group)))
          continue;
        this.#compare(probe, Uint32Array.from(this.#enrolled.rowsOf(person)).sort(), minScore, hits);
      }
      const ranked = this.#rank(hits, limit);
      const isShort = ranked.length < limit;
      // No row that was compared and not answered scores more than this.
      const floor = Math.max(...found.map((one) => one.floor));
      const isWhole = isShort ? floor === Number.NEGATIVE_INFINITY : ranked.at(-1)!.score >= floor;
      // By signs alone rows were left out that these may have crowded out.
      const isCrowded =
        found.some((one) => one.isSelected) &&
        (stale * 4 > answers || (isShort && passed * 4 > depth * parts.length));
      if (isWhole && !isCrowded) return ranked;
    }
  }

  #hitsOf(found: readonly Hits[], changed: ReadonlySet<PersonHandle>): { hits: Hit[]; stale: number } {
    const hits: Hit[] = [];
    let stale = 0;
    for (const { rows, scores } of found) {
      for (const [i, row] of rows.entries()) {
        const owner = this.#enrolled.ownerOf(row);
        if (owner === undefined || changed.has(owner)) stale++;
        else hits.push({ row, score: scores[i]! });
      }
    }
    return { hits, stale };
  }

  /** Compares on this thread. */
  #compare(probe: Float32Array, all: Uint32Array, minScore: number, hits: Hit[]): void {
    this.#scanner.score(probe, all, (rows, scores, first) => {
      for (const [i, score] of scores.entries())
        if (score >= minScore) hits.push({ row: rows[first + i]!, score });
    });
  }

  /** Each person once, best first; of equal scores the face added first is ahead. */
  #rank(hits: Hit[], limit: number): Candidate[] {
    const enrolled = this.#enrolled;
    hits.sort((a, b) => b.score - a.score || enrolled.ordinalOf(a.row) - enrolled.ordinalOf(b.row));
    const ranked = new Map<PersonHandle, Candidate>();
    for (const { row, score } of hits) {
      if (ranked.size >= limit) break;
      const person = enrolled.ownerOf(row)!;
      if (ranked.has(person)) continue;
      // Rounding can carry the product of two unit vectors past 1.
      const clamped = Math.max(-1, Math.min(1, score));
      ranked.set(person, { person, faceId: enrolled.faceIdOf(row), score: clamped });
    }
    return [...ranked.values()];
  }

  #check(length: number): void {
    const { dimensions } = this.#layout;
    if (length !== dimensions)
      throw new Error(`a template must have ${dimensions} dimensions, not ${length}`);
  }
}

interface Hit {
  readonly row: number;
  readonly score: number;
}
