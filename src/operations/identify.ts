// Identify: Lethe's own search across groups, which says from which score it lists and how often that is a stranger.
import * as z from 'zod';
import type { Identification, IdentifyQuery, ProbeFace } from '../gallery/identify.ts';
import { Refusal } from '../wire/errors.ts';
import { distinct, groupId, groupIds, pictureUrl } from '../wire/fields.ts';
import { maxGroupsPerAccount, maxPersonsPerFace, maxPersonsPerIdentify } from '../wire/limits.ts';
import { defineOperation } from './operation.ts';
import { pictureRefusals } from './picture-refusals.ts';
import { describeBox, faceItem } from './scan-fields.ts';

const excludedGroupIds = z
  .array(groupId, 'must be an array')
  .max(maxGroupsPerAccount, `must have at most ${maxGroupsPerAccount} items`)
  .describe('Nobody who is in one of these is listed');

const candidate = z.object({
  rank: z.int().positive(),
  personId: z.string(),
  faceId: z.string().describe('The face of the person that is nearest'),
  score: z.number().describe('Comparison score: cosine, -1 to 1'),
  rate: z.number().describe('0 to 100, rises with the score'),
  groupIds: z.array(z.string()).describe('All of the person, searched or not'),
  name: z.string().optional(),
  note: z.string().optional(),
});

const describeCandidate = (
  { personId, faceId, score, rate, groupIds, name, note }: Identification,
  index: number,
): z.input<typeof candidate> => ({
  rank: index + 1,
  personId,
  faceId,
  score: roundScore(score),
  rate,
  groupIds: [...groupIds],
  ...(name === undefined ? {} : { name }),
  ...(note === undefined ? {} : { note }),
});

const describeFace = ({ box, persons }: ProbeFace) => ({
  faceItem: describeBox(box),
  candidates: persons.map(describeCandidate),
});

/** Four decimals: what comparing the same two faces on another machine keeps. */
const roundScore = (score: number): number => Math.round(score * 1e4) / 1e4;

/** Three significant digits: no curve is known better. */
const roundRate = (rate: number): number => Number(rate.toPrecision(3));

function readFrom(minimumScore: number | undefined, fpir: number | undefined): Pick<IdentifyQuery, 'from'> {
  if (minimumScore !== undefined && fpir !== undefined)
    throw new Refusal('badRequest', 'fpir: give it or minimumScore, not both');
  if (minimumScore !== undefined) return { from: { minScore: minimumScore } };
  return fpir === undefined ? {} : { from: { fpir } };
}

export const identify = defineOperation({
  action: 'Identify',
  path: '/lethe/v1/identify',
  summary: 'Search several groups for the faces of a picture, at a stated score or error rate',
  evidence: 'own',
  qps: 50,
  refusals: pictureRefusals,
  notes: [
    'Each face of the picture, largest first, with the most similar persons of all the groups together, each once, best first. Nobody from the threshold on means an empty list, and so does a group that does not exist.',
    "The threshold is `minimumScore`, or the score at which a search for somebody who is not enrolled lists anybody in a share `fpir` of the searches, among as many faces as are searched now; without either, as the server's settings have it. `searched` says which it was, among how many enrolled faces, and the FPIR it stands for by the models' measured curve: `isExtrapolated` where so rare a rate was not measured itself. A threshold above 1 lists nobody: no score is known to be so safe.",
    'For retention it counts as a search of each of the groups; the best candidate of a face counts as seen from the threshold of the server on, whatever was asked.',
  ],
  request: z.object({
    url: pictureUrl,
    groupIds,
    excludedGroupIds: excludedGroupIds.optional(),
    limit: z
      .int('must be a whole number')
      .min(1, 'must be at least 1')
      .max(maxPersonsPerIdentify, `must be at most ${maxPersonsPerIdentify}`)
      .default(maxPersonsPerFace)
      .describe('Persons listed for each face'),
    minimumScore: z
      .number('must be a number')
      .min(-1, 'must be at least -1')
      .max(1, 'must be at most 1')
      .optional()
      .describe('Comparison score from which persons are listed'),
    fpir: z
      .number('must be a number')
      .min(1e-9, 'must be at least 1e-9')
      .max(0.5, 'must be at most 0.5')
      .optional()
      .describe('False-positive identification rate, instead of a score'),
    faces: z.enum(['all', 'largest'], 'must be all or largest').default('all').describe('Of the picture'),
  }),
  response: z.object({
    searched: z.object({
      faceCount: z.int().nonnegative().describe('Enrolled faces that each face was compared with: N'),
      threshold: z.number().describe('Comparison score from which persons are listed'),
      rate: z.number().describe('The same as a rate'),
      fpir: z
        .number()
        .optional()
        .describe('Share of searches for a stranger that list anybody, at this threshold and N'),
      isExtrapolated: z.boolean().optional().describe('Whether the models were not measured so far'),
    }),
    faces: z.array(
      z.object({
        faceItem,
        candidates: z.array(candidate),
      }),
    ),
  }),
  example: {
    request: {
      url: 'https://example.com/1.jpg',
      groupIds: ['staff', 'visitors'],
      excludedGroupIds: ['former'],
      limit: 20,
      fpir: 0.01,
    },
    response: {
      searched: { faceCount: 12_000, threshold: 0.5609, rate: 84.56, fpir: 0.01, isExtrapolated: true },
      faces: [
        {
          faceItem: { x: 120, y: 80, width: 96, height: 118 },
          candidates: [
            {
              rank: 1,
              personId: 'person1',
              faceId: '1244453323565',
              score: 0.7139,
              rate: 95.23,
              groupIds: ['staff'],
              name: 'Mike',
            },
          ],
        },
      ],
    },
  },
  async handle(request, { account, gallery }) {
    const { url, limit, minimumScore, fpir } = request;
    const { faces, searched } = await gallery.identify(account, {
      url,
      limit,
      groupIds: distinct(request.groupIds),
      excludedGroupIds: distinct(request.excludedGroupIds ?? []),
      isLargestOnly: request.faces === 'largest',
      ...readFrom(minimumScore, fpir),
    });
    const { errors } = searched;
    return {
      searched: {
        faceCount: searched.faces,
        threshold: roundScore(searched.threshold),
        rate: searched.rate,
        ...(errors === undefined
          ? {}
          : { fpir: roundRate(errors.fpir), isExtrapolated: errors.isExtrapolated }),
      },
      faces: faces.map(describeFace),
    };
  },
});
