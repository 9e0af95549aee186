// Error rates of searches (1:N) on labelled photographs: for the folder's gallery, smaller ones drawn from it, and larger.
import type { FalseMatchCurve, Template } from '../gallery/ports.ts';
import { fmrAt, fpirOf } from '../gallery/thresholds.ts';
import { compare, type LabelledFace } from './labelled-photographs.ts';
import { gridPlaceOf, gridScores, ScoreCounts } from './score-counts.ts';

/** FPIR and FNIR of searches among so many faces, one of each person, by score of the grid. */
export interface IdentificationRates {
  /** Faces searched. */
  readonly gallery: number;
  /**
   * counted: every photograph against the whole gallery. drawn: the mean over all galleries of this size that can be drawn
   * from it, exactly. extrapolated: from the false-match curve, were the further faces all of unrelated strangers.
   */
  readonly origin: 'drawn' | 'counted' | 'extrapolated';
  /** Share of searches for a person who is not enrolled that list anybody. */
  readonly fpir: Float64Array;
  /** Share of searches for an enrolled person that do not list it first; rank 1. */
  readonly fnir: Float64Array;
}

export interface Identification {
  /** Searches made for persons who are taken out of the gallery: one a photograph. */
  readonly nonMated: number;
  /** Searches for enrolled persons: one a photograph that is not the enrolled one. */
  readonly mated: number;
  /** Smallest gallery first; none where fewer than two persons have a template. */
  readonly rates: readonly IdentificationRates[];
}

const largestGallery = 1_000_000;

/** A mate's score, and how many of the others reach it. */
interface MatedSearch {
  readonly score: number;
  readonly ahead: number;
}

/**
 * Enrols the first face of each person and searches for every photograph: once without its own person, and, if it is not the
 * enrolled one, once with it. A photograph without a face lists nobody, and misses its mate.
 * @param curve of the false matches that larger galleries are reckoned by
 */
export function countIdentificationErrors(
  faces: readonly LabelledFace[],
  curve: FalseMatchCurve | undefined,
): Identification {
  const enrolled = new Map<string, LabelledFace>();
  for (const face of faces) if (face.template && !enrolled.has(face.person)) enrolled.set(face.person, face);
  const others = enrolled.size - 1;
  if (others < 1) return { nonMated: 0, mated: 0, rates: [] };
  const sizes = [...powersOfTen(10, others / 2), others];
  const drawn = sizes.map((size) => drawFrom(others, size));
  const falsePositives = sizes.map(() => new Float64Array(gridScores.length));
  const mates: MatedSearch[] = [];
  for (const face of faces) {
    const reaching = countReaching(face, enrolled.values());
    for (const [i, { noneOf }] of drawn.entries())
      reaching.forEach((count, place) => {
        if (count > 0) falsePositives[i]![place]! += 1 - noneOf(count);
      });
    const mate = enrolled.get(face.person);
    if (mate === undefined || mate === face) continue;
    const score = compare(face.template, mate.template);
    mates.push({ score, ahead: face.template ? reaching[gridPlaceOf(score)]! : others });
  }
  const counted = sizes.map((gallery, i) => {
    // The mate takes one of the places.
    const { noneOf } = drawFrom(others, gallery - 1);
    return {
      gallery,
      origin: gallery === others ? ('counted' as const) : ('drawn' as const),
      fpir: falsePositives[i]!.map((count) => count / faces.length),
      fnir: fnirOf(mates, ({ ahead }) => noneOf(ahead)),
    };
  });
  const larger = curve === undefined ? [] : [...powersOfTen(others + 1, largestGallery)];
  return {
    nonMated: faces.length,
    mated: mates.length,
    rates: [...counted, ...larger.map((gallery) => extrapolate(gallery, mates, curve!))],
  };
}

/** By score of the grid: how many enrolled faces of other persons reach it against this one. */
function countReaching({ person, template }: LabelledFace, enrolled: Iterable<LabelledFace>): Float64Array {
  const scores = new ScoreCounts();
  if (template)
    for (const other of enrolled)
      if (other.person !== person) scores.add(compare(template, other.template as Template));
  return scores.reaching();
}

/** Draws `size` of `all` faces without putting back: how likely none of a certain few is drawn. */
function drawFrom(all: number, size: number): { noneOf: (few: number) => number } {
  const none = new Float64Array(all + 1).fill(1);
  for (let few = 1; few <= all; few++)
    none[few] = (none[few - 1]! * Math.max(0, all - size - (few - 1))) / (all - (few - 1));
  return { noneOf: (few) => none[few]! };
}

const extrapolate = (
  gallery: number,
  mates: readonly MatedSearch[],
  curve: FalseMatchCurve,
): IdentificationRates => ({
  gallery,
  origin: 'extrapolated',
  fpir: Float64Array.from(gridScores, (score) => fpirOf(fmrAt(score, curve), gallery)),
  fnir: fnirOf(mates, ({ score }) => 1 - fpirOf(fmrAt(score, curve), gallery - 1)),
});

/** @param isFirst how likely nobody else comes before the mate, 0 to 1 */
function fnirOf(mates: readonly MatedSearch[], isFirst: (search: MatedSearch) => number): Float64Array {
  const found = new ScoreCounts();
  for (const search of mates) found.add(search.score, isFirst(search));
  return found.reaching().map((count) => 1 - count / mates.length);
}

function* powersOfTen(from: number, to: number): Generator<number> {
  for (let size = 10; size <= to; size *= 10) if (size >= from) yield size;
}
