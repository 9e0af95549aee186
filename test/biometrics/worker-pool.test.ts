// A worker that dies takes its own job down and nothing else.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { WorkerPool } from '../../src/biometrics/worker-pool.ts';

// Real threads that do as they are told, and tell how many jobs they have seen.
const obedient = `
  const { parentPort } = require('node:worker_threads');
  let jobs = 0;
  parentPort.on('message', (order) => {
    jobs++;
    if (order === 'die') process.exit(3);
    if (order === 'throw') throw new Error('out of luck');
    if (order === 'fail') parentPort.postMessage({ failure: 'cannot do that' });
    else setTimeout(() => parentPort.postMessage({ result: order + ' ' + jobs }), order === 'slow' ? 20 : 0);
  });
  parentPort.postMessage('ready');
`;
const start = () => new Worker(obedient, { eval: true });
const order = (message: string) => () => message;

async function withPool(size: number, use: (pool: WorkerPool<string>) => Promise<void>): Promise<void> {
  const pool = await WorkerPool.open<string>(start, size);
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
  ['die', /the worker died \(exit code 3\)/],
  ['throw', /the worker died \(out of luck\)/],
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

// Real threads that answer the bytes they were lent and overwrite them, but for the one that is asked to die.
const borrowers = `
  const { parentPort } = require('node:worker_threads');
  parentPort.on('message', (memory) => {
    const bytes = new Uint8Array(memory);
    if (bytes[0] === 255) process.exit(3);
    const result = bytes.join(' ');
    bytes.fill(0);
    parentPort.postMessage({ result });
  });
  parentPort.postMessage('ready');
`;

test('bytes go over in memory that stays, and that is zero when the worker is done or dead', async () => {
  const pool = await WorkerPool.open<string>(() => new Worker(borrowers, { eval: true }), 1);
  const memories: SharedArrayBuffer[] = [];
  const lend = (bytes: number[]) =>
    pool.run((lent) => {
      const memory = lent.put(Uint8Array.from(bytes));
      memories.push(memory);
      return memory;
    });
  try {
    assert.equal(await lend([1, 2, 3]), '1 2 3');
    assert.equal(await lend([4, 5]), '4 5 0');
    await assert.rejects(lend([255, 6, 7]), /died/);
    assert.deepEqual([...new Uint8Array(memories[2]!)], [0, 0, 0]);
    assert.equal(await lend([8, 9]), '8 9');
    const [first, second, third, fourth] = memories;
    assert.ok(first === second && second === third && third !== fourth);
  } finally {
    await pool.close();
  }
});

test('memory for a picture larger than any that is decoded is not kept', async () => {
  const pool = await WorkerPool.open<string>(
    () =>
      new Worker(
        `const { parentPort } = require('node:worker_threads');
         parentPort.on('message', (memory) => parentPort.postMessage({ result: String(memory.byteLength) }));
         parentPort.postMessage('ready');`,
        { eval: true },
      ),
    1,
  );
  const large = 1920 * 1920 * 3 + 1;
  const lend = (length: number) => pool.run((lent) => lent.put(new Uint8Array(length)));
  try {
    assert.deepEqual([await lend(large), await lend(9), await lend(3)], [String(large), '9', '9']);
  } finally {
    await pool.close();
  }
});

test('a pool whose workers cannot start says what they died of', async () => {
  const broken = () => new Worker('throw new Error("no models here")', { eval: true });
  await assert.rejects(WorkerPool.open(broken, 2), /no models here/);
  const leaving = () => new Worker('process.exit(7)', { eval: true });
  await assert.rejects(WorkerPool.open(leaving, 1), /exit code 7 before it was ready/);
});

test('jobs that wait or run when the pool closes are rejected, and so are later ones', async () => {
  const pool = await WorkerPool.open<string>(start, 1);
  const jobs = Promise.allSettled([pool.run(order('slow')), pool.run(order('b'))]);
  await pool.close();
  for (const { status } of await jobs) assert.equal(status, 'rejected');
  await assert.rejects(pool.run(order('c')), /the pool is closed/);
});
