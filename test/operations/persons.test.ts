// Persons and groups as the official client sees them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startServer, upperCaseUuid } from '../support/server.ts';

const { call } = await startServer();
const refused = (msg: string) => ({ code: 400, msg });
const said = ({ code, msg }: { code: number; msg: string }) => ({ code, msg });

test('AddPerson answers the id and the groups, in the documented envelope', async () => {
  const answer = await call('AddPerson', { groupIds: ['g1', 'g2', 'g1'], personId: 'person1', name: 'Mike' });
  assert.match(answer.requestId, upperCaseUuid);
  assert.deepEqual(answer, {
    code: 200,
    msg: 'OK',
    requestId: answer.requestId,
    data: { code: 200, personId: 'person1', groupIds: ['g1', 'g2'] },
  });
});

test('an id is taken once, and free again after DeletePerson', async () => {
  const person = { groupIds: ['g1'], personId: 'twice' };
  assert.equal((await call('AddPerson', person)).code, 200);
  assert.deepEqual(said(await call('AddPerson', person)), refused('The person is exist!'));
  assert.deepEqual((await call('DeletePerson', { personId: 'twice' })).data, {
    code: 200,
    personId: 'twice',
    deleteCount: 1,
  });
  assert.deepEqual(
    said(await call('DeletePerson', { personId: 'twice' })),
    refused('The person is not exist!'),
  );
  assert.equal((await call('AddPerson', person)).code, 200);
});

test('GetPerson reads what AddPerson and SetPerson wrote; a field left out stays', async () => {
  await call('AddPerson', { groupIds: ['g1'], personId: 'mike', name: 'Mike', note: 'tall' });
  assert.deepEqual((await call('SetPerson', { personId: 'mike', name: '麦克 🙂' })).data, {
    code: 200,
    personId: 'mike',
  });
  assert.deepEqual((await call('GetPerson', { personId: 'mike' })).data, {
    code: 200,
    personId: 'mike',
    name: '麦克 🙂',
    note: 'tall',
    groupIds: ['g1'],
    faceIds: [],
  });
});

for (const action of ['SetPerson', 'GetPerson', 'DeletePerson', 'GetFaces']) {
  test(`${action} of an unknown person is refused in the cloud's words`, async () => {
    assert.deepEqual(said(await call(action, { personId: 'nobody' })), refused('The person is not exist!'));
  });
}

for (const action of ['AddGroups', 'DeleteGroups']) {
  test(`${action} of an unknown person is refused in the cloud's words`, async () => {
    const answer = await call(action, { personId: 'nobody', groupIds: ['g1'] });
    assert.deepEqual(said(answer), refused('The person is not exist!'));
  });
}

test('groups are joined, listed, left, and gone with their last person', async () => {
  await call('AddPerson', { groupIds: ['solo'], personId: 'walker' });
  assert.deepEqual((await call('AddGroups', { personId: 'walker', groupIds: ['extra', 'solo'] })).data, {
    code: 200,
    personId: 'walker',
    groupIds: ['extra', 'solo'],
  });
  const listed = async () => ((await call('GetGroups', {})).data as { groupIds: string[] }).groupIds;
  assert.ok((await listed()).includes('extra'));
  const left = await call('DeleteGroups', { personId: 'walker', groupIds: ['extra', 'g2'] });
  assert.deepEqual(left.data, { code: 200, personId: 'walker', groupIds: ['extra'] });
  assert.ok(!(await listed()).includes('extra'));
});

test('GetPersons pages through a group in the order of joining', async () => {
  for (let i = 1; i <= 5; i++) await call('AddPerson', { groupIds: ['paged'], personId: `p${i}` });
  assert.deepEqual((await call('GetPersons', { groupId: 'paged', currentPage: 2, pageSize: 2 })).data, {
    code: 200,
    personIds: ['p3', 'p4'],
    currentPage: 2,
    pageSize: 2,
    totalCount: 5,
  });
  assert.deepEqual((await call('GetPersons', { groupId: 'paged' })).data, {
    code: 200,
    personIds: ['p1', 'p2', 'p3', 'p4', 'p5'],
    currentPage: 1,
    pageSize: 20,
    totalCount: 5,
  });
  assert.deepEqual((await call('GetPersons', { groupId: 'nobody-here' })).data, {
    code: 200,
    personIds: [],
    currentPage: 1,
    pageSize: 20,
    totalCount: 0,
  });
});

test('an account holds at most 100 groups', async () => {
  const { groupIds } = (await call('GetGroups', {})).data as { groupIds: string[] };
  const missing = Array.from({ length: 100 - groupIds.length }, (_, i) => `fill${i}`);
  assert.equal((await call('AddPerson', { groupIds: missing, personId: 'filler' })).code, 200);
  const words = refused('groupIds: an account holds at most 100 groups');
  assert.deepEqual(said(await call('AddGroups', { personId: 'filler', groupIds: ['one-more'] })), words);
  assert.deepEqual(said(await call('AddPerson', { groupIds: ['one-more'], personId: 'late' })), words);
  assert.equal((await call('AddPerson', { groupIds: ['fill0'], personId: 'late' })).code, 200);
  assert.equal((await call('DeletePerson', { personId: 'filler' })).code, 200);
});

const badBodies: [action: string, body: unknown, msg: string][] = [
  ['AddPerson', { personId: 'x' }, 'groupIds: is required'],
  ['AddPerson', { personId: 'x', groupIds: [] }, 'groupIds: must not be empty'],
  ['AddPerson', { personId: 'x', groupIds: 'g1' }, 'groupIds: must be an array'],
  ['AddPerson', { personId: 'x', groupIds: ['g 1'] }, 'groupIds[0]: may hold letters, digits, _ and - only'],
  ['AddPerson', { groupIds: ['g1'] }, 'personId: is required'],
  ['AddPerson', { groupIds: ['g1'], personId: 7 }, 'personId: must be a string'],
  ['AddPerson', { groupIds: ['g1'], personId: 'x'.repeat(33) }, 'personId: must have at most 32 characters'],
  ['AddPerson', { groupIds: ['g1'], personId: '../etc' }, 'personId: may hold letters, digits, _ and - only'],
  ['AddPerson', { groupIds: ['g1'], personId: 'x', name: {} }, 'name: must be a string'],
  [
    'AddPerson',
    { groupIds: ['g1'], personId: 'x', name: 'é'.repeat(257) },
    'name: must have at most 512 bytes of UTF-8',
  ],
  ['SetPerson', { personId: 'mike', note: 'n'.repeat(1025) }, 'note: must have at most 1024 bytes of UTF-8'],
  ['GetPersons', { groupId: 'g1', pageSize: 101 }, 'pageSize: must be at most 100'],
  ['GetPersons', { groupId: 'g1', currentPage: 0 }, 'currentPage: must be at least 1'],
  ['GetPersons', { groupId: 'g1', currentPage: 1.5 }, 'currentPage: must be a whole number'],
  [
    'AddGroups',
    { personId: 'mike', groupIds: Array(101).fill('g1') },
    'groupIds: must have at most 100 items',
  ],
  ['DeleteGroups', { personId: 'mike' }, 'groupIds: is required'],
];
for (const [action, body, msg] of badBodies) {
  test(`${action} ${JSON.stringify(body).slice(0, 60)} is refused: ${msg}`, async () => {
    assert.deepEqual(said(await call(action, body)), refused(msg));
  });
}
