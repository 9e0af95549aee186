// Runs one benchmark in this process, prints its section and, when asked to, writes it.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describeMachine, Page } from './bench.ts';
import { loadBench } from './benches.ts';
import { writeSection } from './document.ts';

const [name = '', ...args] = process.argv.slice(2);
const bench = await loadBench(name);
const form = args.includes('--short') ? 1 : 0;
const { values } = parseArgs({
  args,
  options: {
    short: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    document: { type: 'string', default: fileURLToPath(new URL('../docs/performance.md', import.meta.url)) },
    ...Object.fromEntries(
      Object.entries(bench.options).map(([option, choice]) => [
        option,
        { type: 'string' as const, default: choice[form] },
      ]),
    ),
  },
});
const { short, write, document, ...options } = values as Record<string, string | boolean>;
const told = Object.entries(options).flatMap(([option, value]) =>
  value === bench.options[option]![form]
    ? []
    : [` --${option} ${/^[\w,./-]+$/.test(String(value)) ? value : JSON.stringify(value)}`],
);
const page = new Page();
page.say(
  `*\`npm run bench -- ${name}${short ? ' --short' : ''}${told.join('')}\` on ${await describeMachine()}.*\n`,
);
await bench.run(options as Record<string, string>, page);
if (write) await writeSection(String(document), name, page.text, page.plots);
// Threads, sockets and engines of peers may still be open.
process.exit();
