// Overlapping sightings of one face become one, and boxes come back to where they are in the picture.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Corners, type Detection, overlap, suppress } from '../../src/biometrics/detection.ts';
import { framesOf } from '../../src/biometrics/frame.ts';
import { plainTuning, planar } from '../../src/biometrics/pixel-kernel.ts';
import { resize } from '../../src/biometrics/resize.ts';
import { decode, merge } from '../../src/biometrics/ultraface.ts';
import { lendMemory } from '../../src/kernels/kernel.ts';

const square = (left: number, top: number, side: number): Corners => ({
  left,
  top,
  right: left + side,
  bottom: top + side,
});
const face = (confidence: number, corners: Corners): Detection => ({ confidence, corners, angle: undefined });

test('of sightings that overlap the surest stays', () => {
  const best = face(0.9, square(2, 0, 10));
  const apart = face(0.5, square(50, 50, 10));
  assert.deepEqual(suppress([face(0.8, square(0, 0, 10)), apart, best], 0.4), [best, apart]);
});

test('faces that only touch both stay', () => {
  const [one, other] = [face(0.9, square(0, 0, 10)), face(0.8, square(9, 0, 10))];
  assert.deepEqual(suppress([one, other], 0.4), [one, other]);
});

test('what stays never overlaps, and what went overlapped a surer one that stayed', () => {
  const part = fc.integer({ min: 0, max: 60 });
  const detections = fc.array(
    fc
      .tuple(part, part, fc.integer({ min: 1, max: 40 }), fc.double({ min: 0, max: 1, noNaN: true }))
      .map(([left, top, length, confidence]) => face(confidence, square(left, top, length))),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(detections, (found) => {
      const kept = suppress(found, 0.4);
      for (const one of kept)
        for (const other of kept) if (one !== other) assert.ok(overlap(one.corners, other.corners) <= 0.4);
      for (const gone of found.filter((one) => !kept.includes(one)))
        assert.ok(
          kept.some((one) => one.confidence >= gone.confidence && overlap(one.corners, gone.corners) > 0.4),
        );
    }),
  );
});

test('boxes without an area overlap nothing', () => {
  assert.equal(overlap(square(0, 0, 0), square(0, 0, 0)), 0);
});

test('the coarse search keeps large faces, the fine one small ones, and none is kept twice', () => {
  const large = face(0.99, square(0, 0, 120));
  const tooSmall = face(0.99, square(300, 0, 50));
  const sameAsLarge = face(0.9, square(10, 10, 85));
  const small = face(0.8, square(300, 0, 48));
  const tooLarge = face(0.8, square(400, 400, 120));
  assert.deepEqual(merge([large, tooSmall], [sameAsLarge, small, tooLarge], 1), [large, small]);
});

test('the box of a prior without offsets is the prior', () => {
  // 64 x 64 has 8 x 8 cells of three priors, 4 x 4 and 2 x 2 of two, one of three: 235.
  const scores = new Float32Array(2 * 235);
  scores[2 * (192 + 32 + 8) + 1] = 0.9;
  const [found, ...others] = decode(scores, new Float32Array(4 * 235), 64, 64, 0.7);
  assert.equal(others.length, 0);
  // Its side of 128 is cut to the picture's.
  assert.deepEqual(found!.corners, { left: 0, top: 0, right: 64, bottom: 64 });
});

test('a score that is not a number finds nothing', () => {
  assert.deepEqual(
    decode(new Float32Array(2 * 235).fill(Number.NaN), new Float32Array(4 * 235), 64, 64, 0.7),
    [],
  );
});

test('a box found in a turned or padded picture lies on the same pixels of the picture', () => {
  const picture = { pixels: new Uint8Array(20 * 10 * 3), width: 20, height: 10 };
  // One white pixel, whose corners are those of its centre.
  const [x, y] = [13, 4];
  picture.pixels.fill(255, (y * 20 + x) * 3, (y * 20 + x) * 3 + 3);
  return lendMemory(async (memory) => {
    const frames = framesOf(memory, picture);
    for (const frame of [frames.padded(), ...([90, 180, 270] as const).map(frames.turned)]) {
      const { width, height } = frame.pyramid.base;
      const drawing = { length: width * height * 3, layout: planar(width, height), tuning: plainTuning };
      const at = resize(frame.pyramid, { width, height }, drawing).indexOf(255);
      const found = frame.place(square(at % width, Math.floor(at / width), 0));
      assert.deepEqual(found, square(x, y, 0), `turned by ${frame.turnedBy}`);
    }
  });
});
