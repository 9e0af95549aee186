// Tells what a gap holds of rows that are gone from what it holds of rows that are there: SQLite leaves both behind.

const gramBytes = 8;

/**
 * Grams in a row that no row holds: 24 bytes. Every hash (32 bytes) and every sealed text (28 bytes and more) that
 * stands in a gap whole has as many, wherever it begins; fewer come about where two cells of living rows once met.
 */
const gramsOfOldContent = 3;

/** Of 24 random bytes 22.9 differ on average, and fewer than 16 in none of a million; numbers of rows differ less. */
const leastDistinct = 16;

/**
 * Counts the gaps that hold a hash or a sealed text of a row that is no longer there. A gap is full of copies of living
 * rows, made when SQLite moved them from page to page; that is why it is compared and not only looked at.
 * @param image the database; the gaps, views of it, read zero afterwards
 */
export function countOldContent(image: Buffer, gaps: readonly Buffer[]): number {
  const copies = gaps.map((gap) => Buffer.from(gap));
  for (const gap of gaps) gap.fill(0);
  const grams = new Grams(copies);
  grams.crossOff(image);
  return copies.filter((gap, i) => holdsOldContent(gap, grams.leftOf(i))).length;
}

function holdsOldContent(gap: Buffer, isLeft: readonly boolean[]): boolean {
  let run = 0;
  for (const [i, left] of isLeft.entries()) {
    run = left ? run + 1 : 0;
    if (run < gramsOfOldContent) continue;
    const end = (i + 1) * gramBytes;
    if (new Set(gap.subarray(end - gramsOfOldContent * gramBytes, end)).size >= leastDistinct) return true;
  }
  return false;
}

/** Where cells once began on the page: numbers below its size, 4,096, in two bytes each. Nothing of a row. */
function holdsPointers(gap: Buffer, at: number): boolean {
  for (let i = at; i < at + gramBytes; i += 2) if (gap[i]! >= 16) return false;
  return true;
}

/** The 8-byte pieces of all gaps in one open-addressed table, crossed off as they are met in living rows. */
class Grams {
  readonly #low: Uint32Array;
  readonly #high: Uint32Array;
  readonly #isMet: Uint8Array;
  /** Place in the arrays plus one; 0 is free. */
  readonly #table: Uint32Array;
  readonly #mask: number;
  readonly #gaps: readonly Buffer[];
  #count = 0;

  constructor(gaps: readonly Buffer[]) {
    const most = gaps.reduce((sum, gap) => sum + Math.floor(gap.length / gramBytes), 0);
    this.#gaps = gaps;
    this.#low = new Uint32Array(most);
    this.#high = new Uint32Array(most);
    this.#isMet = new Uint8Array(most);
    this.#mask = 2 ** Math.ceil(Math.log2(2 * most + 2)) - 1;
    this.#table = new Uint32Array(this.#mask + 1);
    for (const gap of gaps) {
      for (let at = 0; at + gramBytes <= gap.length; at += gramBytes) {
        this.#enter(gap.readUInt32LE(at), gap.readUInt32LE(at + 4));
      }
    }
  }

  /** One pass over every alignment. */
  crossOff(image: Buffer): void {
    if (this.#count === 0) return;
    let low = 0;
    let high = 0;
    for (const byte of image) {
      low = ((low >>> 8) | (high << 24)) >>> 0;
      high = ((high >>> 8) | (byte << 24)) >>> 0;
      const place = this.#table[this.#placeOf(low, high)]!;
      if (place > 0) this.#isMet[place - 1] = 1;
    }
  }

  /** For each gram of a gap, whether no living row holds it; zeros are held by all. */
  leftOf(gap: number): boolean[] {
    const bytes = this.#gaps[gap]!;
    return Array.from({ length: Math.floor(bytes.length / gramBytes) }, (_, i) => {
      const [low, high] = [bytes.readUInt32LE(i * gramBytes), bytes.readUInt32LE(i * gramBytes + 4)];
      if (low === 0 && high === 0) return false;
      if (holdsPointers(bytes, i * gramBytes)) return false;
      return this.#isMet[this.#table[this.#placeOf(low, high)]! - 1] === 0;
    });
  }

  #enter(low: number, high: number): void {
    if (low === 0 && high === 0) return;
    const place = this.#placeOf(low, high);
    if (this.#table[place] !== 0) return;
    this.#low[this.#count] = low;
    this.#high[this.#count] = high;
    this.#count += 1;
    this.#table[place] = this.#count;
  }

  /** Where a gram stands in the table, or the free place where it would. */
  #placeOf(low: number, high: number): number {
    let place = (Math.imul(low, 0x9e3779b1) ^ Math.imul(high ^ (low >>> 15), 0x85ebca6b)) >>> 0;
    place = (place ^ (place >>> 13)) & this.#mask;
    for (; ; place = (place + 1) & this.#mask) {
      const entry = this.#table[place]!;
      if (entry === 0 || (this.#low[entry - 1] === low && this.#high[entry - 1] === high)) return place;
    }
  }
}
