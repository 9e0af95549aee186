// Which row holds whose face. Rows of a cell stay without holes: the last one moves to where one was removed.
import type { FaceColumns, GroupHandle, PersonHandle, Template } from '../gallery/ports.ts';
import { type Cell, Cells } from './cells.ts';
import { maxOrder, maxRun } from './extents.ts';
import type { RowMemory } from './row-memory.ts';

const none = -1;

/** What is known of rows, for as many as the longest run has. */
class RowFacts {
  readonly owners = new Float64Array(maxRun).fill(none);
  /** The person's next row. */
  readonly next = new Int32Array(maxRun).fill(none);
  /** Rising with each face that was added. */
  readonly ordinals = new Float64Array(maxRun);
  /** As numbers: a million strings would take four times as much. */
  readonly faceIds = new Float64Array(maxRun);
}

class EnrolledPerson {
  cell: Cell;
  firstRow = none;

  constructor(cell: Cell) {
    this.cell = cell;
  }
}

export class Enrolled {
  readonly #memory: RowMemory;
  readonly #cells = new Cells();
  readonly #persons = new Map<PersonHandle, EnrolledPerson>();
  readonly #facts: RowFacts[] = [];
  /** Told of each person of whom a row is written, moved or erased. */
  readonly #onChange: (person: PersonHandle) => void;
  #size = 0;
  #ordinal = 0;

  constructor(memory: RowMemory, onChange: (person: PersonHandle) => void) {
    this.#memory = memory;
    this.#onChange = onChange;
  }

  /** Rows that hold a face. */
  get size(): number {
    return this.#size;
  }

  setGroups(person: PersonHandle, groups: readonly GroupHandle[]): void {
    const present = this.#persons.get(person);
    const cell = this.#cells.enter(groups);
    if (present === undefined) {
      this.#persons.set(person, new EnrolledPerson(cell));
      return;
    }
    const left = present.cell;
    // Rows taken before any is given up: where there is no memory, everything stays as it is.
    const taken: number[] = [];
    const rows = this.rowsOf(person);
    try {
      if (left !== cell) for (const _ of rows) taken.push(this.#cells.take(cell, this.#reach));
    } catch (error) {
      for (const _ of taken) this.#cells.drop(cell);
      this.#cells.leave(cell);
      throw error;
    }
    if (left !== cell) {
      this.#onChange(person);
      for (const row of taken) this.#move(this.#persons.get(person)!.firstRow, row, left);
    }
    present.cell = cell;
    this.#cells.leave(left);
  }

  /** @throws {RangeError} where the machine has no more memory, or the id is no face id: nothing has changed then */
  add(person: PersonHandle, faceId: string, template: Template): void {
    const number = numberOf(faceId);
    if (number === undefined) throw new RangeError('a face id must be a whole number');
    this.#memory.write(this.#rowFor(person, number), template);
  }

  /** @throws {RangeError} where the machine has no more memory: the faces before are added then */
  addAll({ persons, faceIds, templates }: FaceColumns): void {
    const rows = new Uint32Array(persons.length);
    let count = 0;
    try {
      for (; count < rows.length; count++) rows[count] = this.#rowFor(persons[count]!, faceIds[count]!);
    } finally {
      this.#memory.writeAll(rows.subarray(0, count), templates);
    }
  }

  remove(person: PersonHandle, faceId: string): void {
    const row = this.find(person, faceId);
    if (row !== undefined) this.#vacate(row);
  }

  removePerson(person: PersonHandle): void {
    const entry = this.#persons.get(person);
    if (entry === undefined) return;
    while (entry.firstRow !== none) this.#vacate(entry.firstRow);
    this.#persons.delete(person);
    this.#cells.leave(entry.cell);
  }

  find(person: PersonHandle, faceId: string): number | undefined {
    const number = numberOf(faceId);
    return number === undefined ? undefined : this.#rowOf(person, number);
  }

  #rowOf(person: PersonHandle, number: number): number | undefined {
    let row = this.#persons.get(person)?.firstRow ?? none;
    while (row !== none && this.#factsOf(row).faceIds[row % maxRun] !== number)
      row = this.#factsOf(row).next[row % maxRun]!;
    return row === none ? undefined : row;
  }

  /** The row that a face has, or a new one, for a template to be written to at once: it is the face added last. */
  #rowFor(person: PersonHandle, number: number): number {
    const row = this.#rowOf(person, number) ?? this.#takeRow(person, number);
    this.#factsOf(row).ordinals[row % maxRun] = ++this.#ordinal;
    this.#onChange(person);
    return row;
  }

  #takeRow(person: PersonHandle, number: number): number {
    if (!this.#persons.has(person)) this.setGroups(person, []);
    const entry = this.#persons.get(person)!;
    const row = this.#cells.take(entry.cell, this.#reach);
    const facts = this.#factsOf(row);
    const at = row % maxRun;
    facts.owners[at] = person;
    facts.faceIds[at] = number;
    facts.next[at] = entry.firstRow;
    entry.firstRow = row;
    this.#size++;
    return row;
  }

  /** The face added last comes first. */
  rowsOf(person: PersonHandle): number[] {
    const rows: number[] = [];
    let row = this.#persons.get(person)?.firstRow ?? none;
    for (; row !== none; row = this.#factsOf(row).next[row % maxRun]!) rows.push(row);
    return rows;
  }

  ownerOf(row: number): PersonHandle | undefined {
    const owner = this.#facts[row >>> maxOrder]?.owners[row % maxRun] ?? none;
    return owner === none ? undefined : owner;
  }

  faceIdOf(row: number): string {
    return String(this.#factsOf(row).faceIds[row % maxRun]);
  }

  /** Which of two faces was added first. */
  ordinalOf(row: number): number {
    return this.#factsOf(row).ordinals[row % maxRun]!;
  }

  groupsOf(person: PersonHandle): readonly GroupHandle[] {
    return this.#persons.get(person)?.cell.groups ?? [];
  }

  extentsOf(groups: Iterable<GroupHandle>, excluded: ReadonlySet<GroupHandle>): Uint32Array {
    return this.#cells.extentsOf(groups, excluded);
  }

  persons(): PersonHandle[] {
    return [...this.#persons.keys()];
  }

  readonly #reach = (end: number): void => {
    this.#memory.reach(end);
    while (this.#facts.length < end / maxRun) this.#facts.push(new RowFacts());
  };

  #factsOf(row: number): RowFacts {
    return this.#facts[row >>> maxOrder]!;
  }

  /** Takes a face's row away from its person. */
  #vacate(row: number): void {
    const person = this.ownerOf(row)!;
    const entry = this.#persons.get(person)!;
    this.#onChange(person);
    this.#relink(entry, row, this.#factsOf(row).next[row % maxRun]!);
    this.#size--;
    this.#fill(row, entry.cell);
  }

  /** The cell's last row comes to a place that is no longer needed, and what it leaves reads zero. */
  #fill(row: number, cell: Cell): void {
    const last = this.#cells.lastRowOf(cell);
    if (last === row) this.#clear(row);
    else {
      const person = this.ownerOf(last)!;
      this.#onChange(person);
      this.#carry(last, row);
      this.#relink(this.#persons.get(person)!, last, row);
    }
    this.#cells.drop(cell);
  }

  /** A person's row goes to another cell; the one it leaves is filled. */
  #move(row: number, to: number, left: Cell): void {
    const entry = this.#persons.get(this.ownerOf(row)!)!;
    const from = this.#factsOf(row);
    this.#relink(entry, row, from.next[row % maxRun]!);
    this.#memory.copy(row, to);
    this.#copyFacts(row, to);
    this.#appendLast(entry, to);
    this.#fill(row, left);
  }

  /** Template, code and facts of a row, which then reads zero. */
  #carry(from: number, to: number): void {
    this.#memory.copy(from, to);
    this.#copyFacts(from, to);
    this.#clear(from);
  }

  #copyFacts(from: number, to: number): void {
    const source = this.#factsOf(from);
    const target = this.#factsOf(to);
    for (const key of ['owners', 'next', 'ordinals', 'faceIds'] as const)
      target[key][to % maxRun] = source[key][from % maxRun]!;
  }

  #clear(row: number): void {
    this.#memory.erase(row);
    const facts = this.#factsOf(row);
    const at = row % maxRun;
    facts.owners[at] = none;
    facts.next[at] = none;
    facts.ordinals[at] = 0;
    facts.faceIds[at] = 0;
  }

  /** What pointed to one row points to another. */
  #relink(entry: EnrolledPerson, from: number, to: number): void {
    if (entry.firstRow === from) {
      entry.firstRow = to;
      return;
    }
    let row = entry.firstRow;
    while (this.#factsOf(row).next[row % maxRun] !== from) row = this.#factsOf(row).next[row % maxRun]!;
    this.#factsOf(row).next[row % maxRun] = to;
  }

  #appendLast(entry: EnrolledPerson, row: number): void {
    this.#factsOf(row).next[row % maxRun] = none;
    this.#relink(entry, none, row);
  }
}

/** Undefined where it is none; no other text leads to the same number. Sooner than the way to a number and back. */
function numberOf(faceId: string): number | undefined {
  let number = 0;
  for (let i = 0; i < faceId.length; i++) {
    const digit = faceId.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    number = number * 10 + digit;
  }
  const isPlain = faceId.length === 1 || (faceId.length > 1 && !faceId.startsWith('0'));
  return isPlain && Number.isSafeInteger(number) ? number : undefined;
}
