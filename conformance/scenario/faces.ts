// Faces: enrolled, listed, searched for, compared, looked at and deleted.
import { any, between, having, id, known, knownAsText, picture } from '../pattern.ts';
import type { Step } from '../step.ts';
import { oddCharacters } from './persons.ts';

const numbersRow = 'ids as numbers';
const pictureRow = 'pictures that cannot be had';

/** The words a search answers for nobody. */
const nobody = { scene: 'sface-n', label: 'normal', suggestion: 'pass', rate: 0 };
const faceItem = { x: any('number'), y: any('number'), width: any('number'), height: any('number') };

export const faces: readonly Step[] = [
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

/** What a search of the first group finds. */
const adaFound = {
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
};
const photoOfAda = { code: 200, msg: 'OK', dataId: 'photo 1', url: picture('rightAgain') };
const searchForAda = {
  scenes: ['sface-n'],
  tasks: [{ dataId: 'photo 1', url: picture('rightAgain'), extras: { groupId: id('g1') } }],
};

export const searches: readonly Step[] = [
  {
    row: 'ImageSyncScan, sface-n',
    action: 'ImageSyncScan',
    body: searchForAda,
    expect: { data: [{ ...photoOfAda, taskId: any('text'), results: [adaFound] }] },
  },
  {
    action: 'ImageAsyncScan',
    body: searchForAda,
    expect: { data: [{ ...photoOfAda, taskId: any('text', 'task of ada') }] },
  },
  {
    action: 'ImageAsyncScanResults',
    body: [known('task of ada')],
    atMost: 100,
    waitMs: 100,
    isForLetheOnly: true,
    expect: { data: [{ ...photoOfAda, taskId: known('task of ada'), results: [adaFound] }] },
  },
  {
    action: 'SearchPerson',
    body: { dataId: 'photo 1', groupId: id('g1'), url: picture('rightAgain') },
    isForLetheOnly: true,
    expect: {
      data: {
        msg: 'OK',
        dataId: 'photo 1',
        taskId: any('text'),
        url: picture('rightAgain'),
        results: [adaFound],
      },
    },
  },
  {
    row: 'ImageSyncScan, sface',
    action: 'ImageSyncScan',
    body: { scenes: ['sface'], tasks: [{ url: picture('rightAgain') }] },
    isForLetheOnly: true,
    expect: {
      data: [
        having({
          code: 200,
          results: [
            having({
              scene: 'sface',
              sfaceData: [having({ faces: [{ id: id('ada'), name: 'Ada & 李', rate: between(50, 100) }] })],
            }),
          ],
        }),
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

export const deletions: readonly Step[] = [
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
