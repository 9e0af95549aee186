// The sender of callbacks goes nowhere that the operator does not allow, waits for nobody, and follows nobody.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { openCallbackSender } from '../../src/callbacks/post-form.ts';
import { allowAddresses, lookUpAllowed, type ResolveName } from '../../src/images/addresses.ts';
import { receiveCallbacks } from '../support/callback-receiver.ts';

/** Every name is an address of this machine. */
const resolveToLoopback: ResolveName = (_, __, answer) => answer(null, [{ address: '127.0.0.1', family: 4 }]);
const senderWith = (allowed: string[], timeoutMs?: number) => {
  const isAllowed = allowAddresses(allowed);
  return openCallbackSender({
    isAllowed,
    lookup: lookUpAllowed(isAllowed, resolveToLoopback),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
};
const { signal } = new AbortController();

test('a name that stands for a private address gets nothing, unless the operator allows it', async () => {
  const receiver = await receiveCallbacks();
  const byName = receiver.url.replace('127.0.0.1', 'receiver.example');
  assert.equal(await senderWith([]).post(byName, () => 'a=1', signal), false);
  assert.equal(await senderWith([]).post(receiver.url, () => 'a=1', signal), false);
  assert.equal(receiver.received.length, 0);
  assert.equal(await senderWith(['127.0.0.0/8']).post(byName, () => 'a=1', signal), true);
  assert.deepEqual(receiver.received[0]!.form, { a: '1' });
});

test('a redirect is an answer like any other, and not followed', async () => {
  const receiver = await receiveCallbacks(() => 307);
  assert.equal(await senderWith(['127.0.0.1']).post(receiver.url, () => 'a=1', signal), false);
  assert.deepEqual(
    receiver.received.map(({ path }) => path),
    ['/found'],
  );
});

test('the form is written once the connection stands, and not at all when there is nothing left to say', async () => {
  const receiver = await receiveCallbacks();
  const sender = senderWith(['127.0.0.1']);
  assert.equal(await sender.post(receiver.url, () => undefined, signal), false);
  const unreachable = 'http://127.0.0.1:1/';
  assert.equal(await sender.post(unreachable, () => assert.fail('was written'), signal), false);
  assert.equal(
    await sender.post(
      receiver.url,
      () => {
        throw new Error('a bug');
      },
      signal,
    ),
    false,
  );
  assert.equal(receiver.received.length, 0);
});

async function listenWith(onConnection: (socket: Socket) => void): Promise<string> {
  const server = createServer(onConnection).listen(0, '127.0.0.1');
  await once(server, 'listening');
  after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

test('a receiver that accepts and says nothing, or talks something else, is not waited for', async () => {
  const silent = await listenWith(() => {});
  const babbling = await listenWith((socket) => socket.end('hello\r\n\r\n'));
  const sender = senderWith(['127.0.0.1'], 200);
  assert.equal(await sender.post(silent, () => 'a=1', signal), false);
  assert.equal(await sender.post(babbling, () => 'a=1', signal), false);
});

test('closing ends what is under way', async () => {
  const closing = new AbortController();
  const url = await listenWith(() => closing.abort());
  assert.equal(await senderWith(['127.0.0.1']).post(url, () => 'a=1', closing.signal), false);
});
