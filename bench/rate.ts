// Rates of work that goes on for a while, with the CPU time of all threads.
import { median } from './figures.ts';

/** On a machine that does other things besides, the ratio of CPU times is the truer one. */
export interface Rate {
  readonly aSecond: number;
  /** Of all threads, for one face. */
  readonly cpuMs: number;
}

export async function rateOf(forMs: number, work: (endMs: number) => Promise<number>): Promise<Rate> {
  const startedAtMs = performance.now();
  const startedCpu = process.cpuUsage();
  const count = await work(startedAtMs + forMs);
  const { user, system } = process.cpuUsage(startedCpu);
  return {
    aSecond: (count * 1000) / (performance.now() - startedAtMs),
    cpuMs: (user + system) / 1000 / count,
  };
}

/** CPU time of all threads, of 50 calls after ten to warm up. */
export async function medianCpuMs(work: () => Promise<unknown>): Promise<number> {
  for (let i = 0; i < 10; i++) await work();
  const times: number[] = [];
  for (let i = 0; i < 50; i++) {
    const start = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(start);
    times.push((user + system) / 1000);
  }
  return median(times);
}
