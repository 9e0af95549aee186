// The command as a person uses it: a server started, called, its keys listed, its mistakes in plain words.
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { recordSlotBytes } from '../../src/store/record-file.ts';
import { runCommand as run, startCommand } from './command.ts';

const folder = await mkdtemp(join(tmpdir(), 'lethe-cli-'));
after(() => rm(folder, { recursive: true, force: true }));

const data = join(folder, 'library');

async function serveUntilReady(): Promise<{ server: ChildProcess; printed: string }> {
  const server = startCommand([
    'serve',
    '--data',
    data,
    '--port',
    '0',
    '--workers',
    '1',
    '--log-level',
    'silent',
  ]);
  const printed = await new Promise<string>((resolve) => {
    let text = '';
    server.stdout!.setEncoding('utf8').on('data', (more) => {
      text += more;
      if (text.includes('Ready: 0 faces loaded')) resolve(text);
    });
  });
  return { server, printed };
}

test('serve prints an AccessKey once, call uses it, keys lists it, and SIGTERM ends the server cleanly', async () => {
  const { server, printed } = await serveUntilReady();
  const [, endpoint] = /listens on (\S+)/.exec(printed)!;
  const [, id] = /AccessKey id +(\S+)/.exec(printed)!;
  const [, secret] = /AccessKey secret +(\S+)/.exec(printed)!;
  const env = { LETHE_ENDPOINT: endpoint!, LETHE_ACCESS_KEY_ID: id!, LETHE_ACCESS_KEY_SECRET: secret! };

  const added = await run(['call', 'AddPerson', '--person-id', 'mike', '--group-ids', 'a', 'b'], env);
  assert.equal(added.code, 0);
  assert.deepEqual(JSON.parse(added.out).data, { code: 200, personId: 'mike', groupIds: ['a', 'b'] });

  const deleted = await run(['call', 'DeleteFaces', '--json', '{"personId":"nobody","faceIds":["1"]}'], env);
  assert.equal(deleted.code, 1);
  assert.equal(JSON.parse(deleted.out).msg, 'The person is not exist!');

  const listed = await run(['keys', 'list', '--data', data]);
  assert.ok(listed.out.includes(id!) && !listed.out.includes(secret!));

  const temporary = await run(['keys', 'create-temporary', id!, '--data', data, '--allow', 'GetGroups']);
  const [, temporaryId, temporarySecret, token] = /id +(STS\.\S+)\n.*secret +(\S+)\n.*token +(\S+)\n/.exec(
    temporary.out,
  )!;
  const lent = {
    ...env,
    LETHE_ACCESS_KEY_ID: temporaryId!,
    LETHE_ACCESS_KEY_SECRET: temporarySecret!,
    LETHE_SECURITY_TOKEN: token!,
  };
  assert.equal((await run(['call', 'GetGroups'], lent)).code, 0);
  assert.match((await run(['call', 'GetPerson', '--person-id', 'mike'], lent)).out, /"NoPermission"/);

  await run(['keys', 'create', '--data', data, '--account', 'shop', '--allow', 'DeleteFaces, GetPerson']);
  const limited = (await run(['keys', 'list', '--data', data])).out;
  assert.match(limited, /LETHE\w{19} +│ shop +│ active .* DeleteFaces +│\n.* GetPerson +│/);
  assert.match(limited, /default │ active .* every action │/);

  const second = await run(['serve', '--data', data, '--port', '0']);
  assert.equal(second.code, 1);
  assert.match(second.err, /^lethe: .* is in use: one process at a time may serve a data folder\n$/);

  server.kill('SIGTERM');
  assert.equal(await new Promise((resolve) => server.once('exit', resolve)), 0);
  assert.equal((await stat(`${data}.root-key`)).mode & 0o777, 0o600);
});

test('serve says what the disk has changed, and serves the rest', async () => {
  // Mike's profile: the first slot after the head, which fills one, too.
  const records = await open(join(data, 'templates.bin'), 'r+');
  await records.write(Buffer.from('changed'), 0, 7, recordSlotBytes + 100);
  await records.close();
  const { server, printed } = await serveUntilReady();
  assert.match(printed, /^Damaged: 1 record does not open, because the disk changed its bytes\. /m);
  server.kill('SIGTERM');
  assert.equal(await new Promise((resolve) => server.once('exit', resolve)), 0);
  const checked = await run(['verify-erasure', '--data', data]);
  assert.equal(checked.code, 1);
  assert.match(checked.out, /^slot 1 does not open for its owner/m);
});

const mistakes: [args: string[], err: RegExp][] = [
  [['serve', '--port', '99999'], /^lethe: --port: "99999" cannot be used; it accepts a whole number/],
  [['serve', '--tls-cert', 'x.pem'], /^lethe: --tls-cert and --tls-key go together/],
  [['serve', '--data', '/dev/null/library'], /^lethe: /],
  [['keys', 'disable', 'nobody', '--data', data], /^lethe: there is no AccessKey nobody/],
  [['keys', 'create', '--data', data, '--account', 'a b'], /^lethe: --account: it accepts/],
  [
    ['keys', 'create', '--data', data, '--allow', 'GetPerson,GetPeople'],
    /^lethe: --allow: "GetPeople" cannot be used; it accepts, separated by commas, AddFaces, AddGroups, /,
  ],
  [['keys', 'create-temporary', 'nobody', '--data', data], /^lethe: there is no AccessKey nobody/],
  [
    ['keys', 'create-temporary', 'nobody', '--data', data, '--for', '13h'],
    /^lethe: --for: it accepts a duration from 1m to 12h/,
  ],
  [['call', 'GetGroups'], /^lethe: LETHE_ACCESS_KEY_ID and LETHE_ACCESS_KEY_SECRET must hold/],
  [['models', '--models', '/nowhere'], /^lethe: The manifest \/nowhere\/manifest\.json cannot be read/],
  [['nosuch'], /^error: unknown command 'nosuch'/],
];
for (const [args, err] of mistakes) {
  test(`lethe ${args.join(' ').replaceAll(folder, '…')} says what is wrong, without a stack`, async () => {
    const done = await run(args);
    assert.equal(done.code, 1);
    assert.match(done.err, err);
    assert.doesNotMatch(done.err, /\n {4}at /);
  });
}

test('a call to a server that is not there names it', async () => {
  const env = { LETHE_ACCESS_KEY_ID: 'someKey', LETHE_ACCESS_KEY_SECRET: 'some secret'.replace(' ', '-') };
  const done = await run(['call', 'GetGroups', '--endpoint', 'http://127.0.0.1:1'], env);
  assert.equal(done.code, 1);
  assert.match(done.err, /^lethe: cannot reach http:\/\/127\.0\.0\.1:1/);
});

test('the demo shows a face enrolled, found, deleted and no longer found, and leaves nothing behind', async () => {
  const done = await run(['demo']);
  assert.equal(done.err, '');
  assert.equal(done.code, 0);
  const shown = done.out
    .replaceAll(/\d{13,15}/g, 'ID')
    .replaceAll(/\d+\.\d+/g, 'RATE')
    .replace(/\S*lethe-demo-\S+/, 'FOLDER');
  assert.equal(
    shown,
    `1. Enrol the faces of sample1.jpg, from left to right
   left    face ID
   middle  face ID
   right   face ID
2. Identify every face of sample3.jpg
   face 1  nobody
   face 2  right, score RATE, rate RATE
   face 3  nobody
3. Delete the face of right
   deleteCount 1, faceIds ID
4. Identify every face of sample3.jpg again
   face 1  nobody
   face 2  nobody
   face 3  nobody
5. Verify the receipt of the deletion
   signature good, faces 1, slots read zero: 1 of keys, 1 of templates
   NIST SP 800-88r2 cryptographic erase (AES-256-GCM keys zeroed), then ciphertext overwritten with zeros
Stopped; FOLDER is removed.
`,
  );
});
