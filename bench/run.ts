// Runs all benchmarks, or one: npm run bench -- [NAME] [--short] [--write] [its options]; --list says what there is.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { benches, loadBench } from './benches.ts';

const [first, ...rest] = process.argv.slice(2);
const isNamed = first !== undefined && !first.startsWith('-');
const options = isNamed ? rest : process.argv.slice(2);

if (['--list', '--help', '-h', 'help', 'list'].includes(first ?? '')) await list();
else await run();

async function list(): Promise<void> {
  const total = { full: 0, short: 0 };
  for (const name of Object.keys(benches)) {
    const { sentence, minutes, options: known } = await loadBench(name);
    console.log(`${name}: ${sentence} About ${minutes.full} minutes, short ${minutes.short}.`);
    for (const [option, [full, short, meaning]] of Object.entries(known))
      console.log(`    --${option} ${full}${short === full ? '' : ` (short: ${short})`}   ${meaning}`);
    total.full += minutes.full;
    total.short += minutes.short;
  }
  console.log(`
npm run bench            all of them in this order: about ${Math.round(total.full)} minutes on two cores
npm run bench -- NAME    one of them, with its options as above
  --short                the short form: all in about ${Math.round(total.short)} minutes
  --write                put each section and its plots into docs/performance.md
  --document FILE        another page than that one`);
}

/** Each in a process of its own, so that none is measured with the memory of another. */
async function run(): Promise<void> {
  if (isNamed) await loadBench(first);
  await start('npm', ['run', '--silent', 'build:lethe']);
  const failed: string[] = [];
  for (const name of isNamed ? [first] : Object.keys(benches)) {
    if (!isNamed) console.log(`\n## ${name}\n`);
    const script = fileURLToPath(new URL('./run-one.ts', import.meta.url));
    if ((await start(process.execPath, [...process.execArgv, script, name, ...options])) !== 0)
      failed.push(name);
  }
  if (failed.length === 0) return;
  console.error(`\nFailed: ${failed.join(', ')}`);
  process.exitCode = 1;
}

async function start(command: string, args: readonly string[]): Promise<number | null> {
  const child = spawn(command, args, { stdio: 'inherit', cwd: new URL('../', import.meta.url) });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}
