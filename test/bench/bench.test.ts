// The benchmarks are listed, have their place in the docs, and write what they print there.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Page } from '../../bench/bench.ts';
import { benches } from '../../bench/benches.ts';
import { writeSection } from '../../bench/document.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const run = async (script: string, ...args: readonly string[]): Promise<string> => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script, ...args], {
    cwd: root,
  });
  return stdout;
};

test('every benchmark is listed with a sentence and what it takes', async () => {
  const listed = await run('bench/run.ts', '--list');
  for (const name of Object.keys(benches))
    assert.match(listed, new RegExp(`^${name}: \\S.* About \\d+ minutes`, 'm'));
});

test('every benchmark has its place in docs/performance.md, below the command that prints it', async () => {
  const document = await readFile(join(root, 'docs/performance.md'), 'utf8');
  for (const name of Object.keys(benches)) {
    const [before, after] = document.split(`<!-- bench ${name} -->`);
    assert.match(before!.slice(before!.lastIndexOf('\n## ')), new RegExp(`\`npm run bench -- ${name}\``));
    assert.ok(after?.includes(`<!-- end of bench ${name} -->`), name);
  }
});

test('a benchmark writes what it printed into its own section, the machine named, and nothing else', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'lethe-bench-test-'));
  t.after(() => rm(folder, { recursive: true }));
  const page = join(folder, 'page.md');
  await writeFile(page, 'Before\n\n<!-- bench insert -->\n\nold\n\n<!-- end of bench insert -->\n\nAfter\n');
  const printed = await run(
    'bench/run-one.ts',
    'insert',
    '--faces',
    '640',
    '--short',
    '--write',
    '--document',
    page,
  );
  assert.equal(
    await readFile(page, 'utf8'),
    `Before\n\n<!-- bench insert -->\n\n${printed.trim()}\n\n<!-- end of bench insert -->\n\nAfter\n`,
  );
  assert.match(
    printed,
    /^\*`npm run bench -- insert --short --faces 640` on .*, \d+ cores?, \d+ GiB, Node v/,
  );
  assert.match(printed, /\n\| 20 \| \d+ \| \d+ \| \d+ \|\n/);
});

test('a plot stands beside the page that shows it', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'lethe-bench-test-'));
  t.after(() => rm(folder, { recursive: true }));
  const document = join(folder, 'page.md');
  await writeFile(document, '<!-- bench one -->\n<!-- end of bench one -->\n');
  const page = new Page();
  page.plot('one', {
    title: 'One',
    x: { label: 'x', kind: 'linear', from: 0, to: 1 },
    y: { label: 'y', kind: 'log', from: 1, to: 10 },
    lines: [{ name: 'a', points: [[0.5, 5]], colour: 0, isDotted: true }],
  });
  await writeSection(document, 'one', page.text, page.plots);
  assert.deepEqual(await readdir(join(folder, 'plots')), ['one.svg']);
  assert.match(await readFile(document, 'utf8'), /!\[One\]\(plots\/one\.svg\)/);
  assert.match(await readFile(join(folder, 'plots/one.svg'), 'utf8'), /<circle cx="343\.0" cy="/);
  await assert.rejects(writeSection(document, 'two', '', new Map()), /has no <!-- bench two -->/);
});
