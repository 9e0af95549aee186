// Scans a part of the rows in the shared memories; each thread has one, with a place of its own for what it works on.
import { batchExtents, batchRows, type Layout, maxWeighed, scoring, selecting } from './layout.ts';
import { writeSignCode, writeWeights } from './sign-code.ts';
import { TopRows } from './top-rows.ts';

export type SearchMode = 'fast' | 'exact';

export interface Part {
  readonly mode: SearchMode;
  readonly probe: Float32Array;
  /** First row and number of rows, each. */
  readonly extents: Uint32Array;
  /** When fast: rows chosen by their signs, and of these re-scored. */
  readonly weighed: number;
  readonly depth: number;
  /** Rows answered at most. */
  readonly answers: number;
  readonly minScore: number;
}

export interface Hits {
  readonly rows: Uint32Array<ArrayBuffer>;
  /** Comparison scores, none below the least asked for. */
  readonly scores: Float32Array<ArrayBuffer>;
  /** No row that was compared and left out scores more; -Infinity where none was left out. */
  readonly floor: number;
  /** Rows were left out by their signs alone. */
  readonly isSelected: boolean;
}

type Dot = (probe: number, rows: number, dims: number, chosen: number, count: number, scores: number) => void;
type Nearest = (
  ...places: [
    probe: number,
    codes: number,
    codeBytes: number,
    extents: number,
    extentCount: number,
    depth: number,
    state: number,
    histogram: number,
    kept: number,
    capacity: number,
  ]
) => void;

type Weigh = (
  ...places: [
    codes: number,
    codeBytes: number,
    weights: number,
    depth: number,
    state: number,
    histogram: number,
    kept: number,
  ]
) => void;

/** One memory of templates, as this thread sees it. */
interface Shard {
  readonly dot: Dot;
  readonly probe: Float32Array;
  readonly chosen: Uint32Array;
  readonly scores: Float32Array;
}

export class PartScanner {
  readonly #module: WebAssembly.Module;
  readonly #layout: Layout;
  readonly #thread: number;
  readonly #shards: Shard[] = [];
  readonly #nearest: Nearest;
  readonly #weigh: Weigh;
  readonly #codes: SharedArrayBuffer;

  /** Memories must reach past the places of all threads. */
  constructor(module: WebAssembly.Module, layout: Layout, thread: number, codes: WebAssembly.Memory) {
    this.#module = module;
    this.#layout = layout;
    this.#thread = thread;
    this.#codes = codes.buffer;
    const { exports } = new WebAssembly.Instance(module, { env: { memory: codes } });
    this.#nearest = exports.nearest as Nearest;
    this.#weigh = exports.weigh as Weigh;
  }

  /** Takes the next memory of templates. */
  addShard(memory: WebAssembly.Memory): void {
    const { exports } = new WebAssembly.Instance(this.#module, { env: { memory } });
    const at = this.#thread * scoring.bytes;
    this.#shards.push({
      dot: exports.scan as Dot,
      probe: new Float32Array(memory.buffer, at + scoring.probe, this.#layout.dimensions),
      chosen: new Uint32Array(memory.buffer, at + scoring.chosen, batchRows),
      scores: new Float32Array(memory.buffer, at + scoring.scores, batchRows),
    });
  }

  /** The best rows of a part, in no order. Probe, scores and distances read zero in the memories afterwards. */
  scan({ mode, probe, extents, weighed, depth, answers, minScore }: Part): Hits {
    const count = countRows(extents);
    const isFast = mode === 'fast' && count > depth && depth <= maxWeighed;
    const top = new TopRows(answers, minScore);
    this.score(
      probe,
      isFast ? this.#select(probe, extents, Math.max(weighed, depth), depth) : rowsOf(extents),
      (rows, scores, first) => {
        for (let i = 0; i < scores.length; i++) top.offer(rows[first + i]!, scores[i]!);
      },
    );
    return { ...top.take(), isSelected: isFast };
  }

  /** Calls back with the comparison scores of the rows from `first` on, in the order given, until all are scored. */
  score(
    probe: Float32Array,
    rows: Uint32Array,
    onScores: (rows: Uint32Array, scores: Float32Array, first: number) => void,
  ): void {
    const { shardOrder, dimensions, templatesAt } = this.#layout;
    const mask = 2 ** shardOrder - 1;
    const own = this.#thread * scoring.bytes;
    const used = new Set<Shard>();
    try {
      for (let first = 0; first < rows.length; ) {
        const number = rows[first]! >>> shardOrder;
        const shard = this.#shards[number]!;
        if (!used.has(shard)) shard.probe.set(probe);
        used.add(shard);
        const { chosen, scores } = shard;
        const most = Math.min(batchRows, rows.length - first);
        let count = 0;
        while (count < most && rows[first + count]! >>> shardOrder === number) {
          chosen[count] = rows[first + count]! & mask;
          count++;
        }
        shard.dot(own, templatesAt, dimensions, own + scoring.chosen, count, own + scoring.scores);
        onScores(rows, scores.subarray(0, count), first);
        first += count;
      }
    } finally {
      for (const { probe: copy, scores } of used) {
        copy.fill(0);
        scores.fill(0);
      }
    }
  }

  /** Of the rows that are nearest by their signs, the nearest by weight. */
  #select(probe: Float32Array, extents: Uint32Array, weighed: number, depth: number): Uint32Array {
    const { codeBytes, codesAt } = this.#layout;
    const at = this.#thread * selecting.bytes;
    const place = new Uint32Array(this.#codes, at, selecting.bytes / 4);
    const code = place.subarray(0, codeBytes / 4);
    const state = place.subarray(selecting.state / 4, selecting.state / 4 + 3);
    const given = place.subarray(selecting.extents / 4, selecting.extents / 4 + batchExtents * 2);
    const kept = place.subarray(selecting.kept / 4);
    const [stateAt, histogramAt, keptAt] = [
      at + selecting.state,
      at + selecting.histogram,
      at + selecting.kept,
    ];
    place.fill(0, 0, selecting.weights / 4);
    writeSignCode(probe, code);
    state[0] = codeBytes * 8 + 1;
    const capacity = weighed * 3;
    for (let from = 0; from < extents.length; from += batchExtents * 2) {
      const some = extents.subarray(from, from + batchExtents * 2);
      given.set(some);
      this.#nearest(
        at,
        codesAt,
        codeBytes,
        at + selecting.extents,
        some.length / 2,
        weighed,
        stateAt,
        histogramAt,
        keptAt,
        capacity,
      );
    }
    if (weighed > depth) {
      const weights = new Uint16Array(this.#codes, at + selecting.weights, codeBytes * 256);
      writeWeights(probe, new Uint8Array(this.#codes, at, codeBytes), weights);
      this.#weigh(codesAt, codeBytes, at + selecting.weights, depth, stateAt, histogramAt, keptAt);
      weights.fill(0);
    }
    const rows = new Uint32Array(state[2]!);
    for (let i = 0; i < rows.length; i++) rows[i] = kept[i * 2 + 1]!;
    place.fill(0, 0, selecting.weights / 4);
    kept.fill(0, 0, capacity * 2);
    return this.#byShard(rows);
  }

  /** One memory after another, since each has a kernel of its own. */
  #byShard(rows: Uint32Array): Uint32Array {
    const { shardOrder } = this.#layout;
    const places = new Uint32Array(this.#shards.length + 1);
    for (const row of rows) places[(row >>> shardOrder) + 1]!++;
    for (let shard = 1; shard < places.length; shard++) places[shard]! += places[shard - 1]!;
    const ordered = new Uint32Array(rows.length);
    for (const row of rows) ordered[places[row >>> shardOrder]!++] = row;
    return ordered;
  }
}

export function countRows(extents: Uint32Array): number {
  let count = 0;
  for (let i = 1; i < extents.length; i += 2) count += extents[i]!;
  return count;
}

function rowsOf(extents: Uint32Array): Uint32Array {
  const rows = new Uint32Array(countRows(extents));
  let at = 0;
  for (let i = 0; i < extents.length; i += 2) {
    const end = extents[i]! + extents[i + 1]!;
    for (let row = extents[i]!; row < end; row++) rows[at++] = row;
  }
  return rows;
}
