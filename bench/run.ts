// Runs benchmarks by name: npm run bench -- NAME [options]; without a name it lists them.
import { readdir, readFile } from 'node:fs/promises';

const folder = new URL('./', import.meta.url);
const [name, ...options] = process.argv.slice(2);
const commands = new Map<string, string>();
for (const file of (await readdir(folder)).sort()) {
  const [first = ''] = (await readFile(new URL(file, folder), 'utf8').catch(() => '')).split('\n');
  // Those that can be run by themselves say so in their first lines.
  if (file.endsWith('.ts') && /npm run bench/.test(first)) commands.set(file.slice(0, -3), first.slice(3));
}
if (name === undefined || !commands.has(name)) {
  for (const [command, sentence] of commands) console.log(`${command.padEnd(10)} ${sentence}`);
  process.exitCode = name === undefined ? 0 : 2;
} else {
  process.argv.splice(2, Number.POSITIVE_INFINITY, ...options);
  await import(new URL(`${name}.ts`, folder).href);
}
