// What an installation takes on disk, beside those of the peers: packages for production, models, and the program.
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineBench, type Page } from './bench.ts';
import { installPeer } from './peer-packages.ts';
import { pipelinePeers } from './pipeline-peers.ts';
import { peers as searchPeers } from './search-peers.ts';

const root = fileURLToPath(new URL('../', import.meta.url));

export const bench = defineBench({
  sentence: 'Megabytes on disk of an installation for production, beside those of the peers.',
  minutes: { full: 1, short: 0.2 },
  options: { peers: ['all', 'none', 'or none'] },
  async run(options, page) {
    page.head(['what', 'MB', 'packages']);
    const folders = listProduction();
    const modules = folders.map((folder) => measureFolder(folder, true)).reduce((sum, one) => sum + one, 0);
    const own = ['dist', 'build', 'bin']
      .map((name) => measureFolder(join(root, name)))
      .reduce((sum, one) => sum + one, 0);
    const models = measureFolder(join(root, 'models/default'));
    const strict = measureFolder(join(root, 'models/strict'));
    page.row(['Lethe: packages for production', megabytes(modules), folders.length]);
    page.row(['Lethe: models, the default set', megabytes(models), '']);
    page.row(['Lethe: models, the set of strict licences', megabytes(strict), '']);
    page.row(['Lethe: the program', megabytes(own), '']);
    page.row([
      '**Lethe, all of it**',
      `**${megabytes(modules + own + models + strict)}**`,
      folders.length + 1,
    ]);
    const largest = folders
      .map(
        (folder) =>
          [folder.slice(folder.lastIndexOf('node_modules/') + 13), measureFolder(folder, true)] as const,
      )
      .sort((a, b) => b[1] - a[1])
      .slice(0, 3)
      .map(([name, bytes]) => `${name} ${megabytes(bytes)}`);
    const later = options.peers === 'none' ? [] : await measurePeers(page);
    page.say(
      `\nThe largest packages of Lethe, MB: ${largest.join(', ')}. Models are part of what the pipeline peers install.`,
    );
    for (const sentence of later) page.say(`\n${sentence}`);
  },
});

/** Rows for those that can be installed, sentences about the others. */
async function measurePeers(page: Page): Promise<string[]> {
  const sentences: string[] = [];
  const all = [
    ...pipelinePeers.map(({ name, packages }) => ({ name: `${name} (pipeline)`, packages })),
    ...searchPeers.map(({ name, packages }) => ({ name: `${name.split(',')[0]} (search only)`, packages })),
  ];
  for (const { name, packages } of new Map(all.map((one) => [one.packages.join(), one])).values()) {
    try {
      const modules = join(await installPeer(packages), 'node_modules');
      page.row([
        `${name}: ${packages.join(', ')}`,
        megabytes(measureFolder(modules)),
        countPackages(modules),
      ]);
    } catch (error) {
      sentences.push(`${name} could not be installed: ${(error as Error).message.split('\n')[0]}`);
    }
  }
  return sentences;
}

/** The folders of all packages that `npm ci --omit=dev` would install. */
function listProduction(): string[] {
  const args = ['ls', '--omit=dev', '--all', '--parseable', '--silent'];
  const said = execFileSync('npm', args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return [...new Set(said.split('\n'))].filter((folder) => folder.includes('node_modules'));
}

/** Bytes of all files below, as they are; of a package without those that it nests, which are counted by themselves. */
function measureFolder(folder: string, isPackage = false): number {
  let bytes = 0;
  for (const entry of existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : []) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) bytes += isPackage && entry.name === 'node_modules' ? 0 : measureFolder(path);
    else bytes += lstatSync(path).size;
  }
  return bytes;
}

function countPackages(modules: string): number {
  let count = 0;
  for (const { name } of readdirSync(modules, { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  )) {
    const folder = join(modules, name);
    if (name.startsWith('@')) count += countPackages(folder);
    else if (!name.startsWith('.'))
      count +=
        1 + (existsSync(join(folder, 'node_modules')) ? countPackages(join(folder, 'node_modules')) : 0);
  }
  return count;
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
