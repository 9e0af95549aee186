// Ids of faces come in runs, and the hashes they are found by let a run stand together, and tell nothing else.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { FaceIds, faceLookupOf } from '../../src/store/face-ids.ts';
import { drawLibraryKey, openLibraryKeys } from '../../src/store/sealing.ts';
import { maxFaceId, minFaceId } from '../../src/wire/limits.ts';

const [rootKey, libraryId] = [randomBytes(32), randomBytes(16)];
const keys = openLibraryKeys(rootKey, libraryId, drawLibraryKey(rootKey, libraryId))!;
const hex = (lookup: Buffer) => lookup.toString('hex');

test('every id is another, and those of a thousand follow each other', () => {
  const faceIds = new FaceIds(keys);
  const ids = Array.from({ length: 200 }, () => faceIds.draw('default', 20))
    .flat()
    .map(({ faceId }) => faceId);
  assert.equal(new Set(ids).size, 4_000);
  assert.ok(ids.every((id) => Number(id) >= minFaceId && Number(id) <= maxFaceId));
  assert.equal(new Set(ids.map((id) => id.slice(0, -3))).size, 4);
  assert.ok(ids.every((id, i) => i % 1_000 === 0 || Number(id) === Number(ids[i - 1]) + 1));
});

test('each account has runs of its own, and so has each start', () => {
  const faceIds = new FaceIds(keys);
  const runs = [faceIds, faceIds, new FaceIds(keys)].map(
    (drawing, i) => drawing.draw(`account-${i}`, 1)[0]!.faceId,
  );
  assert.equal(new Set(runs.map((id) => id.slice(0, -3))).size, 3);
});

test('hashes of a run begin alike, in one account and library, and have nothing else in common', () => {
  const [first, second] = ['123456789012000', '123456789012001'].map((faceId) =>
    faceLookupOf(keys, 'default', faceId),
  ) as [Buffer, Buffer];
  const others = [
    faceLookupOf(keys, 'default', '123456789013000'),
    faceLookupOf(keys, 'other', '123456789012000'),
    faceLookupOf({ ...keys, lookupKey: randomBytes(32) }, 'default', '123456789012000'),
  ];
  assert.equal(hex(second).slice(0, 16), hex(first).slice(0, 16));
  for (const other of others) assert.notEqual(hex(other).slice(0, 16), hex(first).slice(0, 16));
  const rests = [first, second, ...others].flatMap((lookup) => [
    hex(lookup.subarray(8, 16)),
    hex(lookup.subarray(24)),
  ]);
  assert.equal(new Set(rests).size, rests.length);
});

test('an id is found by the hash that it was drawn with, and nothing but an id is found', () => {
  for (const { faceId, lookup } of new FaceIds(keys).draw('default', 20))
    assert.equal(hex(faceLookupOf(keys, 'default', faceId)), hex(lookup));
  const faceId = '1234567890123';
  const lookup = hex(faceLookupOf(keys, 'default', faceId));
  for (const text of [
    '',
    '123',
    `0${faceId}`,
    `${faceId}0`,
    ` ${faceId}`,
    faceId.replace('1', 'ı'),
    '123456789012',
    `${faceId}\0`,
  ])
    assert.notEqual(hex(faceLookupOf(keys, 'default', text)), lookup);
});
