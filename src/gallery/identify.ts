// Searches groups for the faces of a picture (1:N): who may be each, from which score on, and what that score means.
import { Refusal } from '../wire/errors.ts';
import { rateOf } from './decision.ts';
import type {
  Box,
  Candidate,
  GroupHandle,
  PersonHandle,
  PersonProfile,
  RetentionStore,
  TemplateIndex,
} from './ports.ts';
import { findFaces, type Recogniser } from './recognise.ts';
import type { Roster } from './roster.ts';
import { fpirAt, isBeyondMeasured, scoreAtFpir } from './thresholds.ts';

export interface IdentifyQuery {
  readonly url: string;
  /** Everybody who is in one of these… */
  readonly groupIds: readonly string[];
  /** …and in none of these. */
  readonly excludedGroupIds?: readonly string[];
  /** Persons listed for each face, at most. */
  readonly limit: number;
  /** Searches for the largest face only; for every face where left out. */
  readonly isLargestOnly?: boolean;
  /** Who is listed: from a score on, or at an FPIR; as the server's thresholds have it where left out. */
  readonly from?: { readonly minScore: number } | { readonly fpir: number };
}

/** One person found for a probe face. */
export interface Identification extends PersonProfile {
  /** Where it belongs, searched or not. */
  readonly groupIds: readonly string[];
  readonly faceId: string;
  /** Comparison score, -1 to 1. */
  readonly score: number;
  /** The cloud's 0 to 100. */
  readonly rate: number;
}

/** One face of a probe picture, with the persons it may be, best first; nobody is an answer. */
export interface ProbeFace {
  readonly box: Box;
  readonly persons: readonly Identification[];
}

/** What a search was made by. */
export interface Searched {
  /** Enrolled faces that each face of the picture was compared with: N. */
  readonly faces: number;
  /** Lowest score listed. */
  readonly threshold: number;
  /** Its rate, 0 to 100. */
  readonly rate: number;
  /** What the threshold means among so many faces; absent where the models' false matches were not measured. */
  readonly errors?: { readonly fpir: number; readonly isExtrapolated: boolean };
}

export interface IdentifyParts {
  readonly recogniser: Recogniser;
  readonly index: TemplateIndex;
  readonly roster: Roster;
  readonly retention: Pick<RetentionStore, 'noteSearch'>;
}

/**
 * Searches for the faces of a picture, largest face first; a group that nobody is in finds nobody. For retention, the groups
 * were searched, and the best match of each face has been seen where it is one by the server's own threshold.
 * @throws {Refusal} badRequest when an FPIR is asked of models whose false matches were not measured
 */
export async function identify(
  parts: IdentifyParts,
  account: string,
  query: IdentifyQuery,
): Promise<{ faces: ProbeFace[]; searched: Searched }> {
  const { recogniser, index, roster, retention } = parts;
  const found = await findFaces(recogniser, account, query.url);
  const probes = query.isLargestOnly ? found.slice(0, 1) : found;
  const handlesOf = (groupIds: readonly string[]): GroupHandle[] =>
    groupIds.flatMap((groupId) => roster.findGroup(account, groupId) ?? []);
  const among = {
    groups: handlesOf(query.groupIds),
    excludedGroups: handlesOf(query.excludedGroupIds ?? []),
  };
  const faces = index.countFaces(among);
  const threshold = thresholdOf(query, faces, recogniser);
  const wanted = { ...among, limit: query.limit, minScore: threshold };
  const candidates = await Promise.all(probes.map(({ template }) => index.search(template, wanted)));
  const seen = bestOf(candidates, recogniser.thresholds.identify(faces));
  for (const groupId of query.groupIds)
    if (roster.findGroup(account, groupId) !== undefined) retention.noteSearch(account, groupId, seen);
  return {
    faces: probes.map(({ box }, i) => ({ box, persons: nameAll(candidates[i]!, parts) })),
    searched: describe(threshold, faces, recogniser),
  };
}

function thresholdOf({ from }: IdentifyQuery, faces: number, { thresholds, analyser }: Recogniser): number {
  if (from === undefined) return thresholds.identify(faces);
  if ('minScore' in from) return from.minScore;
  const { falseMatches } = analyser.calibration;
  if (falseMatches === undefined)
    throw new Refusal('badRequest', 'fpir: the models state no false-match rates, ask for a minimumScore');
  return scoreAtFpir(from.fpir, faces, falseMatches);
}

/** A caller who asks for everybody near must not make strangers count as seen. */
const bestOf = (candidates: readonly Candidate[][], minScore: number): PersonHandle[] =>
  candidates.flatMap(([best]) => (best !== undefined && best.score >= minScore ? [best.person] : []));

const nameAll = (candidates: readonly Candidate[], { roster, recogniser }: IdentifyParts): Identification[] =>
  candidates.flatMap(({ person, faceId, score }) => {
    const profile = roster.profileOf(person);
    if (profile === undefined) return [];
    const rate = rateOf(score, recogniser.analyser.calibration);
    return [{ ...profile, groupIds: roster.groupIdsOf(person), faceId, score, rate }];
  });

function describe(threshold: number, faces: number, { analyser }: Recogniser): Searched {
  const { calibration } = analyser;
  const { falseMatches } = calibration;
  return {
    faces,
    threshold,
    rate: rateOf(threshold, calibration),
    ...(falseMatches === undefined
      ? {}
      : {
          errors: {
            fpir: fpirAt(threshold, faces, falseMatches),
            isExtrapolated: isBeyondMeasured(threshold, falseMatches),
          },
        }),
  };
}
