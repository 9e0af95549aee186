// Imports point down the layers and never back, adapters do not know each other, and each package has one owner.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../src/', import.meta.url));
const adapters = ['images', 'biometrics', 'search', 'store', 'callbacks'];

// What each folder may import besides itself; a file of src/ itself is a layer of its own.
const allowed: Record<string, readonly string[]> = {
  wire: [],
  gallery: ['wire'],
  operations: ['gallery', 'wire'],
  threads: [],
  kernels: [],
  jpeg: ['kernels'],
  images: ['gallery/ports', 'jpeg', 'wire'],
  biometrics: ['gallery/ports', 'jpeg', 'kernels', 'threads', 'wire'],
  search: ['gallery/ports', 'kernels', 'threads', 'wire'],
  // The form of a receipt is as much the store's business as its ports.
  store: ['gallery/ports', 'gallery/receipts', 'gallery/receipt-verification', 'threads', 'wire'],
  callbacks: ['gallery/ports', 'wire'],
  config: [],
  server: ['operations', 'gallery', 'wire'],
  derive: ['config', 'operations', 'wire'],
  library: ['config', 'gallery', 'store'],
  main: ['library', 'config', 'server', 'gallery', ...adapters],
  cli: [
    'main',
    'library',
    'derive',
    'config',
    'server',
    'operations',
    'gallery',
    'wire',
    'images',
    'biometrics',
  ],
};

const owners: Record<string, readonly string[]> = {
  zod: ['wire', 'operations', 'config', 'derive', 'biometrics'],
  'lossless-json': ['wire'],
  sharp: ['images'],
  'fast-bmp': ['images'],
  'ipaddr.js': ['images'],
  'onnxruntime-node': ['biometrics'],
  'better-sqlite3': ['store'],
  pino: ['server', 'main'],
  'p-limit': ['main', 'images'],
  commander: ['cli'],
  'cli-table3': ['cli'],
  'cli-progress': ['cli'],
  'csv-parse': ['cli'],
  'csv-stringify': ['cli'],
  'p-retry': ['cli'],
};

interface Source {
  /** Path below src/, without its ending. */
  readonly name: string;
  readonly layer: string;
  readonly imports: readonly string[];
}

const sources: Source[] = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts') && !/^\w+\/kernel\//.test(path))
  .map((path) => {
    const text = readFileSync(join(root, path), 'utf8');
    const specifiers = [
      ...text.matchAll(/^(?:import|export)\b[^;'"]*?from\s+'([^']+)'|\bimport\('([^']+)'\)/gm),
    ];
    const imports = specifiers.map(([, from, dynamic]) => (from ?? dynamic)!);
    const name = path.replace(/\.ts$/, '');
    return {
      name,
      layer: layerOf(name),
      imports: imports.map((one) =>
        one.startsWith('.') ? relative(root, resolve(root, dirname(path), one)).replace(/\.ts$/, '') : one,
      ),
    };
  });

function layerOf(name: string): string {
  return name.split('/')[0]!;
}

const isOurs = (specifier: string): boolean => sources.some(({ name }) => name === specifier);

test('there are sources, in every layer', () => {
  assert.deepEqual([...new Set(sources.map(({ layer }) => layer))].sort(), Object.keys(allowed).sort());
});

for (const { name, layer, imports } of sources) {
  test(`${name} imports only what its layer may`, () => {
    for (const specifier of imports.filter(isOurs)) {
      const target = layerOf(specifier);
      const isAllowed =
        target === layer || allowed[layer]!.some((one) => one === target || one === specifier);
      assert.ok(isAllowed, `${name} imports ${specifier}`);
    }
    for (const specifier of imports.filter((one) => !isOurs(one) && !one.startsWith('node:'))) {
      const owner = owners[specifier];
      assert.ok(owner?.includes(layer), `${name} imports ${specifier}, which is not its folder's to use`);
    }
  });
}

test('no file imports itself, however far round', () => {
  const importsOf = new Map(sources.map(({ name, imports }) => [name, imports.filter(isOurs)]));
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): void => {
    assert.ok(!path.includes(name), `a cycle: ${[...path, name].join(' -> ')}`);
    if (done.has(name)) return;
    for (const next of importsOf.get(name)!) visit(next, [...path, name]);
    done.add(name);
  };
  for (const name of importsOf.keys()) visit(name, []);
});

test('every file says in its first line what it is for', () => {
  for (const { name } of sources) {
    assert.match(readFileSync(join(root, `${name}.ts`), 'utf8'), /^\/\/ \S.{15,}/, name);
  }
});
