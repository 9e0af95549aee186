// Bytes that are no picture, no longer one, or one that would eat the machine.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32, deflateSync } from 'node:zlib';
import * as fc from 'fast-check';
import sharp from 'sharp';
import { decodePicture } from '../../src/images/decode.ts';
import { Refusal } from '../../src/wire/errors.ts';
import { bitmap, quarters } from './encoded.ts';
import { refused } from './refused.ts';

const svg =
  '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="file:///etc/passwd"/></svg>';

const others: [what: string, bytes: Uint8Array][] = [
  ['nothing', Buffer.alloc(0)],
  ['a byte', Buffer.from([0xff])],
  ['zeros', Buffer.alloc(1000)],
  ['text', Buffer.from('<!doctype html><title>Not found</title>')],
  ['SVG', Buffer.from(svg)],
  ['SVG with a declaration', Buffer.from(`<?xml version="1.0"?>${svg}`)],
  ['SVG behind the first bytes of a JPEG', Buffer.from(`\xff\xd8\xff${svg}`, 'latin1')],
  ['SVG behind the first bytes of a PNG', Buffer.from(`\x89PNG\r\n\x1a\n${svg}`, 'latin1')],
  ['SVG behind the first bytes of a GIF', Buffer.from(`GIF89a${svg}`)],
  ['SVG behind the first bytes of a WebP', Buffer.from(`RIFF\0\0\0\0WEBP${svg}`)],
  ['PDF', Buffer.from('%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>')],
  ['a script that is also a GIF', Buffer.from('GIF89a=1;alert(document.domain)//')],
  ['WAV, which is RIFF as well', Buffer.from('RIFF\x24\0\0\0WAVEfmt ')],
  ['TIFF', await quarters(16, 16).tiff().toBuffer()],
  ['AVIF', await quarters(16, 16).avif().toBuffer()],
];

for (const [what, bytes] of others) {
  test(`${what} is refused as a format`, async () => {
    await refused(decodePicture(bytes), 'badFormat');
  });
}

const noise = sharp({
  create: {
    width: 200,
    height: 150,
    channels: 3,
    background: '#888',
    noise: { type: 'gaussian', mean: 128, sigma: 40 },
  },
});

const encoded = await Promise.all(
  (['jpeg', 'png', 'webp', 'gif'] as const).map(async (format) => ({
    format,
    bytes: await noise.clone().toFormat(format).toBuffer(),
  })),
);

for (const { format, bytes } of encoded) {
  test(`a ${format} cut off at any place is refused`, async () => {
    for (const share of [0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99]) {
      await refused(decodePicture(bytes.subarray(0, Math.floor(bytes.length * share))), 'badFormat');
    }
  });
}

test('flipped bits give a picture or a refusal, nothing else', async () => {
  const samples = [...encoded.map(({ bytes }) => bytes), bitmap(60, 40, { bits: 8 })];
  const flips = fc.array(
    fc.record({ place: fc.double({ min: 0, max: 0.999, noNaN: true }), bit: fc.nat(7) }),
    {
      minLength: 1,
      maxLength: 20,
    },
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...samples), flips, fc.boolean(), async (sample, places, inHeader) => {
      const bytes = Buffer.from(sample);
      for (const { place, bit } of places) {
        const at = Math.floor(place * (inHeader ? Math.min(100, bytes.length) : bytes.length));
        bytes[at] = bytes[at]! ^ (1 << bit);
      }
      const outcome = await decodePicture(bytes).catch((error: unknown) => error);
      if (outcome instanceof Refusal) assert.equal(outcome.kind, 'service');
      else assert.ok(typeof outcome === 'object' && outcome !== null && 'pixels' in outcome, String(outcome));
    }),
    { numRuns: 200 },
  );
});

function pngChunk(type: string, content: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type), content]);
  const chunk = Buffer.alloc(named.length + 8);
  chunk.writeUInt32BE(content.length);
  named.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(named), named.length + 4);
  return chunk;
}

/** A PNG that declares a size and holds next to nothing. */
function pngOf(width: number, height: number, { isInterlaced = false, bits = 8 } = {}): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([bits, 6, 0, 0, Number(isInterlaced)], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(Buffer.alloc(1_000_000))),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

function jpegOf(width: number, height: number, jpeg: Buffer): Buffer {
  const bytes = Buffer.from(jpeg);
  const frame = bytes.findIndex(
    (byte, at) => byte === 0xff && (bytes[at + 1] === 0xc0 || bytes[at + 1] === 0xc2),
  );
  bytes.writeUInt16BE(height, frame + 5);
  bytes.writeUInt16BE(width, frame + 7);
  return bytes;
}

function gifOf(width: number, height: number, gif: Buffer): Buffer {
  const bytes = Buffer.from(gif);
  // The screen, then its only frame, whose descriptor begins with a comma and its place.
  const frame = bytes.indexOf(Buffer.from([0x2c, 0, 0, 0, 0]));
  for (const at of [6, frame + 5]) {
    bytes.writeUInt16LE(width, at);
    bytes.writeUInt16LE(height, at + 2);
  }
  return bytes;
}

const [jpeg, , , gif] = encoded;
const progressive = await noise.clone().jpeg({ progressive: true }).toBuffer();
const tooMany: [what: string, bytes: Buffer][] = [
  ['a PNG side of 30001', pngOf(30_001, 1)],
  ['a PNG of 300 megapixels', pngOf(20_000, 15_000)],
  ['a PNG of 900 megapixels', pngOf(30_000, 30_000)],
  ['a PNG of 10 gigapixels', pngOf(100_000, 100_000)],
  ['an interlaced PNG of 240 megapixels', pngOf(16_000, 15_000, { isInterlaced: true })],
  ['an interlaced PNG of 90 megapixels and 16 bits', pngOf(9_500, 9_500, { isInterlaced: true, bits: 16 })],
  ['a JPEG of 65500 x 65500', jpegOf(65_500, 65_500, jpeg!.bytes)],
  ['a progressive JPEG of 240 megapixels', jpegOf(16_000, 15_000, progressive)],
  ['a GIF of 2049 x 2048', gifOf(2049, 2048, gif!.bytes)],
  ['a GIF of 65535 x 65535', gifOf(65_535, 65_535, gif!.bytes)],
];

for (const [what, bytes] of tooMany) {
  test(`${what} is over the limit, and costs no memory to refuse`, async () => {
    const before = process.memoryUsage().rss;
    assert.match(await refused(decodePicture(bytes), 'downloadFailed'), /over the limit/);
    assert.ok(process.memoryUsage().rss - before < 100 * 1024 * 1024);
  });
}

test('a PNG within the limits that declares much and holds little is damaged', async () => {
  await refused(decodePicture(pngOf(15_000, 15_000)), 'badFormat');
});
