// Starts a worker thread from a module of ours, whether it is compiled or still TypeScript.
import { type ResourceLimits, Worker } from 'node:worker_threads';

/**
 * @param caller `import.meta.url` of the file beside which the module stands
 * @param name of the module, without its ending: a `.js` in dist, a `.ts` in src, for which threads of Node 20 do not
 * inherit tsx
 */
export function startThread(
  caller: string,
  name: string,
  workerData: object,
  resourceLimits: ResourceLimits = {},
): Worker {
  const options = { workerData, resourceLimits };
  if (!caller.endsWith('.ts')) return new Worker(new URL(`./${name}.js`, caller), options);
  const entry = JSON.stringify(new URL(`./${name}.ts`, caller));
  const tsx = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const script = `import(${tsx}).then(({ register }) => { register(); return import(${entry}); });`;
  return new Worker(script, { ...options, eval: true });
}
