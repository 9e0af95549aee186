// What an import is made of, wherever it comes from: persons with pictures, what cannot be taken, and what became of each.

/** One picture that shall become a face. */
export interface ImportFace {
  /** Names it in the report and the state: a path, a URL, or the face id it had; the same in every run. */
  readonly source: string;
  /** Line of the file that names it. */
  readonly line?: number | undefined;
  /**
   * The picture's bytes, at most 20 MB.
   * @throws {Problem} saying why there are none
   */
  load(): Promise<Buffer>;
}

export interface ImportPerson {
  readonly kind: 'person';
  readonly personId: string;
  readonly name?: string | undefined;
  readonly note?: string | undefined;
  readonly groupIds: readonly string[];
  readonly consent?: ImportConsent | undefined;
  /** At most 20: a person who comes again later in the same run just gets more. */
  readonly faces: readonly ImportFace[];
  readonly line?: number | undefined;
  /** How far the progress bar moves. */
  readonly steps: number;
}

export interface ImportConsent {
  readonly reference: string;
  readonly purpose: string;
  readonly basis: string;
  readonly endsOn: string;
}

/** Something that the source names and that cannot be taken. */
export interface ImportProblem {
  readonly kind: 'problem';
  readonly person: string;
  readonly source: string;
  readonly line?: number | undefined;
  readonly outcome: Exclude<Outcome, 'enrolled'>;
  readonly reason: string;
  readonly steps: number;
}

/** A person that takes calls to the source to be looked at, which many may make at a time. */
interface ImportLookup {
  readonly kind: 'lookup';
  readonly steps: number;
  look(): Promise<readonly (ImportPerson | ImportProblem)[]>;
}

export type ImportItem = ImportPerson | ImportProblem | ImportLookup;

export interface ImportSource {
  /** What is imported, for the state file. */
  readonly label: string;
  /** What a step of the progress bar is; where it is persons, an item is all that the source has of one. */
  readonly unit: 'pictures' | 'persons';
  /** Steps in all. */
  count(): Promise<number>;
  /** @param isSettled whether a person needs no look in this run */
  items(isSettled: (personId: string) => boolean): AsyncIterable<ImportItem>;
}

/** What can become of a picture, with the words of the summary. */
export const outcomes = {
  enrolled: 'enrolled',
  refused: 'Lethe refuses it',
  noPicture: 'the source gives no picture',
  notFetched: 'the picture could not be fetched',
  unreadable: 'the file could not be read',
  samePicture: 'the same picture of this person was enrolled already',
  invalid: 'it is no valid entry: the report says why',
  personExists: 'the person was in Lethe before (--into-existing adds to it)',
  deletedSince: 'the person was imported and deleted since: nobody is brought back',
  notCarried: 'a fact that is not carried over',
} as const;

export type Outcome = keyof typeof outcomes;

/** Why a picture is not enrolled; the reason names no person and no address. */
export class Problem extends Error {
  readonly outcome: Exclude<Outcome, 'enrolled'>;

  constructor(outcome: Exclude<Outcome, 'enrolled'>, reason: string) {
    super(reason);
    this.outcome = outcome;
  }
}
