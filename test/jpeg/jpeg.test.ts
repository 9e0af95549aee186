// Most JPEGs are decoded in WebAssembly, to the last bit as sharp (libjpeg) does, and none that is not whole.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import sharp, { type JpegOptions, type Sharp } from 'sharp';
import { withJpeg } from '../../src/jpeg/decoder.ts';
import { readJpegHeader } from '../../src/jpeg/header.ts';

const decode = (bytes: Uint8Array, scale: 1 | 2 = 1) =>
  withJpeg(bytes, scale, async ({ pixels, width, height }) => ({
    pixels: Buffer.from(pixels),
    width,
    height,
  }));

/** Slopes with noise, whose strength decides how many coefficients there are. */
function scene(width: number, height: number, noise: number, seed = 1): Sharp {
  const pixels = Buffer.alloc(width * height * 3);
  let state = seed;
  for (let i = 0; i < pixels.length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    const slope = (i % (width * 3)) * 0.9 + Math.floor(i / (width * 3)) * 1.7;
    pixels[i] = Math.max(0, Math.min(255, (slope % 256) + noise * (state / 2 ** 32 - 0.5)));
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

async function sameAsSharp(bytes: Buffer): Promise<void> {
  const { data, info } = await sharp(bytes).autoOrient().raw().toBuffer({ resolveWithObject: true });
  const picture = await decode(bytes);
  assert.ok(picture, 'it is not decoded');
  assert.deepEqual([picture.width, picture.height], [info.width, info.height]);
  assert.ok(data.equals(picture.pixels), 'a pixel differs');
}

test('pixels are those of libjpeg, whatever the size, the quality and the sampling', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 8, max: 70 }),
      fc.integer({ min: 1, max: 70 }),
      fc.integer({ min: 1, max: 100 }),
      fc.constantFrom('4:4:4', '4:2:0'),
      fc.boolean(),
      fc.integer({ min: 0, max: 600 }),
      fc.integer(),
      async (width, height, quality, chromaSubsampling, optimiseCoding, noise, seed) => {
        const options: JpegOptions = { quality, chromaSubsampling, optimiseCoding };
        await sameAsSharp(await scene(width, height, noise, seed).jpeg(options).toBuffer());
      },
    ),
    { numRuns: 150 },
  );
});

/** 40 x 24 pixels written by libjpeg-turbo 2.1, and the SHA-256 of what it decodes them to at half their size. */
const fixed = [
  {
    what: 'with a restart after each MCU',
    jpeg: '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4UG1RV19iZ2hnPk1xeXBkeFxlZ2P/2wBDARESEhgVGC8aGi9jQjhCY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2P/wAARCAAYACgDAREAAhEBAxEB/8QAGQAAAwADAAAAAAAAAAAAAAAABAUGAAED/8QAHxAAAAYCAwEAAAAAAAAAAAAAAAECAwQRIWESUXEx/8QAGQEAAwEBAQAAAAAAAAAAAAAAAwQFAQIG/8QAKREAAQQBAAkEAwAAAAAAAAAAAwABAhEEEhMhMUFRcdHhIjJhobHw8f/dAAQAAf/aAAwDAQACEQMRAD8AjW42gNpWuYFX/9CWbiaGNG0xAq//0Z9uHoawLVKBl//STtwdAjYlq5A6/9MBEEiLNF6CSxIQa5vXVengdf/UTNRdBUUrUyJV/9UNqJoMCjaUiVf/1uZMJRirPoNGyRgfRq5cu6wc3df/19ojrVrwca7INxrps8/acgRmX//QIRDSmuWABxCDWselXgZ33L//0cYi6E/Gla82xV//0jCY4JKiyY0+Q4Bto+593dQxzt1//9NkzDx8CmOJqt0hEy//1HKGDM6QVF2EpZUyPoh2Nz4+PyhQnW9f/9WgRFSjFWfQmPqgel9suX7/AH4R4Fd1/9k=',
    half: '39b8d35da77c0a062eea8c183ac23e5722012afe139d449a13f8813dd473708b',
  },
  {
    what: 'whose colours are half as wide',
    jpeg: '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4UG1RV19iZ2hnPk1xeXBkeFxlZ2P/2wBDARESEhgVGC8aGi9jQjhCY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2P/wAARCAAYACgDASEAAhEBAxEB/8QAFwABAQEBAAAAAAAAAAAAAAAABAMABv/EAB8QAAEEAwADAQAAAAAAAAAAAAABAgMEESFhElFxMf/EABkBAAIDAQAAAAAAAAAAAAAAAAIFAwQGAf/EACQRAAEDAgYCAwAAAAAAAAAAAAMAAQIEERITISIxQTLwcYHB/9oADAMBAAIRAxEAPwDjY63BMdTgEdyMJUmOnwRHR4TRpsSaBMksooibwn0xyVMKL2lJmf5TOBnsixVeDYqnAKXcsMMqQkDWaxlfRVld7ufCQ9RJ5ZQtLcv77+tAE7dXZTa3HloxWw049s31+00gV3ZHgq8GJB4NTCbUGnLlhebdLDCJd7K0NPX4XZAqrhiYT2R4nFBow8nTYJLursqtZrGV9GK7liLZGN7c9JpAl25X/9k=',
    half: 'ed0c69e76783d77731e6c9ea1753254be6ad54697ef245f347554643e1b35c68',
  },
  {
    what: 'whose colours are half as wide and high',
    jpeg: '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4UG1RV19iZ2hnPk1xeXBkeFxlZ2P/2wBDARESEhgVGC8aGi9jQjhCY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2P/wAARCAAYACgDASIAAhEBAxEB/8QAGAAAAwEBAAAAAAAAAAAAAAAAAAQFAwb/xAAfEAABBAMAAwEAAAAAAAAAAAAAAQIDBBEhYRJRcTH/xAAYAQADAQEAAAAAAAAAAAAAAAACAwUEB//EACIRAAICAQQBBQAAAAAAAAAAAAECAAMEERMhMRJRYXHB4f/aAAwDAQACEQMRAD8A42OtwZjqcKEVXg7FU4DSNyJqytJLjp8GI6PCokDWaxlfRqyu93Pg19lD49n2lSnKJk9lFETeE+gV2U2tx5aAUWQHlQPkymmTx3F4KvBxIPBqYTagBmqsZMcsvf7Od1OdZtDT1+G7IFVcMTCewAFiUCIvGsrU2NN2VWs1jK+gADK1jKxVeAD6D7lRHOk//9k=',
    half: '655e8de8cb242fc060fc3e95b6c7a1253f83e7611a3344b300dc58f57a7905b6',
  },
];

for (const { what, jpeg, half } of fixed)
  test(`pixels are those of libjpeg, at half the size, too, of a picture ${what}`, async () => {
    const bytes = Buffer.from(jpeg, 'base64');
    await sameAsSharp(bytes);
    const { pixels, width, height } = (await decode(bytes, 2))!;
    assert.deepEqual([width, height], [20, 12]);
    assert.equal(createHash('sha256').update(pixels).digest('hex'), half);
  });

test('half of an odd size is rounded up', async () => {
  const { width, height } = (await decode(await scene(51, 37, 20).jpeg().toBuffer(), 2))!;
  assert.deepEqual([width, height], [26, 19]);
});

const others: [what: string, image: Sharp][] = [
  ['a progressive one', scene(40, 30, 20).jpeg({ progressive: true })],
  ['a grey one', scene(40, 30, 20).toColourspace('b-w').jpeg()],
  ['one in printing colours', scene(40, 30, 20).toColourspace('cmyk').jpeg()],
  ['one with a colour profile', scene(40, 30, 20).withIccProfile('p3').jpeg()],
  ['a narrow one', scene(7, 30, 20).jpeg()],
];

for (const [what, image] of others)
  test(`${what} is left to a decoder of every kind`, async () => {
    const bytes = await image.toBuffer();
    assert.equal(readJpegHeader(bytes), undefined);
    assert.equal(await decode(bytes), undefined);
  });

test('Exif that says upright, or nothing of it, does not matter', async () => {
  for (const IFD0 of [{ Orientation: '1' }, { Copyright: 'nobody' }])
    await sameAsSharp(await scene(40, 30, 20).withExif({ IFD0 }).jpeg().toBuffer());
});

for (let orientation = 2; orientation <= 8; orientation++)
  test(`a picture of orientation ${orientation} is turned upright`, async () => {
    const IFD0 = { Orientation: String(orientation) };
    await sameAsSharp(await scene(40, 30, 20).withExif({ IFD0 }).jpeg().toBuffer());
  });

/** The JPEG with another segment behind its start, so many times. */
function withSegment(jpeg: Buffer, marker: number, content: Buffer, times = 1): Buffer {
  const segment = Buffer.concat([Buffer.from([0xff, marker, 0, content.length + 2]), content]);
  return Buffer.concat([jpeg.subarray(0, 2), ...Array(times).fill(segment), jpeg.subarray(2)]);
}

const withAdobe = (jpeg: Buffer, transform: number): Buffer =>
  withSegment(jpeg, 0xee, Buffer.from([...Buffer.from('Adobe'), 0, 100, 0, 0, 0, 0, transform]));

test('a header of hundreds of segments is not read to its end', async () => {
  const jpeg = await scene(40, 30, 20).jpeg().toBuffer();
  const comment = Buffer.from('hello');
  await sameAsSharp(withSegment(jpeg, 0xfe, comment, 200));
  assert.equal(await decode(withSegment(jpeg, 0xfe, comment, 300)), undefined);
});

test('tables that stand there twice are left to a decoder of every kind', async () => {
  const jpeg = await scene(40, 30, 20).jpeg().toBuffer();
  assert.equal(await decode(withSegment(jpeg, 0xdb, Buffer.alloc(65))), undefined);
  assert.equal(await decode(withSegment(jpeg, 0xc4, Buffer.alloc(17))), undefined);
});

test("Adobe's colours are decoded where they are JFIF's", async () => {
  const jpeg = await scene(40, 30, 20).jpeg().toBuffer();
  await sameAsSharp(withAdobe(jpeg, 1));
  assert.equal(await decode(withAdobe(jpeg, 0)), undefined);
});

test('bytes after the end do not matter', async () => {
  await sameAsSharp(Buffer.concat([await scene(40, 30, 20).jpeg().toBuffer(), Buffer.from('PK')]));
});

test('a picture of one colour, which takes the fewest bits, is decoded', async () => {
  const blank = sharp({ create: { width: 1000, height: 1000, channels: 3, background: '#808080' } });
  for (const chromaSubsampling of ['4:4:4', '4:2:0'])
    await sameAsSharp(await blank.clone().jpeg({ chromaSubsampling, optimiseCoding: true }).toBuffer());
});

test('of a file that is cut off nothing is decoded, wherever it is cut', async () => {
  const bytes = await scene(40, 30, 60).jpeg().toBuffer();
  for (let length = 0; length < bytes.length; length++)
    assert.equal(await decode(bytes.subarray(0, length)), undefined, `${length} of ${bytes.length} bytes`);
});

test('a small file that says it holds a large picture is given up at once', async () => {
  const bytes = await scene(8, 8, 0).jpeg({ chromaSubsampling: '4:4:4' }).toBuffer();
  const frame = bytes.indexOf(Buffer.from([0xff, 0xc0]));
  bytes.writeUInt16BE(5_000, frame + 5);
  bytes.writeUInt16BE(5_000, frame + 7);
  const start = process.cpuUsage();
  for (let i = 0; i < 5; i++) assert.equal(await decode(bytes), undefined);
  const { user } = process.cpuUsage(start);
  assert.ok(user / 5000 < 20, `${user / 5000} ms each`);
});

test('a file with a change anywhere is decoded as sharp does, or left to it', async () => {
  const image = scene(40, 30, 60).withExif({ IFD0: { Orientation: '6', Copyright: 'nobody' } });
  const bytes = await image.jpeg().toBuffer();
  let decoded = 0;
  for (let at = 2; at < bytes.length; at++) {
    for (const bit of [0, 3, 7]) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1 << bit;
      if ((await decode(changed)) === undefined) continue;
      decoded++;
      await sameAsSharp(changed).catch((error: Error) =>
        assert.fail(`byte ${at}, bit ${bit}: ${error.message}`),
      );
    }
  }
  assert.ok(decoded > 100, `${decoded} were decoded`);
});

test('pixels are where the memory is, also when it has grown', async () => {
  const bytes = await scene(40, 30, 60).jpeg().toBuffer();
  await withJpeg(bytes, 1, async (picture, memory) => {
    const before = picture.pixels.slice();
    memory.take(10_000_000);
    assert.deepEqual(picture.pixels, before);
    assert.equal(picture.pixels.buffer, memory.buffer);
  });
});

test('when the picture was looked at its memory reads zero', async () => {
  let kept: Uint8Array = new Uint8Array();
  const bytes = await scene(40, 30, 60).jpeg().toBuffer();
  await withJpeg(bytes, 1, async ({ pixels }) => {
    kept = pixels;
    assert.ok(pixels.some((value) => value > 0));
  });
  assert.equal(kept.length, 40 * 30 * 3);
  assert.ok(new Uint8Array(kept.buffer).every((value) => value === 0));
});
