// Signs of templates by planes: a plane has a bit of each row of a block, that of one dimension; a bit is set where the
// number is negative. Rows of a block are numbered from 0, planes lie `planeBytes` apart.

/** Writes a row's bits. @param template f32 x dimensions */
export function writeSigns(
  template: usize,
  dimensions: u32,
  block: usize,
  planeBytes: usize,
  row: u32,
): void {
  const shift = row & 7;
  const others = ~(1 << shift);
  const end = template + ((<usize>dimensions) << 2);
  for (let at = block + <usize>(row >>> 3); template < end; template += 4, at += planeBytes)
    store<u8>(at, (<u32>load<u8>(at) & others) | ((load<u32>(template) >>> 31) << shift));
}

/**
 * As `writeSigns` of eight rows that follow one another.
 * @param templates f32 x dimensions each, back to back
 * @param dimensions a multiple of 16
 * @param row the first, a multiple of 8
 */
export function writeEightSigns(
  templates: usize,
  dimensions: u32,
  block: usize,
  planeBytes: usize,
  row: u32,
): void {
  const templateBytes = (<usize>dimensions) << 2;
  let at = block + <usize>(row >>> 3);
  for (const end = templates + templateBytes; templates < end; templates += 64) {
    let bytes = i8x16.splat(0);
    for (let bit: u32 = 1, from = templates; bit < 256; bit <<= 1, from += templateBytes) {
      const low = i16x8.narrow_i32x4_s(v128.load(from), v128.load(from, 16));
      const high = i16x8.narrow_i32x4_s(v128.load(from, 32), v128.load(from, 48));
      const negative = i8x16.lt_s(i8x16.narrow_i16x8_s(low, high), i8x16.splat(0));
      bytes = v128.or(bytes, v128.and(negative, i8x16.splat(<i8>bit)));
    }
    at = storeEight(at, v128.extract_lane<u64>(bytes, 0), planeBytes);
    at = storeEight(at, v128.extract_lane<u64>(bytes, 1), planeBytes);
  }
}

// A byte in each plane; answers the place in the plane that follows.
function storeEight(at: usize, bytes: u64, planeBytes: usize): usize {
  for (let k = 0; k < 8; k++, at += planeBytes, bytes >>= 8) store<u8>(at, bytes);
  return at;
}

/** A row's bits read zero. */
export function eraseSigns(dimensions: u32, block: usize, planeBytes: usize, row: u32): void {
  const others = ~(1 << (row & 7));
  let at = block + <usize>(row >>> 3);
  for (let k: u32 = 0; k < dimensions; k++, at += planeBytes) store<u8>(at, <u32>load<u8>(at) & others);
}

/** A row's bits stand in another row as well. */
export function copySigns(
  dimensions: u32,
  planeBytes: usize,
  fromBlock: usize,
  fromRow: u32,
  toBlock: usize,
  toRow: u32,
): void {
  const shift = toRow & 7;
  const others = ~(1 << shift);
  let from = fromBlock + <usize>(fromRow >>> 3);
  let to = toBlock + <usize>(toRow >>> 3);
  for (let k: u32 = 0; k < dimensions; k++, from += planeBytes, to += planeBytes)
    store<u8>(to, (<u32>load<u8>(to) & others) | (((<u32>load<u8>(from) >>> (fromRow & 7)) & 1) << shift));
}
