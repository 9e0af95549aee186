// A face cut out of a picture is its pixels and a margin, whatever size the picture was decoded to.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { openPictureSource } from '../../src/images/pictures.ts';

const source = openPictureSource();
const red = { r: 255, g: 0, b: 0 };

/** Blue, with a red square of 400 px whose left upper corner is at the place given. */
const pictureWith = (left: number, top: number) =>
  sharp({ create: { width: 3840, height: 2000, channels: 3, background: '#0000ff' } })
    .composite([{ input: { create: { width: 400, height: 400, channels: 3, background: red } }, left, top }])
    .withExif({ IFD0: { Make: 'camera' } })
    .jpeg({ quality: 100 })
    .toBuffer();

test('half the size of the face is kept around it, at the scale the picture was shrunk to', async () => {
  const bytes = await pictureWith(2000, 800);
  const kept = await source.cutOut(bytes, { x: 2000, y: 800, width: 400, height: 400 });
  const { width, height, exif, format } = await sharp(kept).metadata();
  assert.deepEqual([width, height, exif, format], [400, 400, undefined, 'jpeg']);
  const pixel = async (left: number, top: number) =>
    [...(await sharp(kept).extract({ left, top, width: 1, height: 1 }).raw().toBuffer())].map((value) =>
      Math.round(value / 255),
    );
  assert.deepEqual(await pixel(200, 200), [1, 0, 0]);
  assert.deepEqual(await pixel(50, 50), [0, 0, 1]);
  assert.deepEqual(await pixel(350, 350), [0, 0, 1]);
});

test('the cut ends where the picture ends', async () => {
  const bytes = await pictureWith(0, 1600);
  const kept = await source.cutOut(bytes, { x: -40, y: 1600, width: 440, height: 440 });
  const { width, height } = await sharp(kept).metadata();
  assert.deepEqual([width, height], [310, 310]);
});

test('the type of a picture is told by its bytes', async () => {
  assert.equal(source.mediaTypeOf(await pictureWith(0, 0)), 'image/jpeg');
  assert.equal(source.mediaTypeOf(Buffer.from('RIFF0000WEBP')), 'image/webp');
  assert.equal(source.mediaTypeOf(Buffer.from('BM0000000000')), 'image/bmp');
});
