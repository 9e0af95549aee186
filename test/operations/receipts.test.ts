// Receipts on the wire: in a header for the cloud's operations, in the body of Lethe's own, to the caller alone.
import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { subscribe } from 'node:diagnostics_channel';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { drawAccessKey } from '../../src/gallery/access-keys.ts';
import { verifyReceipt } from '../../src/gallery/receipt-verification.ts';
import { subjectOf } from '../../src/gallery/receipts.ts';
import { openDesk, openKeys } from '../../src/library.ts';
import { clientOf, startOn, startPhotos } from '../support/server.ts';

const folder = await mkdtemp(join(tmpdir(), 'lethe-receipts-'));
const library = {
  data: join(folder, 'data'),
  rootKey: undefined,
  rootKeyHex: undefined,
  rootKeyCommand: undefined,
};
let lethe = await startOn(folder);
after(async () => {
  await lethe.close();
  await rm(folder, { recursive: true, force: true });
});
await lethe.ready;
let { call } = clientOf(lethe.url);
const { urls } = await startPhotos();

// The official client hands out bodies only; what it received besides is seen where Node reads it.
let received: IncomingMessage['headers'] = {};
subscribe('http.client.response.finish', (message) => {
  received = (message as { response: IncomingMessage }).response.headers;
});

const enrol = async (personId: string, ...pictures: string[]): Promise<string[]> => {
  await call('AddPerson', { groupIds: ['g'], personId });
  await call('AddFaces', { personId, urls: pictures });
  return ((await call('GetPerson', { personId })).data as { faceIds: string[] }).faceIds;
};
const ticketOf = (headers: IncomingMessage['headers']) => {
  const [, id, salt] = /^([0-9a-f]{32});salt=([0-9a-f]{64})$/.exec(String(headers['x-lethe-receipt'])) ?? [];
  assert.ok(id !== undefined && salt !== undefined, 'the header holds a receipt id and a salt');
  return { id, salt };
};
const read = async (receiptId: string) => {
  const { receipt, publicKey } = (await call('GetReceipt', { receiptId })).data as {
    receipt: unknown;
    publicKey: string;
  };
  return verifyReceipt(receipt, createPublicKey(publicKey));
};
const said = ({ code, msg }: { code: number; msg: string }) => ({ code, msg });

test('DeleteFaces puts the receipt into a header, and leaves the body as the cloud’s', async () => {
  const [faceId] = await enrol('left', urls.left!);
  const answer = await call('DeleteFaces', { personId: 'left', faceIds: [faceId] });
  const { id, salt } = ticketOf(received);
  assert.deepEqual(answer, {
    code: 200,
    msg: 'OK',
    requestId: answer.requestId,
    data: { code: 200, personId: 'left', faceIds: [faceId], deleteCount: 1 },
  });
  const receipt = await read(id);
  assert.deepEqual(receipt.faces, [subjectOf(salt, faceId!)]);
  assert.deepEqual(receipt.deleted, { faces: 1, persons: 0, photographs: 0 });
});

test('an answer that deleted nothing has no such header', async () => {
  await call('DeleteFaces', { personId: 'left', faceIds: ['1234567890123'] });
  assert.equal(received['x-lethe-receipt'], undefined);
  await call('DeletePerson', { personId: 'nobody' });
  assert.equal(received['x-lethe-receipt'], undefined);
});

test('DeletePerson puts the receipt of person and faces into the header', async () => {
  const faceIds = await enrol('middle', urls.middle!, urls.middle!);
  const answer = await call('DeletePerson', { personId: 'middle' });
  assert.deepEqual(answer.data, { code: 200, personId: 'middle', deleteCount: 1 });
  const { id, salt } = ticketOf(received);
  const receipt = await read(id);
  assert.deepEqual(receipt.deleted, { faces: 2, persons: 1, photographs: 0 });
  assert.deepEqual(
    receipt.faces,
    faceIds.map((faceId) => subjectOf(salt, faceId)),
  );
});

test('ForgetFaces says what became of each id and answers the same again, after a restart too', async () => {
  const [gone, kept, held] = await enrol('right', urls.right!, urls.right!, urls.right!);
  const [other] = await enrol('other', urls.left!);
  await call('DeleteFaces', { personId: 'right', faceIds: [kept] });
  const desk = await openDesk(library);
  const hold = await desk.setHold({
    ...{ account: 'default', personId: 'right', faceId: held!, reason: 'file 17', owner: 'legal' },
    untilMs: Date.now() + 86_400_000,
  });
  const body = {
    personId: 'right',
    faceIds: [gone, kept, held, other, '1234567890123'],
    idempotencyKey: 'case-17',
  };
  const answer = await call('ForgetFaces', body);
  const { receipt, salt, ...data } = answer.data as { receipt: unknown; salt: string };
  assert.deepEqual(data, {
    code: 200,
    personId: 'right',
    faces: [
      { faceId: gone, outcome: 'DELETED' },
      { faceId: kept, outcome: 'ALREADY_DELETED' },
      { faceId: held, outcome: 'HELD' },
      { faceId: other, outcome: 'OTHER_PERSON' },
      { faceId: '1234567890123', outcome: 'NOT_FOUND' },
    ],
  });
  const signed = verifyReceipt(receipt, createPublicKey(desk.receiptKey));
  assert.deepEqual(signed.faces, [subjectOf(salt, gone!)]);

  await lethe.close();
  lethe = await startOn(folder);
  await lethe.ready;
  ({ call } = clientOf(lethe.url));
  assert.deepEqual((await call('ForgetFaces', body)).data, answer.data);
  const changed = { ...body, faceIds: [held] };
  assert.deepEqual(said(await call('ForgetFaces', changed)), {
    code: 400,
    msg: 'idempotencyKey: was used within the last day for another request',
  });

  assert.deepEqual(said(await call('DeletePerson', { personId: 'right' })), {
    code: 596,
    msg: `PERMISSION_DENY: legal hold ${hold!.id} keeps the person`,
  });
  assert.deepEqual((await call('DeleteFaces', { personId: 'right', faceIds: [held] })).data, {
    code: 200,
    personId: 'right',
    faceIds: [],
    deleteCount: 0,
  });
  const search = { scenes: ['sface-n'], tasks: [{ url: urls.rightAgain, extras: { groupId: 'g' } }] };
  const [task] = (await call('ImageSyncScan', search)).data as {
    results: { topPersonData: { persons: { personId: string; faceId: string }[] }[] }[];
  }[];
  const found = task!.results[0]!.topPersonData.flatMap(({ persons }) => persons);
  assert.ok(
    found.some(({ personId, faceId }) => personId === 'right' && faceId === held),
    'a held face is still found',
  );
  await desk.endHold(hold!.id);
  desk.close();
  assert.equal((await call('DeletePerson', { personId: 'right' })).code, 200);
  const afterwards = await call('ForgetFaces', { personId: 'right', faceIds: [held] });
  assert.deepEqual(afterwards.data, {
    code: 200,
    personId: 'right',
    faces: [{ faceId: held, outcome: 'ALREADY_DELETED' }],
  });
});

test('another account reads no receipt, learns no fate, and is not bound by the idempotency key', async () => {
  const keys = await openKeys(library);
  const key = drawAccessKey('theirs', Date.now());
  await keys.addAccessKey(key);
  await keys.close();
  assert.ok(key.material.kind === 'secret');
  const theirs = clientOf(lethe.url, { id: key.id, secret: key.material.secret });
  const [faceId] = await enrol('mine', urls.left!);
  const answer = await call('ForgetFaces', { personId: 'mine', faceIds: [faceId], idempotencyKey: 'k' });
  const { id } = (answer.data as { receipt: { id: string } }).receipt;
  assert.equal((await read(id)).id, id);
  const refused = { code: 404, msg: 'NOT_FOUND: there is no such receipt' };
  assert.deepEqual(said(await theirs.call('GetReceipt', { receiptId: id })), refused);
  assert.deepEqual(said(await call('GetReceipt', { receiptId: '0'.repeat(32) })), refused);
  const asked = await theirs.call('ForgetFaces', {
    personId: 'mine',
    faceIds: [faceId],
    idempotencyKey: 'k',
  });
  assert.deepEqual(asked.data, { code: 200, personId: 'mine', faces: [{ faceId, outcome: 'NOT_FOUND' }] });
});

const refusals: [action: string, body: object, msg: string][] = [
  ['ForgetFaces', { personId: 'p', faceIds: ['1'], idempotencyKey: '' }, 'idempotencyKey: must not be empty'],
  [
    'ForgetFaces',
    { personId: 'p', faceIds: ['1'], idempotencyKey: 'a b' },
    'idempotencyKey: may hold printable ASCII without spaces only',
  ],
  [
    'ForgetFaces',
    { personId: 'p', faceIds: ['1'], idempotencyKey: 'k'.repeat(129) },
    'idempotencyKey: must have at most 128 characters',
  ],
  ['ForgetFaces', { personId: 'p', faceIds: ['1'], idempotencyKey: 7 }, 'idempotencyKey: must be a string'],
  ['ForgetFaces', { personId: 'p' }, 'faceIds: is required'],
  ['GetReceipt', {}, 'receiptId: is required'],
  ['GetReceipt', { receiptId: "' OR 1=1 --" }, 'receiptId: must be 32 hexadecimal digits'],
];
for (const [action, body, msg] of refusals) {
  test(`${action} with ${JSON.stringify(body).slice(0, 60)} is refused: ${msg}`, async () => {
    assert.deepEqual(said(await call(action, body)), { code: 400, msg });
  });
}
