// AddFaces: enrols the one face of each picture under a person.
import * as z from 'zod';
import { bizType, personId, pictureUrls } from '../wire/fields.ts';
import { maxFacesPerPerson } from '../wire/limits.ts';
import { defineOperation } from './operation.ts';

export const addFaces = defineOperation({
  action: 'AddFaces',
  path: '/green/sface/face/add',
  summary: 'Enrol the face of each picture under a person',
  source: 'https://www.alibabacloud.com/help/en/content-moderation/latest/add-face',
  evidence: 'documented',
  qps: 20,
  refusals: ['personNotFound', 'consentRequired'],
  notes: [
    'Items stand in the order of `urls`. An item that could not be enrolled has `success` false and says why in `msg`; its neighbours are enrolled.',
    'A picture must show exactly one face, not too small and not too blurred.',
    `A person holds at most ${maxFacesPerPerson} faces; the items beyond say so.`,
    'A refused request has enrolled nothing; with `--keep-photos original`, whose pictures are enrolled one after the other, what was enrolled before is deleted again.',
    'With `--strict-consent`, a person without a recorded consent is refused; once a recorded consent has ended or was withdrawn, always.',
  ],
  request: z.object({ bizType: bizType.optional(), personId, urls: pictureUrls(maxFacesPerPerson) }),
  response: z.object({
    personId,
    groupIds: z.array(z.string()),
    faceImageItems: z.array(
      z.union([
        z.object({ faceId: z.int(), success: z.literal(true) }),
        z.object({ success: z.literal(false), msg: z.string() }),
      ]),
    ),
  }),
  example: {
    request: { personId: 'person1', urls: ['https://example.com/1.jpg', 'https://example.com/2.jpg'] },
    response: {
      personId: 'person1',
      groupIds: ['group1'],
      faceImageItems: [
        { faceId: 1244453323565, success: true },
        { success: false, msg: 'no face found in the picture' },
      ],
    },
  },
  async handle({ personId, urls }, { account, gallery }) {
    const { groupIds, enrolments } = await gallery.addFaces(account, personId, urls);
    const faceImageItems = enrolments.map((enrolment) =>
      'faceId' in enrolment
        ? { faceId: Number(enrolment.faceId), success: true as const }
        : { success: false as const, msg: enrolment.refusal.message },
    );
    return { personId, groupIds: [...groupIds], faceImageItems };
  },
});
