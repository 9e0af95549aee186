// What every store must do, whatever it is built on: run it with a way to open one.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { AccessKey, Store } from '../../src/gallery/ports.ts';
import { maxFaceId, maxFacesPerPerson, maxGroupsPerAccount, minFaceId } from '../../src/wire/limits.ts';
import { loadedFaces, loadedPersons } from '../support/loaded.ts';

/** A place a store lives in. */
export interface StorePlace {
  /** Opens what is there; called again after `close`, it finds everything that was acknowledged. */
  open(): Promise<Store>;
  remove(): Promise<void>;
}

/** A template with an unmistakable first number; `dimensions` as the default model's. */
export function templateOf(number: number, dimensions = 512): Float32Array {
  return Float32Array.from({ length: dimensions }, (_, i) => (i === 0 ? number : Math.sin(number + i)));
}

const key = (id: string, account = 'default'): AccessKey => ({
  id,
  account,
  status: 'active',
  createdAtMs: 1_700_000_000_000,
  material: { kind: 'secret', secret: `secret of ${id}` },
});

export function describeStore(name: string, makePlace: () => Promise<StorePlace>): void {
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
    const addPerson = async (personId: string, groupIds: string[] = ['staff'], account = 'default') => {
      const added = await store.addPerson(account, { personId }, groupIds);
      assert.equal(added.outcome, 'added');
      return (added as { person: number }).person;
    };
    const addFaces = async (personId: string, count: number, account = 'default') => {
      const templates = Array.from({ length: count }, (_, i) => templateOf(i));
      return (await store.addFaces(account, personId, 'model', templates))!.faceIds;
    };

    describe('a person', () => {
      it('is read as it was added, before and after the store is opened anew', async () => {
        const profile = { personId: 'anna', name: 'Anna Ångström', note: '门口 · note' };
        await store.addPerson('default', profile, ['staff', 'door']);
        const expected = { ...profile, groupIds: ['staff', 'door'], faceIds: [] };
        assert.deepEqual(await store.getPerson('default', 'anna'), expected);
        await reopen();
        assert.deepEqual(await store.getPerson('default', 'anna'), expected);
      });

      it('has a name and a note only when given, and an empty one is not none', async () => {
        await addPerson('bare');
        await store.addPerson('default', { personId: 'blank', name: '', note: '' }, ['staff']);
        assert.deepEqual(await store.getPerson('default', 'bare'), {
          personId: 'bare',
          groupIds: ['staff'],
          faceIds: [],
        });
        assert.equal((await store.getPerson('default', 'blank'))?.name, '');
      });

      it('is added once, also by two callers at the same moment', async () => {
        const outcomes = await Promise.all(
          [1, 2, 3].map(() => store.addPerson('default', { personId: 'anna' }, ['staff'])),
        );
        assert.deepEqual(outcomes.map(({ outcome }) => outcome).sort(), [
          'added',
          'personExists',
          'personExists',
        ]);
      });

      it('keeps what a change leaves out', async () => {
        const person = await addPerson('anna');
        await store.setPerson('default', { personId: 'anna', name: 'Anna' });
        assert.deepEqual(await store.setPerson('default', { personId: 'anna', note: 'tall' }), {
          person,
          profile: { personId: 'anna', name: 'Anna', note: 'tall' },
        });
        await reopen();
        const { name, note } = (await store.getPerson('default', 'anna'))!;
        assert.deepEqual({ name, note }, { name: 'Anna', note: 'tall' });
      });

      it('takes changes of several callers one after the other', async () => {
        await addPerson('anna');
        await Promise.all([
          store.setPerson('default', { personId: 'anna', name: 'first' }),
          store.setPerson('default', { personId: 'anna', note: 'second' }),
          store.setPerson('default', { personId: 'anna', name: 'third' }),
        ]);
        const { name, note } = (await store.getPerson('default', 'anna'))!;
        assert.deepEqual({ name, note }, { name: 'third', note: 'second' });
      });

      it('is unknown before it is added, in every call', async () => {
        assert.equal(await store.getPerson('default', 'nobody'), undefined);
        assert.equal(await store.setPerson('default', { personId: 'nobody', name: 'x' }), undefined);
        assert.equal(await store.deletePerson('default', 'nobody'), undefined);
        assert.equal(await store.addGroups('default', 'nobody', ['staff']), undefined);
        assert.equal(await store.deleteGroups('default', 'nobody', ['staff']), undefined);
        assert.equal(await store.addFaces('default', 'nobody', 'model', [templateOf(1)]), undefined);
        assert.equal(await store.deleteFaces('default', 'nobody', ['1']), undefined);
        assert.deepEqual(await store.listGroups('default'), []);
      });

      it('goes with all its faces and leaves its groups, for good', async () => {
        const person = await addPerson('anna', ['staff', 'alone']);
        await addPerson('bert');
        const faceIds = await addFaces('anna', 3);
        const { receipt, ...deleted } = (await store.deletePerson('default', 'anna'))!;
        assert.deepEqual(deleted, { person, faceIds });
        assert.ok(receipt);
        for (let round = 0; round < 2; round += 1) {
          assert.equal(await store.getPerson('default', 'anna'), undefined);
          assert.deepEqual(await store.listGroups('default'), ['staff']);
          assert.deepEqual(await loadedFaces(store), []);
          assert.deepEqual(
            (await loadedPersons(store)).map(({ profile }) => profile.personId),
            ['bert'],
          );
          await reopen();
        }
      });

      it('has another handle when its id is enrolled again', async () => {
        const first = await addPerson('anna');
        await store.deletePerson('default', 'anna');
        assert.notEqual(await addPerson('anna'), first);
        assert.deepEqual((await store.getPerson('default', 'anna'))?.faceIds, []);
      });

      it('cannot be added with a name longer than its record, and its neighbours can', async () => {
        const [long, short] = await Promise.allSettled([
          store.addPerson('default', { personId: 'long', name: 'x'.repeat(513) }, ['staff']),
          store.addPerson('default', { personId: 'short', name: 'x'.repeat(512) }, ['staff']),
        ]);
        assert.equal(long.status, 'rejected');
        assert.equal(short.status, 'fulfilled');
        assert.equal(await store.getPerson('default', 'long'), undefined);
        assert.equal((await store.listPersons('default', 'staff', { offset: 0, limit: 9 })).totalCount, 1);
      });
    });

    describe('a face', () => {
      it('is loaded as it was enrolled, bit for bit', async () => {
        const person = await addPerson('anna');
        const templates = [templateOf(1), templateOf(2, 128), new Float32Array([-0, 1e-45, 3.4e38])];
        const added = (await store.addFaces('default', 'anna', 'arcface-512', templates))!;
        assert.equal(added.person, person);
        assert.deepEqual(added.groupIds, ['staff']);
        await reopen();
        const faces = new Map((await loadedFaces(store)).map((face) => [face.faceId, face]));
        added.faceIds.forEach((faceId, i) => {
          assert.deepEqual(faces.get(faceId), {
            person,
            faceId,
            modelId: 'arcface-512',
            template: templates[i],
          });
        });
        assert.equal(faces.size, 3);
      });

      it('has an id of 13 to 15 digits, no two alike, listed in the order of enrolment', async () => {
        await addPerson('anna');
        const faceIds = [...(await addFaces('anna', 8)), ...(await addFaces('anna', 8))];
        for (const faceId of faceIds) {
          assert.match(faceId, /^\d{13,15}$/);
          assert.ok(Number(faceId) >= minFaceId && Number(faceId) <= maxFaceId);
        }
        assert.equal(new Set(faceIds).size, 16);
        assert.deepEqual((await store.getPerson('default', 'anna'))?.faceIds, faceIds);
        await reopen();
        assert.deepEqual((await store.getPerson('default', 'anna'))?.faceIds, faceIds);
      });

      it(`is enrolled while its person has fewer than ${maxFacesPerPerson}, also by two callers at once`, async () => {
        await addPerson('anna');
        const counts = await Promise.all([addFaces('anna', 15), addFaces('anna', 15), addFaces('anna', 15)]);
        assert.equal(counts.flat().length, maxFacesPerPerson);
        assert.deepEqual((await store.getPerson('default', 'anna'))?.faceIds, counts.flat());
        assert.deepEqual(await addFaces('anna', 1), []);
      });

      it('is deleted once; unknown ids, other persons’ ids and repetitions are skipped', async () => {
        const person = await addPerson('anna');
        await addPerson('bert');
        const [first, second, third] = await addFaces('anna', 3);
        const [other] = await addFaces('bert', 1);
        const asked = [third!, '1234567890123', other!, 'no-number', first!, third!];
        const { receipt, ...deleted } = (await store.deleteFaces('default', 'anna', asked))!;
        assert.deepEqual(deleted, { person, faceIds: [third, first] });
        assert.ok(receipt);
        assert.deepEqual(await store.deleteFaces('default', 'anna', asked), { person, faceIds: [] });
        await reopen();
        assert.deepEqual((await store.getPerson('default', 'anna'))?.faceIds, [second]);
        assert.deepEqual((await store.getPerson('default', 'bert'))?.faceIds, [other]);
        assert.deepEqual(
          (await loadedFaces(store)).map(({ faceId }) => faceId).sort(),
          [second, other].sort(),
        );
      });

      it('is answered to one of several callers who delete it at once', async () => {
        await addPerson('anna');
        const faceIds = await addFaces('anna', 2);
        const answers = await Promise.all([1, 2, 3].map(() => store.deleteFaces('default', 'anna', faceIds)));
        assert.deepEqual(answers.flatMap((answer) => answer!.faceIds).sort(), [...faceIds].sort());
      });

      it('may be the last of its person, whose place is free again', async () => {
        await addPerson('anna');
        await store.deleteFaces('default', 'anna', await addFaces('anna', maxFacesPerPerson));
        assert.deepEqual((await store.getPerson('default', 'anna'))?.faceIds, []);
        assert.equal((await addFaces('anna', maxFacesPerPerson)).length, maxFacesPerPerson);
      });

      it('goes with a person deleted at the same moment, whichever comes first', async () => {
        await addPerson('anna');
        await Promise.all([
          addFaces('anna', 2),
          store.deletePerson('default', 'anna'),
          store.addFaces('default', 'anna', 'model', [templateOf(3)]),
        ]);
        await reopen();
        assert.deepEqual(await loadedFaces(store), []);
        assert.equal(await store.getPerson('default', 'anna'), undefined);
      });

      it('is refused when its template fits no record', async () => {
        await addPerson('anna');
        for (const template of [templateOf(1, 513), new Float32Array(), new Float32Array([Number.NaN])]) {
          await assert.rejects(
            store.addFaces('default', 'anna', 'model', [templateOf(1), template]),
            RangeError,
          );
        }
        assert.deepEqual((await store.getPerson('default', 'anna'))?.faceIds, []);
      });
    });

    describe('a group', () => {
      it('is there while somebody belongs to it', async () => {
        const person = await addPerson('anna', ['b', 'a']);
        assert.deepEqual(await store.listGroups('default'), ['a', 'b']);
        assert.deepEqual(await store.addGroups('default', 'anna', ['c', 'a']), { outcome: 'added', person });
        await reopen();
        assert.deepEqual(await store.listGroups('default'), ['a', 'b', 'c']);
        assert.deepEqual((await store.getPerson('default', 'anna'))?.groupIds, ['b', 'a', 'c']);
        assert.deepEqual(await store.deleteGroups('default', 'anna', ['c', 'nowhere', 'a', 'c']), {
          person,
          groupIds: ['c', 'a'],
        });
        assert.deepEqual(await store.listGroups('default'), ['b']);
      });

      it('lists its persons page by page in the order they joined', async () => {
        for (const personId of ['z', 'a', 'm']) await addPerson(personId, ['team']);
        await store.deleteGroups('default', 'z', ['team']);
        await store.addGroups('default', 'z', ['team']);
        const page = (offset: number, limit: number) =>
          store.listPersons('default', 'team', { offset, limit });
        assert.deepEqual(await page(0, 10), { personIds: ['a', 'm', 'z'], totalCount: 3 });
        assert.deepEqual(await page(1, 1), { personIds: ['m'], totalCount: 3 });
        assert.deepEqual(await page(3, 10), { personIds: [], totalCount: 3 });
        assert.deepEqual(await store.listPersons('default', 'nowhere', { offset: 0, limit: 10 }), {
          personIds: [],
          totalCount: 0,
        });
      });

      it(`is made while the account has fewer than ${maxGroupsPerAccount}, and all or none are`, async () => {
        const groupIds = Array.from({ length: maxGroupsPerAccount - 1 }, (_, i) => `g${i}`);
        const person = await addPerson('anna', groupIds);
        const refused = { outcome: 'tooManyGroups' };
        assert.deepEqual(await store.addGroups('default', 'anna', ['g0', 'new1', 'new2']), refused);
        assert.deepEqual(await store.addPerson('default', { personId: 'bert' }, ['new1', 'new2']), refused);
        assert.equal(await store.getPerson('default', 'bert'), undefined);
        const both = await Promise.all([
          store.addGroups('default', 'anna', ['new1']),
          store.addGroups('default', 'anna', ['new2']),
        ]);
        assert.deepEqual(both, [{ outcome: 'added', person }, refused]);
        assert.equal((await store.listGroups('default')).length, maxGroupsPerAccount);
        assert.deepEqual(await store.addGroups('default', 'anna', ['g0']), { outcome: 'added', person });
      });
    });

    describe('an account', () => {
      it('sees nothing of another, though ids are the same', async () => {
        const mine = await addPerson('anna', ['staff'], 'mine');
        const theirs = await addPerson('anna', ['guests'], 'theirs');
        assert.notEqual(mine, theirs);
        const [face] = await addFaces('anna', 1, 'mine');
        assert.deepEqual(await store.listGroups('theirs'), ['guests']);
        assert.deepEqual(await store.deleteFaces('theirs', 'anna', [face!]), { person: theirs, faceIds: [] });
        assert.deepEqual(await store.listPersons('theirs', 'staff', { offset: 0, limit: 9 }), {
          personIds: [],
          totalCount: 0,
        });
        await store.deletePerson('theirs', 'anna');
        assert.deepEqual(await store.getPerson('mine', 'anna'), {
          personId: 'anna',
          groupIds: ['staff'],
          faceIds: [face],
        });
        assert.deepEqual(await loadedPersons(store), [
          { account: 'mine', person: mine, profile: { personId: 'anna' }, groupIds: ['staff'] },
        ]);
      });
    });

    describe('an AccessKey', () => {
      it('is found as it was added, its secret too, before and after the store is opened anew', async () => {
        const rsa: AccessKey = { ...key('B'), material: { kind: 'rsa-public-key', pem: 'PEM' } };
        await store.addAccessKey(key('A'));
        await store.addAccessKey(rsa);
        for (let round = 0; round < 2; round += 1) {
          assert.deepEqual(await store.findAccessKey('A'), key('A'));
          assert.deepEqual(await store.findAccessKey('B'), rsa);
          assert.equal(await store.findAccessKey('C'), undefined);
          const { material: _, ...listed } = key('A');
          assert.deepEqual(await store.listAccessKeys(), [listed, { ...listed, id: 'B' }]);
          await reopen();
        }
      });

      it('keeps the actions it may call, none at all being another thing than every one', async () => {
        const limited: AccessKey = { ...key('A'), allowedActions: ['DeleteFaces', 'GetPerson'] };
        const barred: AccessKey = { ...key('B'), allowedActions: [] };
        await store.addAccessKey(limited);
        await store.addAccessKey(barred);
        await reopen();
        assert.deepEqual(await store.findAccessKey('A'), limited);
        assert.deepEqual(
          (await store.listAccessKeys()).map(({ allowedActions }) => allowedActions),
          [['DeleteFaces', 'GetPerson'], []],
        );
        assert.deepEqual(await store.findAccessKey('B'), barred);
      });

      it('is refused when its id is taken, and the first one stays', async () => {
        await store.addAccessKey(key('A'));
        await assert.rejects(store.addAccessKey(key('A', 'other')), /A is taken/);
        assert.deepEqual(await store.findAccessKey('A'), key('A'));
      });

      it('is disabled and enabled again', async () => {
        await store.addAccessKey(key('A'));
        assert.equal(await store.setAccessKeyStatus('A', 'disabled'), true);
        assert.equal((await store.findAccessKey('A'))?.status, 'disabled');
        assert.equal(await store.setAccessKeyStatus('A', 'active'), true);
        assert.equal((await store.findAccessKey('A'))?.status, 'active');
        assert.equal(await store.setAccessKeyStatus('B', 'disabled'), false);
      });
    });

    describe('a temporary key', () => {
      const grant = { account: 'default', parentId: 'A', expiresAtMs: 17, allowedActions: ['GetPerson'] };

      it('opens by its token as it was given out, before and after the store is opened anew', async () => {
        const { securityToken, ...issued } = await store.issueTemporaryKey(grant);
        assert.match(issued.id, /^STS\.[A-Za-z0-9]{24}$/);
        assert.match(issued.secret, /^[A-Za-z0-9_-]{43}$/);
        assert.deepEqual(issued, { ...grant, id: issued.id, secret: issued.secret });
        for (let round = 0; round < 2; round += 1) {
          assert.deepEqual(await store.openSecurityToken(securityToken), issued);
          await reopen();
        }
      });

      it('shares nothing with the next one', async () => {
        const [one, other] = [await store.issueTemporaryKey(grant), await store.issueTemporaryKey(grant)];
        for (const part of ['id', 'secret', 'securityToken'] as const)
          assert.notEqual(one[part], other[part]);
      });

      it('does not open by a token with any one byte changed, nor by anything else', async () => {
        const { securityToken } = await store.issueTemporaryKey(grant);
        const bytes = Buffer.from(securityToken, 'base64');
        for (const i of bytes.keys()) {
          const changed = Buffer.from(bytes);
          changed[i]! ^= 1;
          assert.equal(await store.openSecurityToken(changed.toString('base64')), undefined, `byte ${i}`);
        }
        for (const text of ['', 'CAISfake', securityToken.slice(0, -8), 'A'.repeat(5_000), '\0']) {
          assert.equal(await store.openSecurityToken(text), undefined);
        }
      });
    });

    describe('closing', () => {
      it('answers the changes that wait, and refuses later ones', async () => {
        await addPerson('anna');
        const waiting = Promise.all([addFaces('anna', 3), addFaces('anna', 2)]);
        const closing = store.close();
        await assert.rejects(store.addPerson('default', { personId: 'late' }, ['staff']), /closed/);
        const faceIds = (await waiting).flat();
        await closing;
        store = await place.open();
        assert.deepEqual((await store.getPerson('default', 'anna'))?.faceIds, faceIds);
      });
    });
  });
}
