// Scans a part of the rows in the shared memories; each thread has one, with a place of its own for what it works on.
import { batchRows, type Layout, maxDepth, scoring } from './layout.ts';
import { RowSelector } from './row-selector.ts';
import { countRows } from './split.ts';
import { TopRows } from './top-rows.ts';

export type SearchMode = 'fast' | 'exact';

export interface Part {
  readonly mode: SearchMode;
  readonly probe: Float32Array;
  /** First row and number of rows, each. */
  readonly extents: Uint32Array;
  /** When fast: about so many rows are chosen by their signs and scored. */
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
  readonly #selector: RowSelector;

  /** Memories must reach past the places of all threads. */
  constructor(module: WebAssembly.Module, layout: Layout, thread: number, signs: WebAssembly.Memory) {
    this.#module = module;
    this.#layout = layout;
    this.#thread = thread;
    this.#selector = new RowSelector(module, layout, thread, signs);
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
  scan({ mode, probe, extents, depth, answers, minScore }: Part): Hits {
    const count = countRows(extents);
    const isFast = mode === 'fast' && count > depth && depth <= maxDepth;
    const top = new TopRows(answers, minScore);
    const chosen = isFast ? this.#byShard(this.#selector.select(probe, extents, depth)) : rowsOf(extents);
    this.score(probe, chosen, (rows, scores, first) => {
      for (let i = 0; i < scores.length; i++) top.offer(rows[first + i]!, scores[i]!);
    });
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

function rowsOf(extents: Uint32Array): Uint32Array {
  const rows = new Uint32Array(countRows(extents));
  let at = 0;
  for (let i = 0; i < extents.length; i += 2) {
    const end = extents[i]! + extents[i + 1]!;
    for (let row = extents[i]!; row < end; row++) rows[at++] = row;
  }
  return rows;
}
