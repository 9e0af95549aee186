// Scans nobody waits for, with the real sender and receivers on loopback: repeated, bounded, and never told too late.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import type { Report, SubmittedScan } from '../../src/gallery/scan-tasks.ts';
import { Refusal } from '../../src/wire/errors.ts';
import { maxScanResults, maxWaitingScanCharacters, maxWaitingScans } from '../../src/wire/limits.ts';
import { receiveCallbacks } from '../support/callback-receiver.ts';
import { openScanTasks } from '../support/scan-tasks.ts';

let endAll = () => {};
const end = new Promise<void>((resolve) => {
  endAll = resolve;
});

function openTasks(nowMs = () => 0) {
  let giveUp = () => {};
  const undelivered = new Promise<void>((resolve) => {
    giveUp = resolve;
  });
  const failures: unknown[] = [];
  const tasks = openScanTasks({
    nowMs,
    onFailure: (_, error) => failures.push(error),
    onUndelivered: giveUp,
    repeatAfterMs: () => 1,
  });
  after(() => {
    endAll();
    return tasks.close();
  });
  return { tasks, undelivered, failures };
}

const scanOf = (work: () => Promise<Report>, characters = 1): SubmittedScan => ({
  taskId: randomUUID(),
  head: { url: 'u' },
  characters,
  work,
});
const found = (report: object) => scanOf(async () => () => report);
const slow = (characters?: number) => scanOf(() => end.then(() => () => ({})), characters);
const form = (report: object) => new URLSearchParams({ content: JSON.stringify(report) }).toString();

test('a callback is repeated until it is answered with 200', async () => {
  const { tasks } = openTasks();
  const receiver = await receiveCallbacks((count) => [500, 302, 204, 404, 200][count - 1]!);
  tasks.submit('a', [found({ code: 200 })], { url: receiver.url, writeForm: form });
  await receiver.nth(5);
  await tasks.close();
  assert.deepEqual(
    receiver.received.map(({ path, form }) => [path, form.content]),
    Array(5).fill(['/found', '{"code":200}']),
  );
});

test('a callback that is never answered with 200 is repeated 16 times and given up', async () => {
  const { tasks, undelivered } = openTasks();
  const receiver = await receiveCallbacks(() => 503);
  tasks.submit('a', [found({})], { url: receiver.url, writeForm: form });
  await undelivered;
  assert.equal(receiver.received.length, 17);
});

test('a repeat tells what is true by then', async () => {
  const { tasks } = openTasks();
  let persons = ['anna'];
  const receiver = await receiveCallbacks((count) => {
    persons = [];
    return count === 1 ? 500 : 200;
  });
  tasks.submit('a', [scanOf(async () => () => ({ persons }))], { url: receiver.url, writeForm: form });
  await receiver.nth(2);
  assert.deepEqual(
    receiver.received.map(({ form }) => form.content),
    ['{"persons":["anna"]}', '{"persons":[]}'],
  );
});

test('nothing is told once the hour is over, or the tasks are closed', async () => {
  let nowMs = 0;
  const { tasks } = openTasks(() => nowMs);
  const receiver = await receiveCallbacks(() => {
    nowMs = 3_600_000;
    return 500;
  });
  const scan = found({});
  tasks.submit('a', [scan], { url: receiver.url, writeForm: form });
  await receiver.nth(1);
  await tasks.close();
  assert.equal(receiver.received.length, 1);
  assert.equal(tasks.find('a', scan.taskId), undefined);
});

test('a scan that breaks answers GENERAL_ERROR and is reported', async () => {
  const { tasks, failures } = openTasks();
  const receiver = await receiveCallbacks();
  const broken = scanOf(() => Promise.reject(new Error('a bug')));
  tasks.submit('a', [broken], { url: receiver.url, writeForm: form });
  const { form: told } = await receiver.nth(1);
  assert.equal(told.content, '{"code":500,"msg":"GENERAL_ERROR","url":"u"}');
  assert.match(String(failures[0]), /a bug/);
});

const isFull = (error: unknown) => error instanceof Refusal && error.code === 588;

test('what waits is bounded in number and in characters, for each account', () => {
  const { tasks } = openTasks();
  tasks.submit(
    'a',
    Array.from({ length: maxWaitingScans }, () => slow()),
  );
  assert.throws(() => tasks.submit('a', [slow()]), isFull);
  tasks.submit('b', [slow(maxWaitingScanCharacters + 1)]);
  assert.throws(() => tasks.submit('b', [slow()]), isFull);
  tasks.submit('c', [slow()]);
});

test('the oldest results of an account give way, and no other account notices', async () => {
  const { tasks } = openTasks();
  const theirs = found({ whose: 'b' });
  tasks.submit('b', [theirs]);
  const first = found({ which: 'first' });
  tasks.submit('a', [first]);
  for (let held = 1; held < maxScanResults; held += 500) {
    tasks.submit(
      'a',
      Array.from({ length: Math.min(500, maxScanResults - held) }, () => found({})),
    );
    await new Promise(setImmediate);
  }
  assert.deepEqual(tasks.find('a', first.taskId)?.report, { which: 'first' });
  tasks.submit('a', [found({})]);
  assert.equal(tasks.find('a', first.taskId), undefined);
  assert.deepEqual(tasks.find('b', theirs.taskId)?.report, { whose: 'b' });
});
