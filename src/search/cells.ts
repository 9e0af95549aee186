// Persons who are in the same groups share a cell, whose rows lie together: a search reads whole cells, no strangers.
import type { GroupHandle } from '../gallery/ports.ts';
import { Extents, maxOrder } from './extents.ts';

export interface Cell {
  readonly key: string;
  readonly groups: readonly GroupHandle[];
  /** Persons in it, with or without faces. */
  persons: number;
  /** All full but the last. */
  readonly extents: { readonly first: number; readonly order: number; filled: number }[];
}

export class Cells {
  readonly #byKey = new Map<string, Cell>();
  readonly #byGroup = new Map<GroupHandle, Set<Cell>>();
  readonly #extents = new Extents();

  /** The cell of exactly these groups, with one person more. */
  enter(groups: readonly GroupHandle[]): Cell {
    const sorted = [...new Set(groups)].sort((a, b) => a - b);
    const key = sorted.join(' ');
    let cell = this.#byKey.get(key);
    if (cell === undefined) {
      cell = { key, groups: sorted, persons: 0, extents: [] };
      this.#byKey.set(key, cell);
      for (const group of sorted) {
        const cells = this.#byGroup.get(group) ?? new Set();
        this.#byGroup.set(group, cells.add(cell));
      }
    }
    cell.persons++;
    return cell;
  }

  /** One person less, whose rows are gone. */
  leave(cell: Cell): void {
    cell.persons--;
    if (cell.persons > 0) return;
    this.#byKey.delete(cell.key);
    for (const group of cell.groups) {
      const cells = this.#byGroup.get(group)!;
      cells.delete(cell);
      if (cells.size === 0) this.#byGroup.delete(group);
    }
  }

  /** A row at the cell's end. @param reach makes room for rows below a number; where it throws, nothing changes */
  take(cell: Cell, reach: (end: number) => void): number {
    let last = cell.extents.at(-1);
    if (last === undefined || last.filled === 1 << last.order) {
      // Each as long as all before it: a small cell reserves little, a large one has few.
      const order = Math.min(maxOrder, Math.max(0, cell.extents.length - 1));
      last = { first: this.#extents.take(order, reach), order, filled: 0 };
      cell.extents.push(last);
    }
    return last.first + last.filled++;
  }

  lastRowOf({ extents }: Cell): number {
    const last = extents.at(-1)!;
    return last.first + last.filled - 1;
  }

  /** Gives the cell's last row back. */
  drop({ extents }: Cell): void {
    const last = extents.at(-1)!;
    last.filled--;
    if (last.filled > 0) return;
    extents.pop();
    this.#extents.give(last.first, last.order);
  }

  /** First row and number of rows, each, of everybody in some of the groups and none of the excluded. */
  extentsOf(groups: Iterable<GroupHandle>, excluded: ReadonlySet<GroupHandle>): Uint32Array {
    const cells = new Set<Cell>();
    for (const group of groups) for (const cell of this.#byGroup.get(group) ?? []) cells.add(cell);
    const pairs: number[] = [];
    for (const { groups: own, extents } of cells) {
      if (own.some((group) => excluded.has(group))) continue;
      for (const { first, filled } of extents) pairs.push(first, filled);
    }
    return Uint32Array.from(pairs);
  }
}
