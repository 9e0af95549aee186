// Uploads are held sealed, bounded, for an hour or until used, and nothing of them is left.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { Uploads } from '../../src/images/uploads.ts';
import { Refusal } from '../../src/wire/errors.ts';

const bytes = Buffer.from('a picture, as far as this is concerned');
const md5 = createHash('md5').update(bytes).digest('base64');
const megabyte = 1024 * 1024;

/** A store that ends with the test, and a clock to move. */
function openUploads({ accountBytes = megabyte, totalBytes = 2 * megabyte } = {}) {
  const clock = { nowMs: 1_000 };
  const uploads = new Uploads({ accountBytes, totalBytes, nowMs: () => clock.nowMs });
  const put = (object: string, content: Buffer = bytes, account = 'default') => {
    const upload = uploads.receive(account, object);
    try {
      for (let at = 0; at < content.length; at += 10_000) upload.write(content.subarray(at, at + 10_000));
      upload.keep();
    } finally {
      upload.drop();
    }
  };
  return { uploads, clock, put };
}
const isFull = (error: unknown) => error instanceof Refusal && error.refusal === 'storageFull';

test('an upload is opened as it came, by its account and its name alone', () => {
  const { uploads, put } = openUploads();
  put('a');
  assert.equal(uploads.holds('default', 'a', md5), true);
  assert.equal(uploads.holds('default', 'a', 'another'), false);
  assert.equal(uploads.open('other', 'a'), undefined);
  assert.equal(uploads.open('default', 'b'), undefined);
  assert.deepEqual(uploads.open('default', 'a'), bytes);
});

test('opened outside of any work, it is gone at once, and its memory is free', () => {
  const { uploads, put } = openUploads();
  put('a');
  assert.ok(uploads.bytes > bytes.length);
  uploads.open('default', 'a');
  assert.equal(uploads.open('default', 'a'), undefined);
  assert.equal(uploads.holds('default', 'a', md5), false);
  assert.equal(uploads.bytes, 0);
});

test('within a request it can be opened again and again, and is gone when that one has ended, also by failing', async () => {
  const { uploads, put } = openUploads();
  for (const end of [() => undefined, () => Promise.reject(new Error('failed'))]) {
    put('a');
    await uploads
      .during('default', async () => {
        for (let time = 0; time < 3; time++) assert.deepEqual(uploads.open('default', 'a'), bytes);
        await end();
      })
      .catch(() => undefined);
    assert.equal(uploads.open('default', 'a'), undefined);
    assert.equal(uploads.bytes, 0);
  }
});

test('it waits for every request that was under way at its first opening, and for none that came later', async () => {
  const { uploads, put } = openUploads();
  put('a');
  put('unused');
  const ends: (() => void)[] = [];
  const begin = () => uploads.during('default', () => new Promise<void>((resolve) => ends.push(resolve)));
  const early = [begin(), begin()];
  uploads.open('default', 'a');
  const late = begin();
  ends[0]!();
  await early[0];
  assert.deepEqual(uploads.open('default', 'a'), bytes);
  ends[1]!();
  await early[1];
  assert.equal(uploads.open('default', 'a'), undefined);
  ends[2]!();
  await late;
  assert.deepEqual(uploads.open('default', 'unused'), bytes);
});

test('another account’s requests hold nothing up', async () => {
  const { uploads, put } = openUploads();
  put('a');
  await uploads.during('other', async () => {
    uploads.open('default', 'a');
    assert.equal(uploads.open('default', 'a'), undefined);
  });
});

test('what nobody used is gone after an hour, whether or not somebody asks', () => {
  const { uploads, clock, put } = openUploads();
  put('a');
  put('b');
  clock.nowMs += 3_599_999;
  assert.equal(uploads.holds('default', 'a', md5), true);
  clock.nowMs += 1;
  assert.equal(uploads.open('default', 'a'), undefined);
  assert.ok(uploads.bytes > 0);
  uploads.forgetOld();
  assert.equal(uploads.bytes, 0);
});

test('an upload of the same name takes the place of the first', () => {
  const { uploads, put } = openUploads();
  put('a');
  const { bytes: before } = uploads;
  put('a', Buffer.from(bytes).reverse());
  assert.equal(uploads.bytes, before);
  assert.deepEqual(uploads.open('default', 'a'), Buffer.from(bytes).reverse());
});

test('one that does not arrive whole is never there, and its memory is free', () => {
  const { uploads } = openUploads();
  const upload = uploads.receive('default', 'a');
  upload.write(bytes);
  assert.equal(uploads.open('default', 'a'), undefined);
  upload.drop();
  upload.drop();
  assert.equal(uploads.bytes, 0);
});

test('an account takes no more than its share, nor all accounts more than theirs, arriving ones and empty ones included', () => {
  const { uploads, put } = openUploads();
  const large = Buffer.alloc(900_000);
  const arriving = uploads.receive('default', 'arriving');
  arriving.write(large);
  assert.throws(() => put('b', large), isFull);
  for (let i = 0; i < 300; i++) {
    try {
      put(`empty${i}`, Buffer.alloc(0));
    } catch (error) {
      assert.ok(isFull(error) && i > 5, `${i}`);
      break;
    }
    assert.ok(i < 299);
  }
  put('a', large, 'second');
  assert.throws(() => put('a', large, 'third'), isFull);
  arriving.drop();
  put('a', large, 'third');
});

test('single bytes take more than they are', () => {
  const { uploads } = openUploads();
  const upload = uploads.receive('default', 'a');
  assert.throws(() => {
    for (let i = 0; i < 5_000; i++) upload.write(Buffer.of(1));
  }, isFull);
  upload.drop();
  assert.equal(uploads.bytes, 0);
});

test('closing erases what is there and what is arriving', async () => {
  const { uploads, put } = openUploads();
  put('a');
  const arriving = uploads.receive('default', 'b');
  arriving.write(bytes);
  await uploads.close();
  assert.equal(uploads.bytes, 0);
  arriving.keep();
  assert.equal(uploads.open('default', 'b'), undefined);
});
