// GetFaces: lists a person's faces.
import * as z from 'zod';
import { distinct, faceIds, personId } from '../wire/fields.ts';
import { photographPath } from '../wire/photograph-path.ts';
import { defineOperation } from './operation.ts';

export const getFaces = defineOperation({
  action: 'GetFaces',
  path: '/green/sface/faces',
  summary: "List a person's faces, or those asked for",
  source: 'https://help.aliyun.com/document_detail/205550.html',
  evidence: 'documented',
  qps: 20,
  refusals: ['personNotFound'],
  notes: [
    '`faceId` is a bare JSON number here, as documented, and a string elsewhere; ids have 13 to 15 digits so that both are exact.',
    'Photographs are not kept, and there is no `url`, unless the server runs with `--keep-photos` and did so when the face was enrolled. Then `url` opens its photograph, on this server, without a signature, for 15 minutes or until the face is deleted; each answer has a fresh one.',
    'An id the person does not have comes back with `success` false.',
  ],
  request: z.object({ personId, faceIds: faceIds.optional() }),
  response: z.object({
    faceImageItems: z.array(
      z.object({ success: z.boolean(), faceId: z.union([z.int(), z.string()]), url: z.url().optional() }),
    ),
  }),
  example: {
    request: { personId: 'person1' },
    response: { faceImageItems: [{ success: true, faceId: 1244453323565 }] },
  },
  async handle({ personId, faceIds: asked }, { account, gallery, publicUrl }) {
    const { faceIds } = await gallery.getPerson(account, personId);
    const held = new Set(faceIds);
    const items = distinct(asked ?? faceIds).map(async (faceId) => {
      if (!held.has(faceId)) return { success: false, faceId };
      const token = await gallery.issuePhotographToken(account, faceId);
      const found = { success: true, faceId: Number(faceId) };
      return token === undefined ? found : { ...found, url: publicUrl + photographPath + token };
    });
    return { faceImageItems: await Promise.all(items) };
  },
});
