// `npm run build:native`: compiles aead.cc into build/aead.node with the machine's C++ compiler (CXX, or c++); where that
// fails, says why and what it costs.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const source = join(root, 'native', 'aead.cc');
const addon = join(root, 'build', 'aead.node');
const compiler = process.env.CXX ?? 'c++';
const require = createRequire(import.meta.url);
const headers: { include_dir: string } = require('node-api-headers');

// What Node exports is found when the addon is loaded, all of it at once: one that lacks something is refused.
const linked = process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : ['-Wl,-z,now'];

rmSync(addon, { force: true });
mkdirSync(dirname(addon), { recursive: true });
try {
  const flags = ['-std=c++17', '-O2', '-Wall', '-Wextra', '-shared', '-fPIC', ...linked];
  execFileSync(compiler, [...flags, '-I', headers.include_dir, source, '-o', addon], {
    stdio: ['ignore', 'inherit', 'pipe'],
  });
} catch (error) {
  const why = (error as { stderr?: Buffer }).stderr?.toString().trim() || (error as Error).message;
  console.warn(
    `build/aead.node was not built: ${why}\nLethe does without it. A large library starts and grows slower then, since node:crypto seals and opens its records.`,
  );
}
