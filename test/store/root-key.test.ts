// The root key is made once, kept from others, and never guessed at.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { readRootKey } from '../../src/store/root-key.ts';

describe('a root key', () => {
  let parent: string;
  let dataFolder: string;
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'lethe-root-key-'));
    dataFolder = join(parent, 'data');
  });
  afterEach(() => rm(parent, { recursive: true }));

  it('is made beside the data folder on the first start, for its owner alone, and read on the next', async () => {
    const made = await readRootKey({ dataFolder: `${dataFolder}/` });
    assert.deepEqual([made.file, made.isNew, made.key.length], [join(parent, 'data.root-key'), true, 32]);
    assert.equal((await stat(made.file!)).mode & 0o777, 0o600);
    assert.deepEqual(await readRootKey({ dataFolder }), { ...made, isNew: false });
    assert.deepEqual(await readdir(parent), ['data.root-key']);
  });

  it('is one key when two starts make it at once', async () => {
    const [one, other] = await Promise.all([readRootKey({ dataFolder }), readRootKey({ dataFolder })]);
    assert.deepEqual(one.key, other.key);
    assert.deepEqual(await readdir(parent), ['data.root-key']);
  });

  it('is read from the file named', async () => {
    const file = join(parent, 'key');
    await writeFile(file, Buffer.alloc(32, 7), { mode: 0o400 });
    assert.deepEqual(await readRootKey({ dataFolder, file }), {
      key: Buffer.alloc(32, 7),
      file,
      isNew: false,
    });
  });

  it('is refused when others can read it', async () => {
    const { file } = await readRootKey({ dataFolder });
    for (const mode of [0o640, 0o604, 0o644]) {
      await chmod(file!, mode);
      await assert.rejects(readRootKey({ dataFolder }), new RegExp(`mode ${mode.toString(8)}\\): chmod 600`));
    }
  });

  it('is refused when it has another length', async () => {
    const file = join(parent, 'key');
    for (const length of [0, 31, 33]) {
      await writeFile(file, Buffer.alloc(length), { mode: 0o600 });
      await assert.rejects(
        readRootKey({ dataFolder, file }),
        new RegExp(`must hold 32 bytes, not ${length}`),
      );
    }
  });

  it('is not made anew where a library needs the old one, nor where the file named is missing', async () => {
    await assert.rejects(readRootKey({ dataFolder, file: join(parent, 'key') }), /key is missing/);
    await mkdir(dataFolder);
    await writeFile(join(dataFolder, 'library.db'), '');
    await assert.rejects(readRootKey({ dataFolder }), /is missing, and .* cannot be read without it/);
    assert.deepEqual(await readdir(parent), ['data']);
  });

  it('is the variable’s 64 hexadecimal digits, and no file is made then', async () => {
    const hex = '0123456789abcdefABCDEF'.padEnd(64, '7');
    assert.deepEqual(await readRootKey({ dataFolder, hex }), { key: Buffer.from(hex, 'hex'), isNew: false });
    assert.deepEqual(await readdir(parent), []);
  });

  it('is what the command prints, as it is, in hexadecimal or in base64', async () => {
    const key = randomBytes(32);
    for (const form of ['latin1', 'hex', 'base64'] as const) {
      const file = join(parent, `printed by ${form}`);
      await writeFile(file, form === 'latin1' ? key : `${key.toString(form)}\n`);
      const read = await readRootKey({ dataFolder, command: `cat '${file}'` });
      assert.deepEqual(read, { key, isNew: false });
    }
  });

  const secret = 'deadbeef'.repeat(7);
  const commands: [command: string, words: RegExp][] = [
    [`printf ${secret}`, /^the root key command printf must print 32 bytes/],
    ['false', /^the root key command false failed with status 1$/],
    ['/nowhere/at/all', /^the root key command \/nowhere\/at\/all cannot be run: /],
    ['head -c 5000 /dev/zero', /prints more than a key$/],
    ['printf "unclosed', /has a quote that is not closed/],
    ['   ', /^the root key command is empty$/],
    ['printf $HOME;ls', /must print 32 bytes/],
  ];
  for (const [command, words] of commands) {
    it(`is refused in plain words from the command ${command.replace(secret, '…')}`, async () => {
      const error = await readRootKey({ dataFolder, command }).catch((cause: Error) => cause);
      assert.ok(error instanceof Error);
      assert.match(error.message, words);
      assert.ok(!error.message.includes(secret), 'what it printed is not repeated');
    });
  }
});
