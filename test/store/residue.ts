// Finds what is left of bytes: every run of 16 or more that still stands somewhere in a set of files.

/** Sizes of the slots of keys.bin and templates.bin, and where the first key stands, as the format has them. */
export const keySlotBytes = 36;
export const keyHeadBytes = 108;
export const recordSlotBytes = 2176;

/** Shortest run that counts: a run this long of a ciphertext or key does not come about by chance. */
const runBytes = 16;

/** The bytes that came to stand in the slot files between two readings of a folder. */
export function bytesBetween(
  before: ReadonlyMap<string, Buffer>,
  after: ReadonlyMap<string, Buffer>,
): Buffer[] {
  return ['keys.bin', 'templates.bin'].flatMap((name) => {
    const slotBytes = name === 'keys.bin' ? keySlotBytes : recordSlotBytes;
    const was = before.get(name)!;
    const is = after.get(name)!;
    const slots: Buffer[] = [];
    for (let at = 0; at < is.length; at += slotBytes) {
      const slot = is.subarray(at, at + slotBytes);
      if (!isZero(slot) && !slot.equals(was.subarray(at, at + slotBytes))) slots.push(slot);
    }
    return slots;
  });
}

/** The photographs, sealed, that a folder has in one reading and had not in an earlier one; in the order of their slots. */
export function photographsBetween(
  before: ReadonlyMap<string, Buffer>,
  after: ReadonlyMap<string, Buffer>,
): Buffer[] {
  const slotOf = (name: string) => Number(name.slice('photos/'.length));
  return [...after]
    .filter(([name, bytes]) => name.startsWith('photos/') && !before.get(name)?.equals(bytes))
    .sort(([one], [other]) => slotOf(one) - slotOf(other))
    .map(([, bytes]) => bytes);
}

/** How many places of the files hold 16 bytes that stand anywhere in `belongings`; a shorter belonging counts whole. */
export function countResidue(
  files: ReadonlyMap<string, Uint8Array>,
  belongings: Iterable<Uint8Array>,
): number {
  const scan = new ResidueScan(belongings);
  let found = 0;
  for (const bytes of files.values()) found += scan.countIn(bytes);
  return found;
}

const gramBytes = 8;

/**
 * Looks for runs at every alignment in one pass over a file. Any run of 16 bytes holds 8 that stand at a multiple of 8
 * in its belonging: those are looked up, and what stands around them is compared. Eight zeros are never looked up.
 */
export class ResidueScan {
  readonly #bytes: Buffer;
  /** For each byte of `#bytes` that begins eight: where its belonging begins and ends. */
  readonly #begins: Int32Array;
  readonly #ends: Int32Array;
  readonly #table: Int32Array;
  readonly #mask: number;
  readonly #found = new Set<number>();

  constructor(belongings: Iterable<Uint8Array>) {
    const parts = [...belongings].filter((part) => part.length >= gramBytes);
    this.#bytes = Buffer.concat(parts);
    const grams = parts.reduce((sum, part) => sum + Math.floor(part.length / gramBytes), 0);
    this.#mask = 2 ** Math.ceil(Math.log2(4 * grams + 4)) - 1;
    this.#table = new Int32Array(this.#mask + 1).fill(-1);
    this.#begins = new Int32Array(this.#bytes.length);
    this.#ends = new Int32Array(this.#bytes.length);
    let begin = 0;
    for (const part of parts) {
      for (let at = begin; at + gramBytes <= begin + part.length; at += gramBytes) {
        this.#begins[at] = begin;
        this.#ends[at] = begin + part.length;
        this.#enter(at);
      }
      begin += part.length;
    }
  }

  #enter(at: number): void {
    const low = this.#bytes.readInt32LE(at);
    const high = this.#bytes.readInt32LE(at + 4);
    if (low === 0 && high === 0) return;
    let place = hash(low, high) & this.#mask;
    while (this.#table[place] !== -1) place = (place + 1) & this.#mask;
    this.#table[place] = at;
  }

  /** Positions at which a run begins. */
  countIn(file: Uint8Array): number {
    let found = 0;
    let counted = -1;
    let low = 0;
    let high = 0;
    for (let next = 0; next < file.length; next += 1) {
      low = (low >>> 8) | (high << 24);
      high = (high >>> 8) | (file[next]! << 24);
      const at = next + 1 - gramBytes;
      if (at < 0 || (low === 0 && high === 0)) continue;
      for (
        let place = hash(low, high) & this.#mask;
        this.#table[place] !== -1;
        place = (place + 1) & this.#mask
      ) {
        const [from, to] = this.#runAround(file, at, this.#table[place]!);
        if (to > from) this.#found.add(this.#begins[this.#table[place]!]!);
        if (to <= counted) continue;
        found += to - Math.max(from, counted);
        counted = to;
      }
    }
    return found;
  }

  /** Belongings of which a run was found in any file so far. */
  get belongingsFound(): number {
    return this.#found.size;
  }

  /** The positions, from and up to, at which long enough runs begin around eight bytes of the file; empty where none. */
  #runAround(file: Uint8Array, at: number, gram: number): [from: number, to: number] {
    const bytes = this.#bytes;
    const begin = this.#begins[gram]!;
    const end = this.#ends[gram]!;
    let before = 0;
    while (gram - before > begin && at - before > 0 && bytes[gram - before - 1] === file[at - before - 1]) {
      before += 1;
    }
    let after = 0;
    while (gram + after < end && bytes[gram + after] === file[at + after]) after += 1;
    const least = Math.min(runBytes, end - begin);
    return before + after < least || after < gramBytes ? [0, 0] : [at - before, at + after - least + 1];
  }
}

const hash = (low: number, high: number): number => {
  const mixed = Math.imul(low, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b);
  return (mixed ^ (mixed >>> 15)) >>> 0;
};

const zeros = Buffer.alloc(recordSlotBytes);
const isZero = (bytes: Buffer): boolean => bytes.equals(zeros.subarray(0, bytes.length));
