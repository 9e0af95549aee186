// A receipt is what it was when it was signed, stands where it stood in its chain, and names nobody without its salt.
import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { verifyChain, verifyReceipt } from '../../src/gallery/receipt-verification.ts';
import {
  type ChainHead,
  canonicalJson,
  completeReceipt,
  type Deleted,
  draftReceipt,
  emptyChain,
  fingerprintOf,
  headAfter,
  type Receipt,
  subjectOf,
} from '../../src/gallery/receipts.ts';
import { getReceipt } from '../../src/operations/get-receipt.ts';
import { exampleReceipt, exampleSalt } from '../../src/operations/receipt-fields.ts';
import { parseJson } from '../../src/wire/json.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const signer = { privateKey, fingerprint: fingerprintOf(publicKey) };
const nowMs = Date.parse('2026-11-24T10:56:56.789Z');

const deleted: Deleted = {
  class: 'faces',
  deleted: { faces: 2, persons: 0, photographs: 0 },
  cause: 'request',
  faceIds: ['1244453323565', '1345345466455'],
};

function makeChain(length: number): { receipts: Receipt[]; heads: ChainHead[] } {
  const receipts: Receipt[] = [];
  const heads = [emptyChain];
  for (let i = 0; i < length; i += 1) {
    const { draft } = draftReceipt(deleted, nowMs + i);
    const checks = { keySlotsReadZero: 2, recordSlotsReadZero: 2 };
    receipts.push(completeReceipt(draft, { head: heads.at(-1)!, checks, nowMs: nowMs + i + 5 }, signer));
    heads.push(headAfter(receipts.at(-1)!));
  }
  return { receipts, heads };
}

const chain = makeChain(6);
const [receipt] = chain.receipts as [Receipt];

describe('a receipt', () => {
  it('verifies with the public key alone, however its JSON is laid out', () => {
    for (const text of [canonicalJson(receipt), JSON.stringify(receipt, null, 2)]) {
      assert.deepEqual(verifyReceipt(parseJson(text), publicKey), receipt);
    }
  });

  it('fails when any one bit of its text is flipped', () => {
    const text = Buffer.from(canonicalJson(receipt));
    for (let bit = 0; bit < text.length * 8; bit += 1) {
      const flipped = Buffer.from(text);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      assert.throws(() => verifyReceipt(parseJson(flipped.toString()), publicKey), `bit ${bit}`);
    }
  });

  it('fails when any field is changed, left out or added', () => {
    for (const name of Object.keys(receipt) as (keyof Receipt)[]) {
      const { [name]: _, ...rest } = receipt;
      assert.throws(() => verifyReceipt(rest, publicKey), new RegExp(`no ${name}`));
      for (const value of [null, '', 0, -1, 7, 'x', [], {}, ['x'], { toString: 1 }, 1.5, 2 ** 60]) {
        assert.throws(() => verifyReceipt({ ...rest, [name]: value }, publicKey), name);
      }
    }
    assert.throws(() => verifyReceipt({ ...receipt, note: '' }, publicKey), /a field note/);
    for (const value of [null, undefined, [], 'text', 1, true]) {
      assert.throws(() => verifyReceipt(value, publicKey), /no receipt/);
    }
  });

  it('fails with another key, and with another key’s name put into it', () => {
    const other = generateKeyPairSync('ed25519').publicKey;
    assert.throws(() => verifyReceipt(receipt, other), /another key/);
    assert.throws(() => verifyReceipt({ ...receipt, key: fingerprintOf(other) }, other), /signature/);
  });

  it('is tied to a face by the salt, and by nothing else', () => {
    const { draft, salt } = draftReceipt(deleted, nowMs);
    assert.deepEqual(
      draft.faces,
      deleted.faceIds.map((faceId) => subjectOf(salt, faceId)),
    );
    const again = draftReceipt(deleted, nowMs);
    assert.notEqual(again.salt, salt);
    assert.notEqual(again.draft.id, draft.id);
    assert.equal(again.draft.faces.filter((subject) => draft.faces.includes(subject)).length, 0);
    const text = canonicalJson(receipt);
    for (const secret of [...deleted.faceIds, salt]) assert.ok(!text.includes(secret));
  });

  it('says technique, checks, and the caveat about media', () => {
    assert.match(receipt.technique, /NIST SP 800-88r2 cryptographic erase .*overwritten with zeros/);
    assert.deepEqual(receipt.checks, { keySlotsReadZero: 2, recordSlotsReadZero: 2 });
    assert.match(receipt.media, /SSDs and copy-on-write file systems may keep .*the destroyed key/);
  });

  it('of the documents verifies with the key of the documents', () => {
    const { publicKey } = getReceipt.example.response;
    const shown = verifyReceipt(exampleReceipt, createPublicKey(publicKey));
    assert.deepEqual(shown.faces, [subjectOf(exampleSalt, '1244453323565')]);
  });
});

describe('a chain', () => {
  it('verifies from its first receipt on, and gives its head', () => {
    for (let length = 0; length <= chain.receipts.length; length += 1) {
      const head = verifyChain(chain.receipts.slice(0, length), publicKey);
      assert.deepEqual(head, chain.heads[length]);
    }
  });

  it('fails when a receipt is removed, at the front too, doubled, or put elsewhere', () => {
    const place = fc.nat(chain.receipts.length - 1);
    fc.assert(
      fc.property(place, place, (from, to) => {
        const moved = [...chain.receipts];
        const [taken] = moved.splice(from, 1);
        if (from < chain.receipts.length - 1) assert.throws(() => verifyChain(moved, publicKey));
        moved.splice(to, 0, taken!);
        if (from !== to) assert.throws(() => verifyChain(moved, publicKey));
        const doubled = chain.receipts.toSpliced(to, 0, chain.receipts[from]!);
        assert.throws(() => verifyChain(doubled, publicKey));
      }),
    );
  });

  it('fails when a receipt comes from another chain of the same key', () => {
    const mixed = chain.receipts.with(3, makeChain(6).receipts[3]!);
    assert.throws(() => verifyChain(mixed, publicKey), /receipt 4 of the chain: it does not follow/);
  });

  it('cut off at its end looks whole, unless its head is remembered', () => {
    const cut = chain.receipts.slice(0, 3);
    assert.deepEqual(verifyChain(cut, publicKey), chain.heads[3]);
    assert.throws(() => verifyChain(cut, publicKey, chain.heads[5]), /cut off or replaced/);
    assert.deepEqual(verifyChain(chain.receipts, publicKey, chain.heads[3]), chain.heads[6]);
    assert.throws(() => verifyChain(makeChain(6).receipts, publicKey, chain.heads[3]), /cut off or replaced/);
  });
});
