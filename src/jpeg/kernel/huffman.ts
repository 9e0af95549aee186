// The entropy-coded bits of a JPEG (ITU-T T.81, annexes C and F): tables for its codes, and blocks of coefficients.

/** Codes of up to so many bits are looked up. */
const fastBits: u32 = 10;
const symbolsAt: usize = 4 << fastBits;
/** One more than the last code of each length, moved up to 16 bits; and what leads from a code to its symbol. */
const endsAt: usize = symbolsAt + 256;
const offsetsAt: usize = endsAt + 4 * 18;

/** Of a looked-up code, whose lowest 6 bits are its length: its value follows, and is counted in the length. */
const hasValue: u32 = 1 << 6;

// What is left of the bits: `count` in `buffer`, the rest from `position` on. `added` counts zeros beyond the data's end.
let buffer: u64 = 0;
let count: u32 = 0;
let added: u32 = 0;
let position: usize = 0;
let end: usize = 0;

/** Begins to read at `from`; nothing at `to` or beyond is read. */
export function open(from: usize, to: usize): void {
  position = from;
  end = to;
  buffer = 0;
  count = 0;
  added = 0;
}

/** Whether more bits were read than there are. */
export function isBeyondEnd(): bool {
  return count < added;
}

/** Whether all bits but the filling of the last byte were read, no more than there are, and this marker follows. */
export function isAtMarker(marker: u32): bool {
  if (isBeyondEnd() || count - added >= 8 || position + 2 > end) return false;
  return load<u8>(position) == 0xff && load<u8>(position + 1) == marker;
}

/** Goes on behind the marker. */
export function skipMarker(): void {
  open(position + 2, end);
}

/**
 * Writes a table for codes of 1 to 16 bits.
 * @param counts 16 bytes: how many codes there are of each length
 * @param symbols of all codes, shortest first, 256 bytes whether used or not
 * @returns whether there can be such codes
 */
export function buildTable(table: usize, counts: usize, symbols: usize): bool {
  memory.fill(table, 0, symbolsAt);
  memory.copy(table + symbolsAt, symbols, 256);
  let code: u32 = 0;
  let index: u32 = 0;
  for (let length: u32 = 1; length <= 16; length++) {
    store<i32>(table + offsetsAt + 4 * length, index - code);
    for (let left: u32 = load<u8>(counts + length - 1); left > 0; left--, code++, index++) {
      if (index >= 256 || code >= 1 << length) return false;
      if (length <= fastBits) writeFast(table, code << (fastBits - length), length, load<u8>(symbols + index));
    }
    store<u32>(table + endsAt + 4 * length, code << (16 - length));
    code <<= 1;
  }
  return true;
}

/** All that a look-up may find behind a code: the value where it is short enough, else its size only. */
function writeFast(table: usize, start: u32, length: u32, symbol: u32): void {
  const run = symbol >> 4;
  const size = symbol & 15;
  const total = length + size;
  for (let i: u32 = 0; i < 1 << (fastBits - length); i++) {
    let entry = (run << 8) | (size << 12) | length;
    if (size > 0 && total <= fastBits) {
      const value = extend(((start + i) >> (fastBits - total)) & ((1 << size) - 1), size);
      entry = (<u32>value << 16) | (run << 8) | (size << 12) | hasValue | total;
    }
    store<u32>(table + ((start + i) << 2), entry);
  }
}

/** A value from its bits: those that begin with 0 are negative. */
@inline
function extend(bits: u32, size: u32): i32 {
  return bits < 1 << (size - 1) ? <i32>bits + 1 - (1 << size) : <i32>bits;
}

/** So that there are at least 32 bits, which a code and its value never exceed. */
@inline
function refill(): void {
  const word = position + 4 <= end ? bswap(load<u32>(position)) : 0xffffffff;
  // Unless a byte is 0xff, which something else follows.
  if (((~word - 0x01010101) & word & 0x80808080) == 0) {
    buffer = (buffer << 32) | <u64>word;
    count += 32;
    position += 4;
  } else refillSlowly();
}

function refillSlowly(): void {
  while (count < 32) {
    let byte: u32 = position < end ? load<u8>(position) : 0xff;
    if (byte != 0xff) position++;
    else if (position + 1 < end && load<u8>(position + 1) == 0) position += 2;
    else {
      byte = 0;
      added += 8;
    }
    buffer = (buffer << 8) | <u64>byte;
    count += 8;
  }
}

/** The entry of a code that is not looked up, the first of these 16 bits; 0 where there is no such code. */
function findLong(table: usize, bits: u32): u32 {
  for (let length = fastBits + 1; length <= 16; length++) {
    if (bits >= load<u32>(table + endsAt + 4 * length)) continue;
    const index = (bits >> (16 - length)) + load<u32>(table + offsetsAt + 4 * length);
    const symbol: u32 = load<u8>(table + symbolsAt + (index & 255));
    return ((symbol >> 4) << 8) | ((symbol & 15) << 12) | length;
  }
  return 0;
}

/** Never the value of a code. */
const noCode: i32 = i32.MIN_VALUE;

/** The value of a block's first coefficient, less the last block's. */
function readFirst(table: usize): i32 {
  if (count < 32) refill();
  let entry = load<u32>(table + ((<u32>(buffer >> <u64>(count - fastBits)) & ((1 << fastBits) - 1)) << 2));
  if (entry == 0) entry = findLong(table, <u32>(buffer >> <u64>(count - 16)) & 0xffff);
  if (entry == 0 || (entry & 0xf00) != 0) return noCode;
  count -= entry & 63;
  const size = (entry >> 12) & 15;
  if ((entry & hasValue) != 0 || size == 0) return <i32>entry >> 16;
  count -= size;
  return extend(<u32>(buffer >> <u64>count) & ((1 << size) - 1), size);
}

/**
 * Reads a block of 64 coefficients, each times its quantiser, into memory that is zero.
 * @param previous where the last block's first coefficient stands, before quantisation
 * @param quantisers 64 of 16 bits, in the order of the bits
 * @param order 64 bytes: where each belongs in the block
 * @returns the last that is not zero, in the order of the bits; -1 where the bits are no block
 */
export function readBlock(
  block: usize,
  dcTable: usize,
  acTable: usize,
  previous: usize,
  quantisers: usize,
  order: usize,
): i32 {
  const difference = readFirst(dcTable);
  if (difference == noCode) return -1;
  const first = load<i32>(previous) + difference;
  store<i32>(previous, first);
  store<i16>(block, <i16>(first * <i32>load<u16>(quantisers)));
  return readOthers(block, acTable, quantisers, order);
}

/** All but the first coefficient. */
function readOthers(block: usize, table: usize, quantisers: usize, order: usize): i32 {
  let last = 0;
  // In locals, which are quicker than globals.
  let bits = buffer;
  let left = count;
  for (let k: u32 = 1; k < 64; k++) {
    if (left < 32) {
      buffer = bits;
      count = left;
      refill();
      bits = buffer;
      left = count;
    }
    let entry = load<u32>(table + ((<u32>(bits >> <u64>(left - fastBits)) & ((1 << fastBits) - 1)) << 2));
    if (entry == 0) entry = findLong(table, <u32>(bits >> <u64>(left - 16)) & 0xffff);
    if (entry == 0) return -1;
    left -= entry & 63;
    k += (entry >> 8) & 15;
    let value = <i32>entry >> 16;
    if ((entry & hasValue) == 0) {
      const size = (entry >> 12) & 15;
      if (size == 0) {
        if ((entry & 0xf00) == 0) break;
        if ((entry & 0xf00) != 0xf00) return -1;
        continue;
      }
      left -= size;
      value = extend(<u32>(bits >> <u64>left) & ((1 << size) - 1), size);
    }
    if (k > 63) return -1;
    const to = block + (<usize>load<u8>(order + k) << 1);
    store<i16>(to, <i16>(value * <i32>load<u16>(quantisers + (k << 1))));
    last = k;
  }
  buffer = bits;
  count = left;
  return last;
}
