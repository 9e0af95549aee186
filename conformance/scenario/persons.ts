// Persons and their groups, and what a client may say of its user with each call.
import { containing, id } from '../pattern.ts';
import type { Step } from '../step.ts';

const clientInfoRow = '`clientInfo`';

// What the signatures of SDKs are likeliest to disagree about: separators, blanks, quotes, escapes, bytes beyond ASCII.
export const oddCharacters = 'a&b=c +d%2F/?#~*!\'()"\\;:@$,[]{}|^`<> Ünï 李 😀';

export const persons: readonly Step[] = [
  {
    action: 'AddPerson',
    body: {
      groupIds: [id('g1'), id('g2')],
      personId: id('ada'),
      name: 'Ada "the first" & 李',
      note: oddCharacters,
    },
    expect: { data: { personId: id('ada'), groupIds: [id('g1'), id('g2')] } },
  },
  {
    action: 'AddPerson',
    query: { ClientInfo: JSON.stringify({ userType: 'others', userId: '42', ip: '192.0.2.1' }) },
    body: { groupIds: [id('g1')], personId: id('grace') },
    expect: { data: { personId: id('grace'), groupIds: [id('g1')] } },
  },
  {
    action: 'AddPerson',
    body: { groupIds: [id('g1')], personId: id('ada') },
    expect: { refusal: 'personExists' },
  },
  {
    action: 'SetPerson',
    body: { personId: id('ada'), name: 'Ada & 李' },
    expect: { data: { personId: id('ada') } },
  },
  {
    action: 'GetPerson',
    body: { personId: id('ada') },
    expect: {
      data: {
        personId: id('ada'),
        name: 'Ada & 李',
        note: oddCharacters,
        groupIds: [id('g1'), id('g2')],
        faceIds: [],
      },
    },
  },
  {
    action: 'GetPerson',
    body: { personId: id('nobody') },
    expect: { refusal: 'personNotFound' },
  },
  {
    row: clientInfoRow,
    action: 'GetGroups',
    query: { clientInfo: JSON.stringify({ userNick: oddCharacters, hostAppName: '' }) },
    expect: { data: { groupIds: containing(id('g1'), id('g2')) } },
  },
  {
    row: clientInfoRow,
    action: 'GetGroups',
    query: { ClientInfo: JSON.stringify({ userNick: oddCharacters }), another: oddCharacters, empty: '' },
    body: {},
    expect: { data: { groupIds: containing(id('g1'), id('g2')) } },
  },
  {
    row: clientInfoRow,
    action: 'GetGroups',
    query: { ClientInfo: '' },
    expect: { data: { groupIds: containing(id('g1'), id('g2')) } },
  },
  {
    row: clientInfoRow,
    action: 'GetGroups',
    query: { ClientInfo: 'Ada' },
    isForLetheOnly: true,
    expect: { refusal: 'badRequest', detail: 'clientInfo: must be a JSON object' },
  },
];

export const groups: readonly Step[] = [
  {
    action: 'GetGroups',
    expect: { data: { groupIds: containing(id('g1'), id('g2')) } },
  },
  {
    action: 'GetGroups',
    body: {},
    expect: { data: { groupIds: containing(id('g1'), id('g2')) } },
  },
  {
    action: 'GetPersons',
    body: { groupId: id('g1') },
    expect: {
      data: { personIds: [id('ada'), id('grace')], currentPage: 1, pageSize: 20, totalCount: 2 },
    },
  },
  {
    action: 'GetPersons',
    body: { groupId: id('g1'), currentPage: 2, pageSize: 1 },
    expect: { data: { personIds: [id('grace')], currentPage: 2, pageSize: 1, totalCount: 2 } },
  },
  {
    action: 'AddGroups',
    body: { personId: id('grace'), groupIds: [id('g3')] },
    expect: { data: { personId: id('grace'), groupIds: [id('g3')] } },
  },
  {
    action: 'DeleteGroups',
    body: { personId: id('grace'), groupIds: [id('g3')] },
    expect: { data: { personId: id('grace'), groupIds: [id('g3')] } },
  },
];
