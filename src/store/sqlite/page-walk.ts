// Walks the pages of a database and finds bytes that belong to no row: what deletions and rebalancing left behind.

/** The format is https://www.sqlite.org/fileformat2.html; names as there. */
const databaseHeaderBytes = 100;
const pageSizeAt = 16;
const reservedAt = 20;
const freelistAt = 32;

const interiorIndex = 2;
const interiorTable = 5;
const leafIndex = 10;
const leafTable = 13;

/** SQLite leaves up to three bytes between cells (a fragment): too few to tell anything. */
const maxFragmentBytes = 3;

/** The page that holds the byte at 2^30 is never used. */
const lockByte = 2 ** 30;

export interface PageWalk {
  readonly pages: number;
  readonly freePages: number;
  readonly gaps: number;
  /** Pages on the free list, or on no list, that are not all zeros. */
  readonly freePagesWithContent: readonly number[];
  /** Bytes between, before and after the cells of pages in use that are not all zeros; views of the image. */
  readonly gapsWithContent: readonly Buffer[];
}

/**
 * @param image the whole database, the write-ahead log included, as `serialize` gives it
 * @param roots first pages of all tables and indexes but the schema's
 * @throws {Error} when the pages do not hang together
 */
export function walkPages(image: Buffer, roots: readonly number[]): PageWalk {
  const walk = new Walk(image);
  for (const root of [1, ...roots]) walk.visitTree(root);
  walk.visitFreelist();
  return walk.finish();
}

class Walk {
  readonly #image: Buffer;
  readonly #pageBytes: number;
  readonly #usableBytes: number;
  readonly #pageCount: number;
  readonly #visited: Uint8Array;
  readonly #free: number[] = [];
  readonly #dirtyFree: number[] = [];
  readonly #dirtyGaps: Buffer[] = [];
  #gaps = 0;

  constructor(image: Buffer) {
    const size = image.readUInt16BE(pageSizeAt);
    this.#image = image;
    this.#pageBytes = size === 1 ? 65_536 : size;
    this.#usableBytes = this.#pageBytes - image[reservedAt]!;
    this.#pageCount = Math.floor(image.length / this.#pageBytes);
    this.#visited = new Uint8Array(this.#pageCount + 1);
  }

  finish(): PageWalk {
    const lockPage = Math.floor(lockByte / this.#pageBytes) + 1;
    for (let page = 1; page <= this.#pageCount; page += 1) {
      if (this.#visited[page] === 0 && page !== lockPage) this.#noteFree(page);
    }
    return {
      pages: this.#pageCount,
      freePages: this.#free.length,
      gaps: this.#gaps,
      freePagesWithContent: this.#dirtyFree,
      gapsWithContent: this.#dirtyGaps,
    };
  }

  visitTree(root: number): void {
    const due = [root];
    for (let number = due.pop(); number !== undefined; number = due.pop())
      due.push(...this.#visitNode(number));
  }

  visitFreelist(): void {
    for (let trunk = this.#image.readUInt32BE(freelistAt); trunk !== 0; ) {
      const page = this.#take(trunk);
      this.#free.push(trunk);
      const count = page.readUInt32BE(4);
      for (let i = 0; i < count; i += 1) {
        const leaf = page.readUInt32BE(8 + 4 * i);
        this.#take(leaf);
        this.#noteFree(leaf);
      }
      // Past its list a trunk keeps numbers of pages that it has given away, and nothing else.
      for (let at = 8 + 4 * count; at + 4 <= this.#usableBytes; at += 4) {
        if (page.readUInt32BE(at) <= this.#pageCount) continue;
        this.#dirtyFree.push(trunk);
        break;
      }
      trunk = page.readUInt32BE(0);
    }
  }

  #noteFree(number: number): void {
    this.#free.push(number);
    if (!isZero(this.#page(number))) this.#dirtyFree.push(number);
  }

  #page(number: number): Buffer {
    return this.#image.subarray((number - 1) * this.#pageBytes, number * this.#pageBytes);
  }

  #take(number: number): Buffer {
    if (number < 1 || number > this.#pageCount || this.#visited[number] !== 0) {
      throw new Error(`library.db is damaged: page ${number} is used twice, or is not there`);
    }
    this.#visited[number] = 1;
    return this.#page(number);
  }

  /** Answers the pages below. */
  #visitNode(number: number): number[] {
    const page = this.#take(number);
    const header = number === 1 ? databaseHeaderBytes : 0;
    const type = page[header]!;
    const isInterior = type === interiorIndex || type === interiorTable;
    if (!isInterior && type !== leafIndex && type !== leafTable) {
      throw new Error(`library.db is damaged: page ${number} is no part of a table`);
    }
    const cellCount = page.readUInt16BE(header + 3);
    const pointersAt = header + (isInterior ? 12 : 8);
    const children = isInterior ? [page.readUInt32BE(header + 8)] : [];
    const covered: [from: number, to: number][] = [[0, pointersAt + 2 * cellCount]];
    for (let i = 0; i < cellCount; i += 1) {
      const at = page.readUInt16BE(pointersAt + 2 * i);
      if (isInterior) children.push(page.readUInt32BE(at));
      covered.push([at, at + Math.max(4, this.#visitCell(page, at, type))]);
    }
    for (let block = page.readUInt16BE(header + 1); block !== 0; block = page.readUInt16BE(block)) {
      // A free block begins with where the next one is and how long it is itself.
      covered.push([block, block + 4]);
    }
    this.#checkGaps(page, covered);
    return children;
  }

  /** Answers the bytes a cell takes on its page. */
  #visitCell(page: Buffer, at: number, type: number): number {
    let end = type === interiorIndex || type === interiorTable ? at + 4 : at;
    if (type === interiorTable) return readVarint(page, end).end - at;
    const payload = readVarint(page, end);
    end = type === leafTable ? readVarint(page, payload.end).end : payload.end;
    const local = this.#localBytes(payload.value, type);
    if (local === payload.value) return end + local - at;
    this.#visitOverflow(page.readUInt32BE(end + local), payload.value - local);
    return end + local + 4 - at;
  }

  #localBytes(payload: number, type: number): number {
    const usable = this.#usableBytes;
    const most = type === leafTable ? usable - 35 : Math.floor(((usable - 12) * 64) / 255) - 23;
    if (payload <= most) return payload;
    const least = Math.floor(((usable - 12) * 32) / 255) - 23;
    const fitting = least + ((payload - least) % (usable - 4));
    return fitting <= most ? fitting : least;
  }

  #visitOverflow(first: number, bytes: number): void {
    let left = bytes;
    for (let number = first; number !== 0; ) {
      const page = this.#take(number);
      const here = Math.min(left, this.#usableBytes - 4);
      this.#checkGaps(page, [[0, 4 + here]]);
      left -= here;
      number = page.readUInt32BE(0);
    }
  }

  #checkGaps(page: Buffer, covered: readonly [from: number, to: number][]): void {
    let at = 0;
    const inOrder = covered.toSorted(([a], [b]) => a - b);
    for (const [from, to] of [...inOrder, [this.#usableBytes, this.#usableBytes] as const]) {
      if (from - at > maxFragmentBytes) {
        this.#gaps += 1;
        if (!isZero(page.subarray(at, from))) this.#dirtyGaps.push(page.subarray(at, from));
      }
      at = Math.max(at, to);
    }
  }
}

function readVarint(page: Buffer, at: number): { value: number; end: number } {
  let value = 0;
  for (let i = 0; i < 8; i += 1) {
    const byte = page[at + i]!;
    // Not shifted, which would cut at 32 bits.
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return { value, end: at + i + 1 };
  }
  return { value: value * 256 + page[at + 8]!, end: at + 9 };
}

const isZero = (bytes: Buffer): boolean => bytes.every((byte) => byte === 0);
