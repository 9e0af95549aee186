// Whatever is sent, the gateway's or the service's own shape comes back, no word of the machinery, and the server lives.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { signRoa } from '../../src/wire/roa-signature.ts';
import { accessKey, startServer, upperCaseUuid } from '../support/server.ts';
import { type Expected, rawRequests, type SignedRequest, signedRequests } from './malformed-requests.ts';

const { lethe, call } = await startServer();

/** Sends bytes over a socket of its own, and answers all that came back until the server closed it. */
async function exchange(send: (socket: Socket) => void): Promise<string> {
  const socket = connect(Number(new URL(lethe.url).port), '127.0.0.1');
  // A server that neither answers nor closes fails the test instead of stopping it.
  socket.setTimeout(10_000, () => socket.destroy(new Error('the server did not close the connection')));
  send(socket);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

interface Answer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

function readAnswers(text: string, isHeadOnly = false): Answer[] {
  const answers: Answer[] = [];
  for (let rest = text; rest !== ''; ) {
    const end = rest.indexOf('\r\n\r\n');
    assert.ok(end > 0, `no answer: ${rest.slice(0, 100)}`);
    const head = rest.slice(0, end);
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]);
    const length = isHeadOnly ? 0 : Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
    rest = rest.slice(end + 4);
    if (status !== 100) answers.push({ status, head, body: rest.slice(0, length) });
    rest = rest.slice(length);
  }
  return answers;
}

function check({ status, head, body }: Answer, expected: Expected): void {
  assert.match(head, /^content-type: application\/json;charset=utf-8$/im);
  assert.match(head, /^x-acs-request-id: [0-9A-F-]{36}$/im);
  assert.doesNotMatch(head + body, /\n\s+at |node:|\.ts\b|\.js\b|Error:/, 'no stack trace');
  const answer = body === '' ? {} : (JSON.parse(body) as Record<string, string>);
  assert.deepEqual(
    [status, answer.Code ?? answer.code ?? '', ...(expected.length === 3 ? [answer.msg] : [])],
    expected,
  );
  if (body === '') return;
  const names =
    expected.length === 3
      ? ['code', 'msg', 'requestId']
      : ['Code', 'Message', 'RequestId', 'HostId', 'Recommend'];
  assert.deepEqual(Object.keys(answer), names);
  const requestId = answer.RequestId ?? answer.requestId ?? '';
  assert.match(requestId, upperCaseUuid);
  assert.ok(head.includes(requestId), 'the same id in head and body');
}

const isAlive = async () => assert.equal((await call('GetGroups', {})).code, 200);

for (const { what, bytes, answers, isHeadOnly, isHalfClosed } of rawRequests) {
  test(`${what}: ${answers.map(([, code]) => code).join(', ')}`, async () => {
    const text = await exchange((socket) =>
      isHalfClosed ? socket.end(bytes, 'latin1') : socket.write(bytes, 'latin1'),
    );
    const given = readAnswers(text, isHeadOnly);
    assert.equal(given.length, answers.length, text);
    for (const [i, answer] of given.entries()) check(answer, answers[i]!);
    await isAlive();
  });
}

function bytesOf({
  body,
  target = '/green/sface/person',
  signedTarget,
  lines = [],
  framing,
}: SignedRequest): Buffer {
  const content = Buffer.from(body as Uint8Array);
  const headers = signRoa({
    method: 'POST',
    target: signedTarget ?? target,
    body: content,
    accessKeyId: accessKey.id,
    accessKeySecret: accessKey.secret,
    date: new Date(),
    nonce: randomUUID(),
  });
  const size = content.length.toString(16);
  const [length, sent] =
    framing === 'chunked'
      ? [
          'transfer-encoding: chunked',
          Buffer.concat([
            Buffer.from(`${size};x=y\r\n`),
            content,
            Buffer.from('\r\n0\r\nx-acs-late: 1\r\n\r\n'),
          ]),
        ]
      : framing === 'endless'
        ? ['transfer-encoding: chunked', Buffer.concat([Buffer.from(`${size}\r\n`), content])]
        : [`content-length: ${content.length + (framing === 'short' ? 1 : 0)}`, content];
  const all = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const head = [`POST ${target} HTTP/1.1`, 'host: x', 'connection: close', length, ...all, ...lines, '', ''];
  return Buffer.concat([Buffer.from(head.join('\r\n'), 'latin1'), sent]);
}

for (const signed of signedRequests) {
  test(`signed, ${signed.what}: ${signed.answer.slice(1).join(' ')}`, async () => {
    const bytes = bytesOf(signed);
    const isBroken = signed.framing === 'short' || signed.framing === 'endless';
    const text = await exchange((socket) => (isBroken ? socket.end(bytes) : socket.write(bytes)));
    const given = readAnswers(text);
    assert.equal(given.length, 1, text.slice(0, 300));
    check(given[0]!, signed.answer);
    await isAlive();
  });
}
