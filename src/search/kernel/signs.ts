// Sign codes of templates.

/**
 * Writes a template's code: bit b of byte k of the j-th 16 bytes tells whether number 128 j + 16 b + k is negative, so that
 * a vector of bytes meets the numbers that it stands for as they lie.
 * @param template f32 x dimensions
 * @param dimensions a multiple of 16
 * @param code 16 bytes for each 128 dimensions or part of them, written
 */
export function writeSigns(template: usize, dimensions: u32, code: usize): void {
  const end = template + ((<usize>dimensions) << 2);
  for (; template < end; code += 16) {
    let bytes = i8x16.splat(0);
    for (let bit: u32 = 1; bit < 256 && template < end; bit <<= 1, template += 64) {
      const low = i16x8.narrow_i32x4_s(v128.load(template), v128.load(template, 16));
      const high = i16x8.narrow_i32x4_s(v128.load(template, 32), v128.load(template, 48));
      const negative = i8x16.lt_s(i8x16.narrow_i16x8_s(low, high), i8x16.splat(0));
      bytes = v128.or(bytes, v128.and(negative, i8x16.splat(<i8>bit)));
    }
    v128.store(code, bytes);
  }
}
