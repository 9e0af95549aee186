// The scenario, once for every client: what a program for the cloud does, in order, and the answers it must be given.
import { any, between, containing, having, id, known, knownAsText, picture } from './pattern.ts';
import { gatewaySteps } from './scenario-gateway.ts';
import type { Step } from './step.ts';

const clientInfoRow = '`clientInfo`';
const numbersRow = 'ids as numbers';
const malformedRow = 'malformed requests';
const pictureRow = 'pictures that cannot be had';

// What the signatures of SDKs are likeliest to disagree about: separators, blanks, quotes, escapes, bytes beyond ASCII.
const oddCharacters = 'a&b=c +d%2F/?#~*!\'()"\\;:@$,[]{}|^`<> Ünï 李 😀';

/** The words a search answers for nobody. */
const nobody = { scene: 'sface-n', label: 'normal', suggestion: 'pass', rate: 0 };
const faceItem = { x: any('number'), y: any('number'), width: any('number'), height: any('number') };

const persons: readonly Step[] = [
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

const groups: readonly Step[] = [
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

const faces: readonly Step[] = [
  {
    action: 'AddFaces',
    body: { personId: id('ada'), urls: [picture('right'), picture('nothing')] },
    expect: {
      data: {
        personId: id('ada'),
        groupIds: [id('g1'), id('g2')],
        faceImageItems: [
          { faceId: any('number', 'face of ada'), success: true },
          { success: false, msg: any('text') },
        ],
      },
    },
  },
  {
    action: 'AddFaces',
    body: { bizType: 'edu', personId: id('grace'), urls: [picture('left'), picture('middle')] },
    expect: {
      data: {
        personId: id('grace'),
        groupIds: [id('g1')],
        faceImageItems: [
          { faceId: any('number', 'face of grace'), success: true },
          { faceId: any('number', 'second face of grace'), success: true },
        ],
      },
    },
  },
  {
    action: 'GetFaces',
    body: { personId: id('grace') },
    expect: {
      data: {
        faceImageItems: [
          { success: true, faceId: known('face of grace') },
          { success: true, faceId: known('second face of grace') },
        ],
      },
    },
  },
  {
    row: numbersRow,
    action: 'GetFaces',
    body: { personId: id('grace'), faceIds: [known('second face of grace')] },
    expect: { data: { faceImageItems: [{ success: true, faceId: known('second face of grace') }] } },
  },
];

const searches: readonly Step[] = [
  {
    row: 'ImageSyncScan, sface-n',
    action: 'ImageSyncScan',
    body: {
      scenes: ['sface-n'],
      tasks: [{ dataId: 'photo 1', url: picture('rightAgain'), extras: { groupId: id('g1') } }],
    },
    expect: {
      data: [
        {
          code: 200,
          msg: 'OK',
          dataId: 'photo 1',
          taskId: any('text'),
          url: picture('rightAgain'),
          results: [
            {
              scene: 'sface-n',
              label: any('text'),
              suggestion: any('text'),
              rate: between(50, 100),
              topPersonData: [
                {
                  faceItem,
                  persons: [
                    {
                      personId: id('ada'),
                      faceId: knownAsText('face of ada'),
                      rate: between(50, 100),
                      name: 'Ada & 李',
                      note: oddCharacters,
                    },
                  ],
                },
              ],
            },
          ],
        },
      ],
    },
  },
  {
    row: 'ImageSyncScan, sface-1',
    action: 'ImageSyncScan',
    body: {
      scenes: ['sface-1'],
      tasks: [
        { dataId: 'same', url: picture('right'), extras: { faceUrl: picture('rightAgain') } },
        { dataId: 'other', url: picture('right'), extras: { faceUrl: picture('left') } },
      ],
    },
    expect: {
      data: [
        having({
          code: 200,
          dataId: 'same',
          results: [having({ scene: 'sface-1', rate: between(50, 100) })],
        }),
        having({ code: 200, dataId: 'other', results: [having({ scene: 'sface-1', rate: between(0, 50) })] }),
      ],
    },
  },
  {
    action: 'DetectFace',
    body: { dataId: 'photo 2', url: picture('left') },
    expect: {
      data: having({
        msg: 'OK',
        dataId: 'photo 2',
        taskId: any('text'),
        url: picture('left'),
        faces: [having({ location: any('object'), quality: any('object'), gender: any('object') })],
      }),
    },
  },
  {
    row: pictureRow,
    action: 'DetectFace',
    body: { url: picture('nothing') },
    isForLetheOnly: true,
    expect: { refusal: 'pictureNotFound', detail: "the picture's server answered HTTP 404" },
  },
  {
    row: pictureRow,
    action: 'DetectFace',
    body: { url: 'http://10.0.0.1/face.jpg' },
    isForLetheOnly: true,
    expect: { refusal: 'unsafeAddress', detail: 'the address of the picture is not allowed' },
  },
  {
    row: pictureRow,
    action: 'ImageSyncScan',
    body: { scenes: ['sface-n'], tasks: [{ url: picture('nothing'), extras: { groupId: id('g1') } }] },
    isForLetheOnly: true,
    expect: { data: [{ code: 404, msg: any('text'), taskId: any('text'), url: picture('nothing') }] },
  },
];

const malformed: readonly Step[] = [
  {
    row: malformedRow,
    action: 'AddPerson',
    body: { personId: id('ada') },
    isForLetheOnly: true,
    expect: { refusal: 'badRequest', detail: 'groupIds: is required' },
  },
  {
    row: malformedRow,
    action: 'DeleteFaces',
    body: { personId: id('ada'), faceIds: [] },
    isForLetheOnly: true,
    expect: { refusal: 'badRequest', detail: 'faceIds: must not be empty' },
  },
  {
    row: malformedRow,
    action: 'GetPersons',
    body: { groupId: 'an id with blanks' },
    isForLetheOnly: true,
    expect: { refusal: 'badRequest', detail: 'groupId: may hold letters, digits, _ and - only' },
  },
];

const deletions: readonly Step[] = [
  {
    action: 'DeleteFaces',
    body: { personId: id('ada'), faceIds: [knownAsText('face of ada'), '1244453323565'] },
    expect: { data: { personId: id('ada'), faceIds: [knownAsText('face of ada')], deleteCount: 1 } },
  },
  {
    row: numbersRow,
    action: 'DeleteFaces',
    body: { personId: id('grace'), faceIds: [known('face of grace')] },
    expect: { data: { personId: id('grace'), faceIds: [knownAsText('face of grace')], deleteCount: 1 } },
  },
  {
    action: 'DeleteFaces',
    body: { personId: id('nobody'), faceIds: ['1244453323565'] },
    isForLetheOnly: true,
    expect: { refusal: 'personNotFound' },
  },
  {
    action: 'GetPerson',
    body: { personId: id('grace') },
    expect: {
      data: {
        personId: id('grace'),
        groupIds: [id('g1')],
        faceIds: [knownAsText('second face of grace')],
      },
    },
  },
  {
    row: 'ImageSyncScan, sface-n',
    action: 'ImageSyncScan',
    body: { scenes: ['sface-n'], tasks: [{ url: picture('rightAgain'), extras: { groupId: id('g1') } }] },
    isForLetheOnly: true,
    expect: {
      data: [
        {
          code: 200,
          msg: 'OK',
          taskId: any('text'),
          url: picture('rightAgain'),
          results: [{ ...nobody, topPersonData: [{ faceItem, persons: [] }] }],
        },
      ],
    },
  },
  {
    action: 'DeletePerson',
    body: { personId: id('ada') },
    expect: { data: { personId: id('ada'), deleteCount: 1 } },
  },
  {
    action: 'DeletePerson',
    body: { personId: id('ada') },
    expect: { refusal: 'personNotFound' },
  },
  {
    action: 'DeletePerson',
    body: { personId: id('grace') },
    expect: { data: { personId: id('grace'), deleteCount: 1 } },
  },
];

export const scenario: readonly Step[] = [
  ...persons,
  ...groups,
  ...faces,
  ...searches,
  ...malformed,
  ...deletions,
  ...gatewaySteps,
];

/** Asked at the end whatever happened, and whatever they answer: a real account is left as it was found. */
export const cleanup: readonly Pick<Step, 'action' | 'body'>[] = ['ada', 'grace'].map((person) => ({
  action: 'DeletePerson',
  body: { personId: id(person) },
}));
