// The ways in and out of a library that a history takes: straight at the store, and over the wire as a client goes.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Clearing } from '../../src/gallery/clearing.ts';
import type { Store } from '../../src/gallery/ports.ts';
import { noRules } from '../../src/gallery/retention.ts';
import { dayOf } from '../../src/wire/days.ts';
import type { TestServer } from '../support/server.ts';
import { account, type Ways } from './history.ts';

const dayMs = 86_400_000;

/** Templates are drawn at random, of unit length. */
export function drawTemplate(dimensions: number): Float32Array {
  const numbers = Float32Array.from({ length: dimensions }, () => Math.random() - 0.5);
  const length = Math.hypot(...numbers);
  return numbers.map((number) => number / length);
}

/** As long as a small picture of a face, and as hard to compress. */
export const drawPhotograph = (): Buffer => randomBytes(6_000 + Math.floor(Math.random() * 6_000));

/** Half of the enrolments keep photographs. */
export function waysOfStore(
  store: Store,
  { modelId, dimensions }: { modelId: string; dimensions: number },
): Ways {
  return {
    async addPerson(personId, name, note, groupIds) {
      await store.addPerson(account, { personId, name, note }, groupIds);
    },
    async setPerson(personId, name) {
      assert.ok(await store.setPerson(account, { personId, name }));
    },
    async deletePerson(personId) {
      assert.ok(await store.deletePerson(account, personId));
    },
    async addFaces(personId, count) {
      const templates = Array.from({ length: count }, () => drawTemplate(dimensions));
      const photographs = Math.random() < 0.5 ? [] : templates.map(() => drawPhotograph());
      const added = await store.addFaces(account, personId, modelId, templates, false, photographs);
      return added!.faceIds.map((faceId, i) => ({
        faceId,
        template: Buffer.from(templates[i]!.buffer),
        ...(photographs[i] === undefined ? {} : { photograph: photographs[i] }),
      }));
    },
    async deleteFaces(personId, faceIds) {
      // Each by a caller of its own, so that deletions are also committed together.
      const answers = await Promise.all(faceIds.map((id) => store.deleteFaces(account, personId, [id])));
      assert.equal(answers.flatMap((answer) => answer!.faceIds).length, faceIds.length);
    },
    async addGroups(personId, groupIds) {
      await store.addGroups(account, personId, groupIds);
    },
    async deleteGroups(personId, groupIds) {
      await store.deleteGroups(account, personId, groupIds);
    },
    async recordConsent(personId, reference) {
      const consent = { reference, purpose: 'proof', basis: 'proof', endDay: dayOf(Date.now()) + 1 };
      assert.ok(await store.retention.setConsent(account, personId, consent));
    },
    async endConsent() {
      // The run that the server makes once a day, on the day after.
      const nowMs = () => Date.now() + dayMs;
      const { persons } = await new Clearing({ store: store.retention, rules: noRules, nowMs }).run();
      assert.equal(persons, 1);
    },
  };
}

/** `urls` are pictures of one face each. */
export function waysOfWire({ call }: Pick<TestServer, 'call'>, urls: readonly string[]): Ways {
  const ask = async (action: string, body: object): Promise<unknown> => {
    const answer = await call(action, body);
    assert.equal(answer.code, 200, `${action}: ${answer.msg}`);
    return answer.data;
  };
  return {
    async addPerson(personId, name, note, groupIds) {
      await ask('AddPerson', { personId, name, note, groupIds });
    },
    async setPerson(personId, name) {
      await ask('SetPerson', { personId, name });
    },
    async deletePerson(personId) {
      await ask('DeletePerson', { personId });
    },
    async addFaces(personId, count) {
      const pictures = Array.from({ length: count }, (_, i) => urls[i % urls.length]!);
      const data = await ask('AddFaces', { personId, urls: pictures });
      const { faceImageItems } = data as { faceImageItems: { faceId?: number }[] };
      return faceImageItems.flatMap(({ faceId }) => (faceId === undefined ? [] : { faceId: String(faceId) }));
    },
    async deleteFaces(personId, faceIds) {
      const data = (await ask('DeleteFaces', { personId, faceIds })) as { deleteCount: number };
      assert.equal(data.deleteCount, faceIds.length);
    },
    async addGroups(personId, groupIds) {
      await ask('AddGroups', { personId, groupIds });
    },
    async deleteGroups(personId, groupIds) {
      await ask('DeleteGroups', { personId, groupIds });
    },
    async recordConsent(personId, reference) {
      const endsOn = new Date(Date.now() + dayMs).toISOString().slice(0, 10);
      await ask('RecordConsent', { personId, reference, purpose: 'proof', basis: 'proof', endsOn });
    },
    async endConsent(personId) {
      await ask('WithdrawConsent', { personId });
    },
  };
}
