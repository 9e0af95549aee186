// Windows bitmaps of every depth, header and row order.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fastBmp from 'fast-bmp';
import { decodePicture } from '../../src/images/decode.ts';
import { type BitmapShape, bitmap, cornersOf, quarters } from './encoded.ts';
import { refused } from './refused.ts';

const shapes: [what: string, shape: BitmapShape][] = [
  ['4 bits', { bits: 4 }],
  ['8 bits', { bits: 8 }],
  ['16 bits', { bits: 16 }],
  ['16 bits, 5-6-5', { bits: 16, masks: [0xf800, 0x7e0, 0x1f] }],
  ['24 bits', { bits: 24 }],
  ['24 bits, top row first', { bits: 24, isTopDown: true }],
  ['32 bits', { bits: 32 }],
  ['32 bits, top row first', { bits: 32, isTopDown: true }],
  ['32 bits, red last', { bits: 32, masks: [0xff, 0xff00, 0xff0000] }],
  ['32 bits, 10 a channel', { bits: 32, masks: [0x3ff00000, 0xffc00, 0x3ff] }],
  ['32 bits, red highest', { bits: 32, headerBytes: 56, masks: [0xff000000, 0xff0000, 0xff00] }],
  ['4 bits, OS/2 header', { bits: 4, headerBytes: 12 }],
  ['8 bits, OS/2 header', { bits: 8, headerBytes: 12 }],
  ['24 bits, OS/2 header', { bits: 24, headerBytes: 12 }],
  ['24 bits, V4 header', { bits: 24, headerBytes: 108 }],
  ['8 bits, V5 header', { bits: 8, headerBytes: 124 }],
  ['16 bits, V5 header', { bits: 16, headerBytes: 124, masks: [0xf800, 0x7e0, 0x1f] }],
];

for (const [what, shape] of shapes) {
  test(`a bitmap of ${what} is read at every width`, async () => {
    for (const width of [8, 9, 10, 11, 13]) {
      const picture = await decodePicture(bitmap(width, 6, shape));
      assert.deepEqual([picture.width, picture.height, picture.scale], [width, 6, 1]);
      assert.equal(cornersOf(picture), 'red green blue white');
    }
  });
}

test('a bitmap of 1 bit is read at every width', async () => {
  for (const width of [7, 8, 9, 31, 32, 33]) {
    assert.equal(cornersOf(await decodePicture(bitmap(width, 6, { bits: 1 }))), 'red red red white');
  }
});

test('a bitmap of another writer is read', async () => {
  for (const channels of [3, 4] as const) {
    const image = channels === 4 ? quarters(13, 8).ensureAlpha() : quarters(13, 8);
    const data = await image.raw().toBuffer();
    const bytes = fastBmp.encode({
      width: 13,
      height: 8,
      channels,
      components: 3,
      bitsPerPixel: channels * 8,
      data,
    });
    assert.equal(cornersOf(await decodePicture(bytes)), 'red green blue white');
  }
});

test('a large bitmap is shrunk to fit within 1920', async () => {
  const picture = await decodePicture(bitmap(2400, 100, { bits: 24 }));
  assert.deepEqual([picture.width, picture.height, picture.scale], [1920, 80, 1.25]);
  assert.equal(cornersOf(picture), 'red green blue white');
});

test('a colour that the palette lacks is black', async () => {
  const bytes = bitmap(4, 4, { bits: 8 });
  bytes.writeUInt32LE(2, 46);
  bytes.writeUInt32LE(14 + 40 + 2 * 4, 10);
  const { pixels } = await decodePicture(bytes);
  assert.ok(pixels.every((value) => value === 0 || value === 255));
});

const change = (at: number, value: number): Buffer => {
  const bytes = bitmap(16, 16, { bits: 24 });
  bytes.writeInt32LE(value, at);
  return bytes;
};

const damaged: [what: string, bytes: Buffer][] = [
  ['of two letters', Buffer.from('BM')],
  [
    'of text',
    Buffer.from('BM is how a bitmap begins, and this is no bitmap; it merely begins with its letters'),
  ],
  ['cut off in its header', bitmap(16, 16, { bits: 24 }).subarray(0, 40)],
  ['cut off in its masks', bitmap(16, 16, { bits: 16, masks: [0xf800, 0x7e0, 0x1f] }).subarray(0, 60)],
  ['cut off in its palette', bitmap(16, 16, { bits: 8 }).subarray(0, 200)],
  ['cut off in its pixels', bitmap(16, 16, { bits: 24 }).subarray(0, 500)],
  ['without width', change(18, 0)],
  ['of negative width', change(18, -16)],
  ['without height', change(22, 0)],
  ['of the least height there is', change(22, -(2 ** 31))],
  ['of the greatest width there is', change(18, 2 ** 31 - 1)],
  [
    'that declares 30000 x 30000 pixels',
    (() => {
      const bytes = change(18, 30_000);
      bytes.writeInt32LE(30_000, 22);
      return bytes;
    })(),
  ],
  ['whose header is short', change(14, 16)],
  ['whose header is longer than the file', change(14, 2 ** 31 - 1)],
  ['whose pixels lie behind its end', change(10, 2 ** 31 - 1)],
  ['of 2 bits', change(28, 2)],
  ['of no bits', change(28, 0)],
  ['with run lengths', change(30, 1)],
  ['with a JPEG inside', change(30, 4)],
];

for (const [what, bytes] of damaged) {
  test(`a bitmap ${what} is refused`, async () => {
    await refused(decodePicture(bytes), 'badFormat');
  });
}

test('a bitmap with more pixels than 20 MB hold is over the limit', async () => {
  const bytes = Buffer.alloc(62 + (16_000 * 16_000) / 8);
  bitmap(16, 16, { bits: 1 }).copy(bytes, 0, 0, 62);
  bytes.writeInt32LE(16_000, 18);
  bytes.writeInt32LE(16_000, 22);
  await refused(decodePicture(bytes), 'downloadFailed');
});
