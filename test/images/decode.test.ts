// What pixels come out of a picture's bytes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp, { type Sharp } from 'sharp';
import { decodePicture, openPicture } from '../../src/images/decode.ts';
import { cornersOf, quarters } from './encoded.ts';
import { refused } from './refused.ts';

const upright = 'red green blue white';

const encodings: [what: string, image: Sharp][] = [
  ['JPEG', quarters(64, 48).jpeg()],
  ['progressive JPEG', quarters(64, 48).jpeg({ progressive: true })],
  ['JPEG with a colour profile', quarters(64, 48).withIccProfile('srgb').jpeg()],
  ['PNG', quarters(64, 48).png()],
  ['interlaced PNG', quarters(64, 48).png({ progressive: true })],
  ['PNG with a palette', quarters(64, 48).png({ palette: true })],
  ['PNG with 16 bits', quarters(64, 48).toColourspace('rgb16').png()],
  ['PNG with alpha', quarters(64, 48).ensureAlpha().png()],
  ['WebP', quarters(64, 48).webp()],
  ['lossless WebP', quarters(64, 48).webp({ lossless: true })],
  ['GIF', quarters(64, 48).gif()],
];

for (const [what, image] of encodings) {
  test(`${what} becomes RGB of 8 bits`, async () => {
    const picture = await decodePicture(await image.toBuffer());
    const { pixels, width, height, scale } = picture;
    assert.deepEqual([width, height, scale, pixels.length], [64, 48, 1, 64 * 48 * 3]);
    assert.equal(cornersOf(picture), upright);
  });
}

for (const colourspace of ['b-w', 'grey16']) {
  test(`a grey PNG (${colourspace}) becomes RGB of 8 bits`, async () => {
    const grey = sharp({ create: { width: 5, height: 4, channels: 3, background: '#808080' } });
    const { pixels } = await decodePicture(await grey.toColourspace(colourspace).png().toBuffer());
    assert.equal(pixels.length, 60);
    assert.ok(pixels.every((value) => Math.abs(value - 128) <= 1));
  });
}

test('a CMYK JPEG becomes RGB, skin colour and all', async () => {
  const skin = [224, 176, 144];
  const image = sharp({ create: { width: 5, height: 4, channels: 3, background: '#e0b090' } });
  const { pixels } = await decodePicture(await image.toColourspace('cmyk').jpeg().toBuffer());
  assert.equal(pixels.length, 60);
  // Printing colours are fewer, so the way there and back is not exact.
  assert.ok(pixels.every((value, i) => Math.abs(value - skin[i % 3]!) <= 10));
});

test('what is transparent becomes white', async () => {
  const clear = sharp({ create: { width: 5, height: 4, channels: 4, background: '#00000000' } });
  for (const format of ['png', 'webp', 'gif'] as const) {
    const { pixels } = await decodePicture(await clear.clone().toFormat(format).toBuffer());
    assert.equal(pixels.length, 60);
    assert.ok(
      pixels.every((value) => value === 255),
      format,
    );
  }
});

// EXIF 2.32, tag 0x0112: where the stored rows and columns belong.
const orientations: [orientation: number, corners: string, size: [width: number, height: number]][] = [
  [1, 'red green blue white', [64, 48]],
  [2, 'green red white blue', [64, 48]],
  [3, 'white blue green red', [64, 48]],
  [4, 'blue white red green', [64, 48]],
  [5, 'red blue green white', [48, 64]],
  [6, 'blue red white green', [48, 64]],
  [7, 'white green blue red', [48, 64]],
  [8, 'green white red blue', [48, 64]],
];

for (const [orientation, corners, size] of orientations) {
  test(`EXIF orientation ${orientation} is turned upright`, async () => {
    for (const format of ['jpeg', 'png', 'webp'] as const) {
      const bytes = await quarters(64, 48).withMetadata({ orientation }).toFormat(format).toBuffer();
      const picture = await decodePicture(bytes);
      assert.deepEqual([picture.width, picture.height], size);
      assert.equal(cornersOf(picture), corners, format);
    }
  });
}

test('an animation shows its first frame', async () => {
  const frames = await Promise.all(
    ['#ff0000', '#00ff00', '#0000ff'].map((background) =>
      sharp({ create: { width: 20, height: 10, channels: 3, background } })
        .png()
        .toBuffer(),
    ),
  );
  for (const format of ['gif', 'webp'] as const) {
    const bytes = await sharp(frames, { join: { animated: true } })
      .toFormat(format)
      .toBuffer();
    assert.equal((await sharp(bytes, { pages: -1 }).metadata()).pages, 3);
    const picture = await decodePicture(bytes);
    assert.deepEqual([picture.width, picture.height], [20, 10]);
    assert.equal(cornersOf(picture), 'red red red red', format);
  }
});

const large: [width: number, height: number, orientation: number, decoded: [number, number]][] = [
  [1920, 1920, 1, [1920, 1920]],
  [1921, 100, 1, [1920, 100]],
  [4000, 3000, 1, [1920, 1440]],
  [4000, 3000, 6, [1440, 1920]],
  [300, 9600, 1, [60, 1920]],
  [30_000, 2, 1, [1920, 1]],
];

for (const [width, height, orientation, decoded] of large) {
  test(`${width} x ${height} pixels, orientation ${orientation}, are shrunk to fit within 1920`, async () => {
    for (const format of ['jpeg', 'png'] as const) {
      const bytes = await quarters(width, height).withMetadata({ orientation }).toFormat(format).toBuffer();
      const picture = await decodePicture(bytes);
      assert.deepEqual([picture.width, picture.height], decoded);
      assert.equal(picture.scale, Math.max(width, height) / 1920);
      assert.equal(picture.pixels.length, decoded[0] * decoded[1] * 3);
    }
  });
}

test('one pixel is a picture', async () => {
  const dot = sharp({ create: { width: 1, height: 1, channels: 3, background: '#0a141e' } });
  const { pixels, width, height, scale } = await decodePicture(await dot.png().toBuffer());
  assert.deepEqual([[...pixels], width, height, scale], [[10, 20, 30], 1, 1, 1]);
});

test('bytes after the end of a picture do not matter', async () => {
  for (const format of ['jpeg', 'png', 'webp', 'gif'] as const) {
    const bytes = Buffer.concat([
      await quarters(64, 48).toFormat(format).toBuffer(),
      Buffer.from('PK\x03\x04'),
    ]);
    assert.equal(cornersOf(await decodePicture(bytes)), upright, format);
  }
});

const left: [width: number, scale: 1 | 2 | undefined][] = [
  [64, 1],
  [1920, 1],
  [1921, undefined],
  [3839, undefined],
  [3840, 2],
  [5759, 2],
  [5760, undefined],
];

for (const [width, scale] of left) {
  test(`a JPEG ${width} pixels wide is ${scale ? 'left to whoever looks at it' : 'decoded at once'}`, async () => {
    const bytes = await quarters(width, 48).jpeg().toBuffer();
    const picture = await openPicture(bytes);
    assert.equal('jpeg' in picture ? picture.scale : undefined, scale);
    assert.equal(cornersOf('jpeg' in picture ? await picture.decode() : picture), upright);
  });
}

test('what is decoded when it is opened reads zero afterwards, also where it is damaged', async () => {
  const whole = await quarters(64, 48).png().toBuffer();
  const cut = Buffer.from(whole.subarray(0, 60));
  const picture = await openPicture(whole);
  assert.ok('pixels' in picture && cornersOf(picture) === upright);
  await refused(openPicture(cut), 'badFormat');
  for (const bytes of [whole, cut]) assert.ok(bytes.every((value) => value === 0));
});
