// What a JPEG's first segments say is what libvips says, or nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import sharp from 'sharp';
import { readJpegFrame } from '../../src/images/jpeg-header.ts';
import { quarters } from './encoded.ts';

const baseline = await quarters(64, 48).jpeg().toBuffer();
const progressive = await quarters(64, 48).jpeg({ progressive: true }).toBuffer();
const noted = await quarters(48, 64)
  .withMetadata({ orientation: 6 })
  .withIccProfile('srgb')
  .jpeg()
  .toBuffer();
const grey = await quarters(64, 48).toColourspace('b-w').jpeg().toBuffer();
const cmyk = await quarters(64, 48).toColourspace('cmyk').jpeg().toBuffer();

/** A baseline JPEG that brings its colours one after the other begins so. */
function withFirstScanOf(components: number): Buffer {
  const bytes = Buffer.from(baseline);
  const scan = bytes.indexOf(Buffer.from([0xff, 0xda]));
  const selectors = bytes.subarray(scan + 5, scan + 5 + 2 * components);
  const header = [0xff, 0xda, 0, 6 + 2 * components, components, ...selectors, 0, 63, 0];
  return Buffer.concat([bytes.subarray(0, scan), Buffer.from(header), bytes.subarray(scan + 14)]);
}

async function libvipsSays(bytes: Uint8Array) {
  const { format, width, height, channels, depth, isProgressive } = await sharp(bytes, {
    limitInputPixels: false,
  }).metadata();
  assert.equal(depth, 'uchar');
  return { format, width, height, channels, isProgressive };
}

for (const [what, bytes] of [
  ['a baseline JPEG', baseline],
  ['a progressive JPEG', progressive],
  ['a JPEG with orientation and colour profile', noted],
  ['a grey JPEG', grey],
  ['a JPEG whose colours come one after the other', withFirstScanOf(1)],
] as const) {
  test(`${what} is read as libvips reads it`, async () => {
    assert.deepEqual(readJpegFrame(bytes), await libvipsSays(bytes));
  });
}

test('what comes in several scans is known to be held whole', () => {
  const isHeldWhole = [baseline, progressive, withFirstScanOf(1)].map(
    (one) => readJpegFrame(one)?.isProgressive,
  );
  assert.deepEqual(isHeldWhole, [false, true, true]);
});

test('a CMYK JPEG, one cut off in its header and one with bytes between its segments are left to libvips', () => {
  assert.equal(readJpegFrame(cmyk), undefined);
  assert.equal(readJpegFrame(baseline.subarray(0, 100)), undefined);
  assert.equal(readJpegFrame(baseline.subarray(0, 2)), undefined);
  assert.equal(
    readJpegFrame(Buffer.concat([baseline.subarray(0, 2), Buffer.from([0]), baseline.subarray(2)])),
    undefined,
  );
});

test('whatever the header holds, libvips says the same or refuses it', async () => {
  const flips = fc.array(fc.record({ place: fc.nat(700), value: fc.nat(255) }), {
    minLength: 1,
    maxLength: 6,
  });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(baseline, progressive, noted, grey), flips, async (sample, places) => {
      const bytes = Buffer.from(sample);
      for (const { place, value } of places) bytes[2 + (place % (bytes.length - 2))] = value;
      const frame = readJpegFrame(bytes);
      if (frame === undefined) return;
      const said = await libvipsSays(bytes).catch(() => undefined);
      if (said !== undefined) assert.deepEqual(frame, said);
    }),
    { numRuns: 300 },
  );
});
