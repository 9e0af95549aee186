// Pictures that are uploaded first and then named by their oss:// URLs, as the SDKs' own helpers do.
import { any, having, id, known } from '../pattern.ts';
import type { Step } from '../step.ts';
import { grantFields } from '../upload.ts';

const row = 'UploadCredentials, upload and `oss://`';
const grant = Object.fromEntries(
  grantFields.map((name) => [name, any(name === 'expiredTime' ? 'number' : 'text', name)]),
);

export const uploads: readonly Step[] = [
  {
    row,
    action: 'UploadCredentials',
    body: {},
    expect: { data: grant },
    thenUpload: { picture: 'left', keep: 'url of left' },
  },
  {
    row,
    action: 'AddPerson',
    body: { groupIds: [id('g5')], personId: id('rosa') },
    expect: { data: { personId: id('rosa'), groupIds: [id('g5')] } },
  },
  {
    row,
    action: 'AddFaces',
    body: { personId: id('rosa'), urls: [known('url of left')] },
    expect: { data: having({ faceImageItems: [{ faceId: any('number'), success: true }] }) },
  },
  {
    row,
    action: 'DetectFace',
    body: { url: known('url of left') },
    isForLetheOnly: true,
    expect: {
      refusal: 'pictureNotFound',
      detail: 'there is no such upload: uploads are gone once used, or after an hour',
    },
  },
  {
    row,
    action: 'DeletePerson',
    body: { personId: id('rosa') },
    expect: { data: { personId: id('rosa'), deleteCount: 1 } },
  },
];
