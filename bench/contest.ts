// Engines that search the same faces by turns, so that all see the same machine, with the memory's speed beside them.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { median } from './figures.ts';
import type { Engine } from './search-peers.ts';

export interface Contestant {
  readonly name: string;
  readonly note: string;
  readonly engine: Engine;
  readonly buildMs: number;
  readonly bytesPerFace: number;
  readonly times: number[];
  found: number;
}

/** What one engine's searches may take in all; slower ones have fewer rounds. */
const budgetMs = 20_000;
/** The first rounds compile and warm up. */
const warmUpRounds = 3;
const collectGarbage = enableGarbageCollection();

/** Builds an engine of `faces` faces and says what that took. */
export async function contest(
  name: string,
  note: string,
  faces: number,
  build: () => Promise<Engine>,
): Promise<Contestant> {
  collectGarbage();
  const before = process.memoryUsage().rss;
  const startedAtMs = performance.now();
  const engine = await build();
  const buildMs = performance.now() - startedAtMs;
  collectGarbage();
  const bytesPerFace = (process.memoryUsage().rss - before) / faces;
  return { name, note, engine, buildMs, bytesPerFace, times: [], found: 0 };
}

/** The same engine asked in another way. */
export function manner(name: string, note: string, of: Contestant, search: Engine['search']): Contestant {
  return { ...of, name, note, engine: { search }, times: [] };
}

/** Every engine once a round; answers the memory's bytes a second on one core, measured in the same rounds. */
export async function alternate(
  contestants: readonly Contestant[],
  probes: readonly Float32Array[],
  truth: readonly number[],
  rounds: number,
): Promise<number> {
  const unread = Buffer.alloc(2 ** 29, 0x55);
  const rates: number[] = [];
  const spent = new Map(contestants.map(({ name }) => [name, 0]));
  for (let round = -warmUpRounds; round < rounds; round++) {
    const at = (round + warmUpRounds) % probes.length;
    for (const contestant of contestants) {
      const { name, engine, times } = contestant;
      if (spent.get(name)! > budgetMs) continue;
      const startedAtMs = performance.now();
      const answer = await engine.search(probes[at]!);
      const tookMs = performance.now() - startedAtMs;
      spent.set(name, spent.get(name)! + tookMs);
      if (round < 0) continue;
      times.push(tookMs);
      if (answer === truth[at]) contestant.found++;
    }
    // A byte that is not there: the C library reads all of it, as fast as memory gives.
    const startedAtMs = performance.now();
    unread.indexOf(0xaa);
    if (round >= 0) rates.push(unread.length / ((performance.now() - startedAtMs) / 1000));
  }
  return median(rates);
}

/** So that what is garbage is not counted as an engine's memory. */
function enableGarbageCollection(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
