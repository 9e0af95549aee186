// What checking a data folder tells of one thing that was checked.

export interface Check {
  readonly name: string;
  /** How many there were to look at. */
  readonly looked: number;
  /** Plain words, none of them about a person. */
  readonly findings: readonly string[];
}
