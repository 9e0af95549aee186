// The benchmarks by name, in the order in which all of them run: the quick first, those that heat the machine last.
import type { Bench } from './bench.ts';

export const benches: Readonly<Record<string, () => Promise<{ readonly bench: Bench }>>> = {
  install: () => import('./install.ts'),
  enrol: () => import('./enrol.ts'),
  pipeline: () => import('./pipeline.ts'),
  start: () => import('./start.ts'),
  insert: () => import('./insert.ts'),
  delete: () => import('./delete.ts'),
  search: () => import('./search.ts'),
  'identify-http': () => import('./identify-http.ts'),
  depth: () => import('./depth.ts'),
  churn: () => import('./churn.ts'),
  soak: () => import('./soak.ts'),
};

/** @throws {Error} where there is none of that name */
export async function loadBench(name: string): Promise<Bench> {
  const load = benches[name];
  if (load === undefined) throw new Error(`there is no benchmark ${name}; --list names them`);
  return (await load()).bench;
}
