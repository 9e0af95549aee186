// `lethe import` of folders and files into a running Lethe, as a newcomer runs it: what comes in, what is reported, what is left alone.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { accessKey, photo, portrait, startServer } from '../support/server.ts';
import { runCommand, runHere } from './command.ts';

const server = await startServer();
const folder = await mkdtemp(join(tmpdir(), 'lethe-import-'));
after(() => rm(folder, { recursive: true, force: true }));

const env = {
  LETHE_ENDPOINT: server.lethe.url,
  LETHE_ACCESS_KEY_ID: accessKey.id,
  LETHE_ACCESS_KEY_SECRET: accessKey.secret,
};

Object.assign(process.env, env);

async function write(path: string, content: Buffer | string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), content);
}

interface Row {
  readonly person: string;
  readonly source: string;
  readonly line?: number;
  readonly outcome: string;
  readonly faceId?: string;
  readonly reason?: string;
}

const rowsOf = async (path: string): Promise<Row[]> =>
  (await readFile(join(folder, path), 'utf8'))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

/** Runs an import. */
async function runImport(name: string, ...flags: string[]) {
  const report = join(folder, 'report.ndjson');
  return {
    ...(await runHere(['import', join(folder, name), '--report', report, ...flags])),
    ...(await readReport()),
  };
}

/** The report's rows, and as lines without face ids, sorted. */
async function readReport() {
  const rows = await rowsOf('report.ndjson');
  const shown = rows.map(({ person, source, line, outcome, reason }) =>
    [person, source, line, outcome, reason].filter((part) => part !== undefined).join(' | '),
  );
  return { rows, shown: shown.sort() };
}

const personOf = async (personId: string) =>
  (await server.call('GetPerson', { personId })).data as never as {
    name?: string;
    groupIds: string[];
    faceIds: string[];
  };

const [left, middle, right, rightAgain] = await Promise.all(
  (['left', 'middle', 'right', 'rightAgain'] as const).map(portrait),
);

test('a folder of persons comes in, and each thing that cannot is named with its reason', async () => {
  await write('photos/anna/1.jpg', left!);
  await write('photos/ben/a.jpg', right!);
  await write('photos/ben/b.jpg', rightAgain!);
  await write('photos/ben/same-as-a.jpg', right!);
  await write('photos/ben/three.jpg', await photo('sample1.jpg'));
  await write('photos/ben/notes.txt', 'no picture');
  await write('photos/ben/empty.jpg', '');
  await write('photos/ben/.DS_Store', 'passed by');
  await write('photos/ben/within/x.jpg', left!);
  await write('photos/huge/1.jpg', '');
  await truncate(join(folder, 'photos/huge/1.jpg'), 20 * 1024 * 1024 + 1);
  await write('photos/José García/1.jpg', middle!);
  await write('photos/stray.jpg', left!);
  await mkdir(join(folder, 'photos/nobody'));
  await write('outside/secret.jpg', left!);
  await symlink(join(folder, 'outside/secret.jpg'), join(folder, 'photos/anna/link.jpg'));
  await symlink(join(folder, 'outside'), join(folder, 'photos/linked'));
  execFileSync('mkfifo', [join(folder, 'photos/anna/pipe.jpg')]);

  const args = ['import', join(folder, 'photos'), '--group', 'staff', '--group', 'day'];
  const run = await runCommand([...args, '--report', join(folder, 'report.ndjson')], env);
  const done = { ...run, ...(await readReport()) };
  assert.deepEqual(done.shown, [
    ' | linked | invalid | it lies in no folder of a person',
    ' | stray.jpg | invalid | it lies in no folder of a person',
    'José García | José García | invalid | the id of a person may hold letters, digits, _ and - only; Jose-Garcia-978edf would do (--fix-ids takes it)',
    'anna | anna/1.jpg | enrolled',
    'anna | anna/link.jpg | unreadable | it lies, or a link leads, outside the folder',
    'anna | anna/pipe.jpg | unreadable | it is no regular file',
    'ben | ben/a.jpg | enrolled',
    'ben | ben/b.jpg | enrolled',
    'ben | ben/empty.jpg | unreadable | it is empty',
    'ben | ben/notes.txt | refused | BAD_FORMAT: the picture is not a JPEG, PNG, WebP, GIF or BMP file',
    'ben | ben/same-as-a.jpg | samePicture | it is there already',
    'ben | ben/three.jpg | refused | 3 faces found in the picture, exactly one is needed',
    'ben | ben/within | invalid | it is a folder within a person',
    'huge | huge/1.jpg | unreadable | it has more than 20 MB',
    'nobody | nobody | noPicture | the folder holds no file',
  ]);
  assert.equal(done.code, 1);
  // Nothing but a terminal gets a bar, and nobody's name stands in what is printed.
  assert.equal(done.err, '');
  assert.doesNotMatch(done.out.replaceAll(folder, ''), /anna|ben|Jos|[0-9]{13}/);
  assert.match(done.out, /^Enrolled now: 3 faces, .* a second; 3 new persons\nEnrolled in all: 3 faces\n/);
  assert.equal((await stat(join(folder, 'report.ndjson'))).mode & 0o777, 0o600);
  assert.equal((await stat(join(folder, 'photos.import-state'))).mode & 0o777, 0o600);

  const ben = await personOf('ben');
  assert.deepEqual(ben.groupIds, ['staff', 'day']);
  assert.deepEqual(
    ben.faceIds,
    done.rows
      .filter(({ person, faceId }) => person === 'ben' && faceId !== undefined)
      .map(({ faceId }) => faceId),
  );
});

test('a second run adds what is new, adds nothing twice, and brings back nobody who was deleted since', async () => {
  await server.call('DeletePerson', { personId: 'anna' });
  const { faceIds } = await personOf('ben');
  await server.call('DeleteFaces', { personId: 'ben', faceIds: [faceIds[0]] });
  await write('photos/anna/2.jpg', middle!);
  await write('photos/ben/c.jpg', left!);

  const done = await runImport('photos', '--group', 'staff', '--fix-ids');
  assert.match(done.out, /^Enrolled now: 2 faces, .* a second; 1 new persons\nEnrolled in all: 5 faces\n/);
  assert.ok(
    done.shown.includes('anna | anna/2.jpg | deletedSince | it is left deleted'),
    done.shown.join('\n'),
  );
  assert.ok(done.shown.includes('Jose-Garcia-978edf | José García/1.jpg | enrolled'));
  assert.equal((await server.call('GetPerson', { personId: 'anna' })).msg, 'The person is not exist!');
  assert.equal((await personOf('ben')).faceIds.length, 2);
  assert.equal((await personOf('Jose-Garcia-978edf')).name, 'José García');
});

test('without its state an import leaves alone who is in Lethe already, unless told otherwise', async () => {
  const state = join(folder, 'other-state');
  await write('again/ben/d.jpg', middle!);
  const before = await personOf('ben');
  const left = await runImport('again', '--group', 'staff', '--state', state);
  assert.deepEqual(left.shown, ['ben | ben/d.jpg | personExists | it is left as it is']);
  assert.deepEqual(await personOf('ben'), before);

  const added = await runImport('again', '--group', 'staff', '--state', state, '--into-existing');
  assert.deepEqual(added.shown, ['ben | ben/d.jpg | enrolled']);
  assert.equal(added.code, 0);
});

test('a CSV as a spreadsheet saves it: byte order mark, semicolons, quotes, CRLF, and rows that cannot be used', async () => {
  const rows = [
    'Person_ID;Name;Note;Groups;Picture',
    'carl;"Carl ""C"" Müller";"a note;\r\nof two lines";csv,night;photos/anna/1.jpg',
    'carl;;;;photos/ben/a.jpg',
    'dora;Dora;;csv',
    'erik;Er"ik;;csv;photos/ben/a.jpg',
    'no id!;X;;csv;photos/ben/a.jpg',
    'finn;Finn;;;photos/ben/a.jpg',
    'gina;Gina;;csv;../outside.jpg',
    'hugo;Hugo;;csv;/etc/passwd',
    'ines;Ines;;csv;http://127.0.0.1:1/x.jpg',
    'jack;Jack;;cs v!;photos/ben/a.jpg',
    'karl;Karl;;csv;',
    'carl;;;;photos/ben/b.jpg',
  ];
  await write('people.csv', `\uFEFF${rows.join('\r\n')}\r\n`);
  const done = await runImport('people.csv');
  assert.deepEqual(done.shown, [
    ' | line 5 | 5 | invalid | the row has more or fewer columns than the first line',
    ' | line 6 | 6 | invalid | a quote stands within a value that is not quoted',
    'carl | photos/anna/1.jpg | 3 | enrolled',
    'carl | photos/ben/a.jpg | 4 | enrolled',
    'carl | photos/ben/b.jpg | 14 | enrolled',
    'finn | photos/ben/a.jpg | 8 | invalid | it is in no group: --group names one for all',
    'gina | ../outside.jpg | 9 | unreadable | there is no such file',
    'hugo | /etc/passwd | 10 | unreadable | it lies, or a link leads, outside the folder',
    'ines | http://127.0.0.1:1/x.jpg | 11 | notFetched | NOT_ALLOWED: the address of the picture is not allowed (--allow-fetch-from opens a range)',
    'jack | photos/ben/a.jpg | 12 | invalid | the id of a group may hold letters, digits, _ and - only',
    'no id! | photos/ben/a.jpg | 7 | invalid | the id of a person may hold letters, digits, _ and - only; no-id-3b9cb9 would do (--fix-ids takes it)',
  ]);
  const { faceIds: _, ...carl } = await personOf('carl');
  assert.deepEqual(carl, {
    code: 200,
    personId: 'carl',
    name: 'Carl "C" Müller',
    note: 'a note;\nof two lines',
    groupIds: ['csv', 'night'],
  });
  assert.deepEqual((await personOf('karl')).groupIds, ['csv']);
});

test('an NDJSON with lines that are none: each is named by its number, the others come in', async () => {
  const inline = `data:image/jpeg;base64,${left!.toString('base64')}`;
  const lines = [
    JSON.stringify({ personId: 'lisa', groups: ['nd'], picture: inline }),
    '{"personId":',
    '[1]',
    '',
    JSON.stringify({ personId: 'max', groups: 'nd', picture: 'data:,%00' }),
    JSON.stringify({ personId: 'nora', groups: ['nd'], picture: inline, consent: { reference: 'r' } }),
    JSON.stringify({
      personId: 'olga',
      groups: ['nd'],
      picture: inline,
      consent: { reference: 'r', purpose: 'p', basis: 'b', endsOn: '2020-01-01' },
    }),
  ];
  await write(
    'people.ndjson',
    Buffer.concat([Buffer.from(lines.join('\n')), Buffer.from('\n{"personId":"\xff"}', 'latin1')]),
  );
  const done = await runImport('people.ndjson');
  assert.deepEqual(
    done.shown.map((line) => line.replace(/data: [0-9a-f]{16}/, 'DATA')),
    [
      ' | line 2 | 2 | invalid | the line is no JSON',
      ' | line 3 | 3 | invalid | the line is no JSON object',
      ' | line 8 | 8 | invalid | it is not in UTF-8: save the file as UTF-8',
      'lisa | DATA | 1 | enrolled',
      'max | DATA | 5 | refused | BAD_FORMAT: the picture is not a JPEG, PNG, WebP, GIF or BMP file',
      'nora | DATA | 6 | invalid | the consent is not whole: it has reference, purpose, basis and endsOn',
      'olga | DATA | 7 | invalid | the consent has ended',
    ],
  );
  assert.equal((await server.call('GetPerson', { personId: 'olga' })).msg, 'The person is not exist!');
});

test('what export writes, import takes back into another library: persons, groups, consents; holds are named', async () => {
  const consent = {
    reference: 'release 7',
    purpose: 'the door',
    basis: 'GDPR 9(2)(a)',
    endsOn: '2090-01-31',
  };
  await server.call('RecordConsent', { personId: 'carl', ...consent });
  await server.call('AddPerson', { personId: 'pia', groupIds: ['gone'], note: 'in no group' });
  await server.call('DeleteGroups', { personId: 'pia', groupIds: ['gone'] });
  const data = ['--data', join(server.folder, 'data')];
  const held = ['--person', 'carl', '--reason', 'file 17', '--owner', 'legal', '--until', '2090-02-01'];
  assert.equal((await runCommand(['hold', 'set', ...held, ...data])).code, 0);

  const exported = await runHere(['export', '--to', join(folder, 'all.ndjson'), ...data]);
  assert.match(
    exported.out,
    /^\d+ persons and the ids of \d+ faces written to \S+: personal data, keep it so\n$/,
  );
  assert.equal((await stat(join(folder, 'all.ndjson'))).mode & 0o777, 0o600);
  const [head, ...lines] = (await rowsOf('all.ndjson')) as never as Record<string, unknown>[];
  assert.match(String(head!.notice), /^Personal data: /);
  const { faceIds } = await personOf('carl');
  assert.deepEqual(
    lines.filter(({ personId }) => personId === 'carl'),
    [
      {
        personId: 'carl',
        name: 'Carl "C" Müller',
        note: 'a note;\nof two lines',
        groups: ['csv', 'night'],
        consent,
        holds: [{ reason: 'file 17', owner: 'legal', until: '2090-02-01' }],
      },
      ...faceIds.map((faceId) => ({ personId: 'carl', groups: ['csv', 'night'], faceId })),
    ],
  );
  assert.ok(lines.some(({ personId }) => personId === 'pia'));

  const other = await startServer();
  const { rows } = await runImport('all.ndjson', '--endpoint', other.lethe.url);
  const reasons = rows
    .filter(({ person }) => person === 'carl' || person === 'pia')
    .map(({ reason }) => reason);
  assert.deepEqual(reasons.sort(), [
    'a legal hold until 2090-02-01: lethe hold set sets it anew',
    'it is in no group: --group names one for all',
    ...faceIds.map(() => 'the file holds no picture of this face'),
  ]);
  const read = (await other.call('GetConsent', { personId: 'carl' })).data as { consent: unknown };
  assert.deepEqual(read.consent, consent);
});

const mistakes: [args: string[], err: RegExp][] = [
  [['import'], /^give a folder or a file, or --from-green with an endpoint$/],
  [['import', 'FOLDER/photos'], /^--group: a folder names no groups, so give one that all join$/],
  [['import', 'FOLDER/photos', '--group', 'a b'], /^--group: it may hold letters/],
  [['import', 'FOLDER/photos/stray.jpg'], /^.* must be a folder or end in \.csv/],
  [['import', '--from-green', 'ftp://x'], /^--from-green: it accepts an http or https URL$/],
  [['import', '--from-green', 'http://127.0.0.1:1'], /^LETHE_SOURCE_ACCESS_KEY_ID and /],
  [
    ['import', 'FOLDER/people.csv', '--state', 'FOLDER/photos.import-state'],
    /belongs to an import of a folder of persons/,
  ],
  [['import', 'FOLDER/people.csv', '--state', 'FOLDER/people.csv'], /is no state of an import/],
  [['import', 'FOLDER/no-columns.csv'], /^the first line of the CSV must name its columns/],
  [
    ['import', 'FOLDER/people.csv', '--endpoint', 'http://127.0.0.1:1'],
    /^cannot reach http:\/\/127\.0\.0\.1:1: /,
  ],
  [['export', '--to', 'FOLDER/x.csv'], /^--to: it accepts a file that ends in \.ndjson/],
  [['export', '--to', 'FOLDER/x.ndjson', '--data', 'FOLDER/none'], /^there is no library in /],
];
for (const [args, err] of mistakes) {
  test(`lethe ${args.join(' ')} says what is wrong`, async () => {
    await write('no-columns.csv', 'a,b\n1,2\n');
    await assert.rejects(runHere(args.map((arg) => arg.replace('FOLDER', folder))), { message: err });
  });
}
