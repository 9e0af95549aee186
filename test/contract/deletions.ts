// What every store must do about receipts, legal holds and what became of each face id: run beside `describeStore`.
import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Store } from '../../src/gallery/ports.ts';
import { verifyChain, verifyReceipt } from '../../src/gallery/receipt-verification.ts';
import { type ReceiptTicket, subjectOf } from '../../src/gallery/receipts.ts';
import { type StorePlace, templateOf } from './store.ts';

const dayMs = 86_400_000;

export function describeDeletions(name: string, makePlace: () => Promise<StorePlace>): void {
  describe(name, () => {
    let place: StorePlace;
    let store: Store;
    beforeEach(async () => {
      place = await makePlace();
      store = await place.open();
    });
    afterEach(async () => {
      await store.close();
      await place.remove();
    });

    const reopen = async () => {
      await store.close();
      store = await place.open();
    };
    const enrol = async (personId: string, count: number, account = 'default') => {
      await store.addPerson(account, { personId }, ['staff']);
      const templates = Array.from({ length: count }, (_, i) => templateOf(i));
      return (await store.addFaces(account, personId, 'model', templates))!.faceIds;
    };
    const receiptOf = async ({ id }: ReceiptTicket, account = 'default') =>
      verifyReceipt(await store.getReceipt(account, id), createPublicKey(store.receiptKey));
    const chain = () => verifyChain(store.receipts(), createPublicKey(store.receiptKey));
    const hold = (more: { faceId?: string; untilMs?: number } = {}) =>
      store.setHold({
        account: 'default',
        personId: 'anna',
        reason: 'file 17',
        owner: 'legal',
        untilMs: Date.now() + dayMs,
        ...more,
      });

    describe('a receipt', () => {
      it('is there when a deletion of faces is answered, and counts and names exactly what went', async () => {
        const [first, second, third] = await enrol('anna', 3);
        const { receipt } = (await store.deleteFaces('default', 'anna', [third!, '42', first!, third!]))!;
        const signed = await receiptOf(receipt!);
        assert.equal(signed.sequence, 1);
        assert.equal(signed.class, 'faces');
        assert.equal(signed.cause, 'request');
        assert.deepEqual(signed.deleted, { faces: 2, persons: 0, photographs: 0 });
        assert.deepEqual(signed.checks, { keySlotsReadZero: 2, recordSlotsReadZero: 2 });
        assert.deepEqual(signed.faces, [subjectOf(receipt!.salt, third!), subjectOf(receipt!.salt, first!)]);
        assert.ok(!signed.faces.includes(subjectOf(receipt!.salt, second!)));
        assert.ok(signed.begunAt <= signed.finishedAt);
      });

      it('counts the person and the profile’s slot when a person goes, also one without faces', async () => {
        const faceIds = await enrol('anna', 2);
        await enrol('bert', 0);
        const { receipt } = (await store.deletePerson('default', 'anna', { cause: 'retention' }))!;
        const signed = await receiptOf(receipt);
        assert.equal(signed.class, 'person');
        assert.equal(signed.cause, 'retention');
        assert.deepEqual(signed.deleted, { faces: 2, persons: 1, photographs: 0 });
        assert.deepEqual(signed.checks, { keySlotsReadZero: 3, recordSlotsReadZero: 3 });
        assert.deepEqual(
          signed.faces,
          faceIds.map((faceId) => subjectOf(receipt.salt, faceId)),
        );
        const other = (await store.deletePerson('default', 'bert'))!;
        assert.deepEqual((await receiptOf(other.receipt)).deleted, { faces: 0, persons: 1, photographs: 0 });
        assert.equal(chain().sequence, 2);
      });

      it('is made for nothing else: not where nothing went, nor for a new name or a left group', async () => {
        const faceIds = await enrol('anna', 1);
        assert.equal((await store.deleteFaces('default', 'anna', ['42']))!.receipt, undefined);
        assert.equal(await store.deletePerson('default', 'nobody'), undefined);
        await store.setPerson('default', { personId: 'anna', name: 'Anna' });
        await store.deleteGroups('default', 'anna', ['staff']);
        assert.equal(chain().sequence, 0);
        await store.deleteFaces('default', 'anna', faceIds);
        assert.equal((await store.deleteFaces('default', 'anna', faceIds))!.receipt, undefined);
        assert.equal(chain().sequence, 1);
      });

      it('is one for each deletion, in one unbroken chain, also of many at once and over reopening', async () => {
        for (let round = 1; round <= 3; round += 1) {
          const persons = Array.from({ length: 20 }, (_, i) => `p${round}-${i}`);
          const faceIds = await Promise.all(persons.map((personId) => enrol(personId, 1)));
          await Promise.all(persons.map((one, i) => store.deleteFaces('default', one, faceIds[i]!)));
          assert.equal(chain().sequence, 20 * round);
          const key = store.receiptKey;
          await reopen();
          assert.equal(store.receiptKey, key);
          assert.equal(chain().sequence, 20 * round);
        }
      });

      it('is not another account’s to read, though the chain is one', async () => {
        const mine = await enrol('anna', 1, 'mine');
        const theirs = await enrol('anna', 1, 'theirs');
        const one = (await store.deleteFaces('mine', 'anna', mine))!.receipt!;
        const other = (await store.deleteFaces('theirs', 'anna', theirs))!.receipt!;
        assert.equal(await store.getReceipt('theirs', one.id), undefined);
        assert.equal(await store.getReceipt('mine', other.id), undefined);
        assert.equal(await store.getReceipt('nobody', one.id), undefined);
        assert.equal((await receiptOf(one, 'mine')).sequence, 1);
        assert.equal((await receiptOf(other, 'theirs')).sequence, 2);
        assert.equal(await store.getReceipt('mine', 'x'), undefined);
      });
    });

    describe('the search', () => {
      it('is told what is gone before the deletion is answered, once, and nothing that stays', async () => {
        const [first, second] = await enrol('anna', 2);
        const told: unknown[] = [];
        const onGone = ({ faceIds }: { faceIds: readonly string[] }) => told.push([...faceIds]);
        await hold({ faceId: second! });
        await store.deleteFaces('default', 'anna', [first!, second!], { onGone });
        await store.deleteFaces('default', 'anna', [first!, second!], { onGone });
        assert.deepEqual(told, [[first]]);
        await assert.rejects(store.deletePerson('default', 'anna', { onGone }));
        assert.deepEqual(told, [[first]]);
      });
    });

    describe('what became of a face', () => {
      const fatesOf = async (personId: string, faceIds: readonly string[], idempotencyKey?: string) => {
        const { fates, receipt } = await store.forgetFaces('default', personId, faceIds, {
          ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
        });
        return { fates: Object.fromEntries(fates.map(({ faceId, fate }) => [faceId, fate])), receipt };
      };

      it('is told for each id', async () => {
        const [first, second, third] = await enrol('anna', 3);
        const [other] = await enrol('bert', 1);
        await store.deleteFaces('default', 'anna', [second!]);
        await hold({ faceId: third! });
        const { fates, receipt } = await fatesOf('anna', [first!, second!, third!, other!, '42', first!]);
        assert.deepEqual(fates, {
          [first!]: 'DELETED',
          [second!]: 'ALREADY_DELETED',
          [third!]: 'HELD',
          [other!]: 'OTHER_PERSON',
          42: 'NOT_FOUND',
        });
        assert.deepEqual((await receiptOf(receipt!)).faces, [subjectOf(receipt!.salt, first!)]);
        assert.deepEqual((await store.getPerson('default', 'anna'))?.faceIds, [third]);
        assert.deepEqual((await store.getPerson('default', 'bert'))?.faceIds, [other]);
      });

      it('is remembered after its person is gone and the store is opened anew, for that person only', async () => {
        const [face] = await enrol('anna', 1);
        await store.deletePerson('default', 'anna');
        await reopen();
        assert.deepEqual(await fatesOf('anna', [face!]), {
          fates: { [face!]: 'ALREADY_DELETED' },
          receipt: undefined,
        });
        assert.deepEqual((await fatesOf('bert', [face!])).fates, { [face!]: 'NOT_FOUND' });
        const { fates } = await store.forgetFaces('other account', 'anna', [face!]);
        assert.deepEqual(fates, [{ faceId: face, fate: 'NOT_FOUND' }]);
      });

      it('is not told to another account', async () => {
        const [face] = await enrol('anna', 1);
        const { fates } = await store.forgetFaces('theirs', 'anna', [face!]);
        assert.deepEqual(fates, [{ faceId: face, fate: 'NOT_FOUND' }]);
        assert.deepEqual((await store.getPerson('default', 'anna'))?.faceIds, [face]);
      });

      it('is answered the same under the same idempotency key, also at once and after reopening', async () => {
        const [first] = await enrol('anna', 2);
        const [one, same] = await Promise.all([
          fatesOf('anna', [first!, '42'], 'key-1'),
          fatesOf('anna', [first!, '42'], 'key-1'),
        ]);
        assert.deepEqual(one.fates, { [first!]: 'DELETED', 42: 'NOT_FOUND' });
        assert.deepEqual(same, one);
        await reopen();
        assert.deepEqual(await fatesOf('anna', [first!, '42'], 'key-1'), one);
        await receiptOf(one.receipt!);
        assert.equal(chain().sequence, 1);
      });

      it('is refused under an idempotency key of another request, whose account alone it binds', async () => {
        const [first, second] = await enrol('anna', 2);
        const nothing = await fatesOf('anna', ['42'], 'key-1');
        assert.deepEqual(nothing, { fates: { 42: 'NOT_FOUND' }, receipt: undefined });
        for (const [personId, faceIds] of [
          ['anna', [first!]],
          ['bert', ['42']],
          ['anna', ['42', '43']],
        ] as const) {
          await assert.rejects(fatesOf(personId, faceIds, 'key-1'), { refusal: 'idempotencyKeyReused' });
        }
        assert.equal((await fatesOf('anna', [first!], 'key-2')).fates[first!], 'DELETED');
        const theirs = await store.forgetFaces('theirs', 'anna', ['1'], { idempotencyKey: 'key-1' });
        assert.deepEqual(theirs.fates, [{ faceId: '1', fate: 'NOT_FOUND' }]);
        assert.deepEqual((await store.getPerson('default', 'anna'))?.faceIds, [second]);
      });
    });

    describe('a legal hold', () => {
      it('keeps one face: skipped when deleted, its neighbours not, and its person not to be deleted', async () => {
        const [first, second] = await enrol('anna', 2);
        const set = (await hold({ faceId: first! }))!;
        assert.deepEqual((await store.deleteFaces('default', 'anna', [first!, second!]))?.faceIds, [second]);
        await assert.rejects(store.deletePerson('default', 'anna'), {
          refusal: 'personHeld',
          detail: set.id,
        });
        await reopen();
        await assert.rejects(store.deletePerson('default', 'anna', { cause: 'retention' }), {
          refusal: 'personHeld',
        });
        assert.deepEqual((await store.getPerson('default', 'anna'))?.faceIds, [first]);
        assert.equal(chain().sequence, 1);
        assert.equal(await store.endHold(set.id), true);
        assert.deepEqual((await store.deletePerson('default', 'anna'))?.faceIds, [first]);
      });

      it('keeps a person with all faces, those enrolled later too, until it ends', async () => {
        const [first] = await enrol('anna', 1);
        const { id } = (await hold())!;
        const { faceIds } = (await store.addFaces('default', 'anna', 'model', [templateOf(9)]))!;
        const all = [first!, ...faceIds];
        const kept = (await store.deleteFaces('default', 'anna', all))!;
        assert.deepEqual([kept.faceIds, kept.receipt], [[], undefined]);
        await store.endHold(id);
        assert.deepEqual((await store.deleteFaces('default', 'anna', all))?.faceIds, all);
      });

      it('ends by itself', async () => {
        const faceIds = await enrol('anna', 1);
        await hold({ untilMs: Date.now() - 1 });
        assert.deepEqual(await store.listHolds(), []);
        assert.deepEqual((await store.deletePerson('default', 'anna'))?.faceIds, faceIds);
      });

      it('is listed as it was set while it stands; of nobody, it is not set', async () => {
        const [face] = await enrol('anna', 1);
        await enrol('bert', 0);
        const sets = [(await hold())!, (await hold({ faceId: face! }))!];
        await reopen();
        assert.deepEqual(await store.listHolds(), sets);
        assert.equal(sets[1]!.reason, 'file 17');
        const of = (account: string, personId: string, faceId?: string) =>
          store.setHold({
            ...{ account, personId, reason: '', owner: '', untilMs: Date.now() + dayMs },
            ...(faceId === undefined ? {} : { faceId }),
          });
        assert.equal(await of('default', 'nobody'), undefined);
        assert.equal(await of('theirs', 'anna'), undefined);
        assert.equal(await of('default', 'bert', face!), undefined);
        assert.equal(await store.endHold('0'), false);
        assert.equal((await store.listHolds()).length, 2);
      });
    });
  });
}
