// A driver that ends, answers out of turn or not at all is told, and never taken for a client that was satisfied.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startDriver } from '../../conformance/driver.ts';

const folder = new URL('./', import.meta.url);
const call = {
  endpoint: 'http://127.0.0.1:1',
  method: 'POST',
  action: 'GetGroups',
  path: '/green/sface/groups',
  version: '2018-05-09',
  query: {},
  headers: {},
  body: null,
  key: null,
  timeoutMs: 1_000,
};

const start = (script: string) => {
  const driver = startDriver([process.execPath, '-e', script], folder);
  after(() => driver.close());
  return driver;
};

test('a driver answers call after call', async () => {
  const driver = start(
    "require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => console.log(JSON.stringify({ id: JSON.parse(line).id, body: '{}' })))",
  );
  assert.deepEqual(await driver.ask(call), { id: 1, body: '{}' });
  assert.deepEqual(await driver.ask(call), { id: 2, body: '{}' });
});

test('a driver that ended is told with its last words', async () => {
  const driver = start("console.error('no such SDK'); process.exitCode = 3");
  await assert.rejects(driver.ask(call), /the driver ended: no such SDK/);
});

test('a program that is not there is told', async () => {
  const driver = startDriver(['lethe-no-such-program'], folder);
  await assert.rejects(driver.ask(call), /the driver ended: spawn lethe-no-such-program ENOENT/);
});

test('an answer to another call is told', async () => {
  const driver = start(
    "process.stdin.once('data', () => console.log(JSON.stringify({ id: 9, body: '{}' })))",
  );
  await assert.rejects(driver.ask(call), /answered call 9 instead of 1/);
});
