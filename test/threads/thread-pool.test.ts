// A worker that dies takes its own job down and nothing else.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { ThreadPool, type ThreadPoolSettings } from '../../src/threads/thread-pool.ts';

// Real threads that do as they are told, and tell how many jobs they have seen.
const obedient = `
  const { parentPort } = require('node:worker_threads');
  let jobs = 0;
  parentPort.on('message', (order) => {
    jobs++;
    if (order === 'count only') return;
    if (order === 'die') process.exit(3);
    if (order === 'throw') throw new Error('out of luck');
    if (order === 'fail') parentPort.postMessage({ failure: 'cannot do that' });
    else setTimeout(() => parentPort.postMessage({ result: order + ' ' + jobs }), order === 'slow' ? 20 : 0);
  });
  parentPort.postMessage('ready');
`;
const startOf = (script: string) => () => new Worker(script, { eval: true });
const order = (message: string) => () => message;

async function openPool(settings: Partial<ThreadPoolSettings> = {}): Promise<ThreadPool<string>> {
  const pool = new ThreadPool<string>({ name: 'reliable', size: 1, start: startOf(obedient), ...settings });
  await pool.startAndWait();
  return pool;
}

async function withPool(size: number, use: (pool: ThreadPool<string>) => Promise<void>): Promise<void> {
  const pool = await openPool({ size });
  try {
    await use(pool);
  } finally {
    await pool.close();
  }
}

test('jobs are answered, in the order they were asked where there is one worker', () =>
  withPool(1, async (pool) => {
    const answered: string[] = [];
    await Promise.all(['slow', 'b', 'c', 'd'].map(async (one) => answered.push(await pool.run(order(one)))));
    assert.deepEqual(answered, ['slow 1', 'b 2', 'c 3', 'd 4']);
  }));

for (const [death, reason] of [
  ['die', /a reliable thread died \(exit code 3\)/],
  ['throw', /a reliable thread died \(out of luck\)/],
] as const) {
  test(`a worker that dies (${death}) rejects its job, and the next job has a new worker`, () =>
    withPool(1, async (pool) => {
      const dying = pool.run(order(death));
      const waiting = pool.run(order('next'));
      await assert.rejects(dying, reason);
      assert.equal(await waiting, 'next 1');
      assert.equal(await pool.run(order('again')), 'again 2');
    }));
}

test('a worker that reports a failure lives on', () =>
  withPool(1, async (pool) => {
    await assert.rejects(pool.run(order('fail')), /^Error: cannot do that$/);
    assert.equal(await pool.run(order('next')), 'next 2');
  }));

test('a worker that died does not hold up the others', () =>
  withPool(2, async (pool) => {
    const results = await Promise.allSettled(['die', 'a', 'b', 'c'].map((one) => pool.run(order(one))));
    assert.deepEqual(
      results.map(({ status }) => status),
      ['rejected', 'fulfilled', 'fulfilled', 'fulfilled'],
    );
  }));

test('a job that cannot be handed over is rejected, and the next is done', () =>
  withPool(1, async (pool) => {
    const badJob = pool.run(() => () => undefined);
    await assert.rejects(badJob, { name: 'DataCloneError' });
    assert.equal(await pool.run(order('next')), 'next 1');
  }));

test('who lends memory is told when it will not be overwritten', async () => {
  const told: string[] = [];
  const pool = await openPool({
    onLoss: (place) => told.push(`loss ${place}`),
  });
  try {
    for (const job of [order('a'), order('fail'), () => () => undefined, order('die')])
      await pool.run(job).catch(() => undefined);
    assert.deepEqual(told, ['loss 0', 'loss 0']);
  } finally {
    await pool.close();
  }
});

/** How many of 11 jobs a thread is given each time that it has none. */
async function groupsOf(jobsAtATime: number, isAlone = (_job: number) => false): Promise<number[]> {
  const groups: number[] = [];
  let isGiving = false;
  const prepare = () => {
    if (!isGiving) {
      groups.push(0);
      isGiving = true;
      queueMicrotask(() => {
        isGiving = false;
      });
    }
    groups[groups.length - 1]!++;
    return 'job';
  };
  const pool = await openPool({ jobsAtATime });
  const jobs = Array.from({ length: 11 }, (_, job) => pool.run(prepare, isAlone(job)));
  await Promise.all(jobs).finally(() => pool.close());
  return groups;
}

test('of many jobs that wait a thread is given a few at once', async () => {
  assert.deepEqual(await groupsOf(4), [1, 4, 4, 1, 1]);
  assert.deepEqual(await groupsOf(1), Array(11).fill(1));
});

test('a job that is to be alone is given alone, in its turn', async () => {
  assert.deepEqual(await groupsOf(4, (job) => job === 3), [1, 2, 1, 4, 2, 1]);
  assert.deepEqual(await groupsOf(4, () => true), Array(11).fill(1));
});

test('a worker that dies takes the jobs it was given with it, and those that wait are done', async () => {
  const pool = await openPool({ jobsAtATime: 2 });
  try {
    const runs = ['a', 'die', 'b', 'c', 'd'].map((one) => pool.run(order(one)));
    const results = await Promise.allSettled(runs);
    assert.deepEqual(
      results.map((result) => (result.status === 'fulfilled' ? result.value : 'rejected')),
      ['a 1', 'rejected', 'rejected', 'c 1', 'd 2'],
    );
  } finally {
    await pool.close();
  }
});

test('threads that run are told what all must know', async () => {
  const pool = await openPool({ size: 2 });
  try {
    pool.tell('count only');
    assert.deepEqual(await Promise.all([pool.run(order('a')), pool.run(order('b'))]), ['a 2', 'b 2']);
  } finally {
    await pool.close();
  }
});

test('a pool whose workers cannot start says what they died of', async () => {
  const broken = startOf('throw new Error("no models here")');
  await assert.rejects(openPool({ size: 2, start: broken }), /no models here/);
  await assert.rejects(openPool({ start: startOf('process.exit(7)') }), /exit code 7 before it was ready/);
});

test('jobs that wait or run when the pool closes are rejected, and so are later ones', async () => {
  const pool = await openPool();
  const jobs = Promise.allSettled([pool.run(order('slow')), pool.run(order('b'))]);
  await pool.close();
  for (const { status } of await jobs) assert.equal(status, 'rejected');
  await assert.rejects(pool.run(order('c')), /the reliable threads are closed/);
});
