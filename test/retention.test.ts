// What is due of a person on a day, and not the day before.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { cloudRules, judge, type KeptPerson, type Membership, noRules } from '../src/gallery/retention.ts';

const day = 20_000;

const membership = (given: Partial<Membership> = {}): Membership => ({
  group: 1,
  joinedDay: day,
  policy: {},
  ...given,
});

const kept = (given: Partial<KeptPerson> = {}): KeptPerson => ({
  account: 'default',
  person: 1,
  lastActiveDay: day,
  isHeld: false,
  faces: [{ face: 1, enrolledDay: day, isHeld: false }],
  memberships: [membership()],
  ...given,
});

/** The verdict on the given day, after none on the day before. */
function dueOn(onDay: number, person: KeptPerson, rules = cloudRules) {
  assert.equal(judge(person, onDay - 1, rules), undefined, 'due a day early');
  return judge(person, onDay, rules);
}

describe("the cloud's rule", () => {
  it('clears a group never searched within a year of its last face, and the person with it', () => {
    assert.deepEqual(dueOn(day + 365, kept()), {
      faces: [1],
      groups: [1],
      isPersonDue: true,
      reasons: ['group not searched'],
    });
  });

  it('counts from the last search, the joining and the newest face, whichever came last', () => {
    assert.ok(dueOn(day + 400, kept({ memberships: [membership({ lastSearchDay: day + 35 })] })));
    assert.ok(dueOn(day + 401, kept({ memberships: [membership({ joinedDay: day + 36 })] })));
    const faces = [1, 2].map((face) => ({ face, enrolledDay: day + face, isHeld: false }));
    assert.ok(dueOn(day + 367, kept({ faces })));
  });

  it('takes a person out of the group that is idle, and leaves it in the one that is searched', () => {
    const memberships = [membership(), membership({ group: 2, lastSearchDay: day + 300 })];
    assert.deepEqual(dueOn(day + 365, kept({ memberships })), {
      faces: [],
      groups: [1],
      isPersonDue: false,
      reasons: ['group not searched'],
    });
  });

  it('clears a person in no group, whom no search can find, a year after its last change', () => {
    assert.equal(dueOn(day + 365, kept({ memberships: [] }))?.isPersonDue, true);
  });

  it('is off when retention is off', () => {
    assert.equal(judge(kept(), day + 10_000, noRules), undefined);
    assert.equal(judge(kept({ memberships: [] }), day + 10_000, noRules), undefined);
  });
});

describe("a group's own policy", () => {
  it('goes before the default, field by field', () => {
    const memberships = [membership({ policy: { idleDays: 'off', inactiveDays: 1_095 } })];
    assert.deepEqual(dueOn(day + 1_095, kept({ memberships }))?.reasons, ['person inactive']);
  });

  it('lets the shortest age among the groups of a person decide', () => {
    const memberships = [
      membership({ policy: { maxAgeDays: 90 } }),
      membership({ group: 2, policy: { maxAgeDays: 30 } }),
      membership({ group: 3 }),
    ];
    const faces = [1, 2].map((face) => ({ face, enrolledDay: day + 10 * face, isHeld: false }));
    assert.deepEqual(dueOn(day + 40, kept({ memberships, faces })), {
      faces: [1],
      groups: [],
      isPersonDue: false,
      reasons: ['face too old'],
    });
    const all = judge(kept({ memberships, faces }), day + 50, cloudRules);
    assert.equal(all?.isPersonDue, true, 'a person left without a face goes');
  });

  it('spares a person who has no face yet, until its group is idle', () => {
    const memberships = [membership({ policy: { maxAgeDays: 30 } })];
    assert.ok(dueOn(day + 365, kept({ faces: [], memberships })));
  });
});

describe('a consent', () => {
  it('takes the person whole on the day it ends, whatever the groups say', () => {
    const memberships = [membership({ policy: { idleDays: 'off' } })];
    const person = kept({ memberships, consentEndDay: day + 7 });
    assert.deepEqual(dueOn(day + 7, person, noRules)?.reasons, ['consent ended']);
  });
});

describe('a legal hold', () => {
  it('on a person keeps all of it', () => {
    assert.equal(judge(kept({ isHeld: true, consentEndDay: day }), day + 10_000, cloudRules), undefined);
  });

  it('on a face keeps that face, the person and its groups', () => {
    const faces = [1, 2].map((face) => ({ face, enrolledDay: day, isHeld: face === 1 }));
    assert.deepEqual(judge(kept({ faces, consentEndDay: day }), day, cloudRules), {
      faces: [2],
      groups: [],
      isPersonDue: false,
      reasons: ['consent ended'],
    });
    assert.equal(judge(kept({ faces: [faces[0]!], consentEndDay: day }), day, cloudRules), undefined);
  });
});

const limit = fc.option(fc.oneof(fc.constant('off' as const), fc.integer({ min: 1, max: 50 })), {
  nil: undefined,
});
const policies = fc
  .record({ maxAgeDays: limit, idleDays: limit, inactiveDays: limit })
  .map((policy) => Object.fromEntries(Object.entries(policy).filter(([, value]) => value !== undefined)));
const persons: fc.Arbitrary<KeptPerson> = fc.record({
  account: fc.constant('default'),
  person: fc.constant(1),
  lastActiveDay: fc.integer({ min: 0, max: 60 }),
  isHeld: fc.constant(false),
  faces: fc.uniqueArray(fc.record({ face: fc.nat(9), enrolledDay: fc.nat(60), isHeld: fc.boolean() }), {
    selector: ({ face }) => face,
  }),
  memberships: fc.uniqueArray(
    fc.record({ group: fc.nat(9), joinedDay: fc.nat(60), lastSearchDay: fc.nat(60), policy: policies }),
    { selector: ({ group }) => group },
  ),
});

describe('any person', () => {
  it('who is due stays due until something happens: a day passing spares nobody', () => {
    fc.assert(
      fc.property(persons, fc.nat(120), fc.nat(120), (person, today, more) => {
        const before = judge(person, today, cloudRules);
        const later = judge(person, today + more, cloudRules);
        for (const face of before?.faces ?? []) assert.ok(later?.faces.includes(face));
      }),
    );
  });

  it('has nothing due once what was due is gone', () => {
    fc.assert(
      fc.property(persons, fc.nat(120), (person, today) => {
        const due = judge(person, today, cloudRules);
        if (due === undefined || due.isPersonDue) return;
        const left = {
          ...person,
          faces: person.faces.filter(({ face }) => !due.faces.includes(face)),
          memberships: person.memberships.filter(({ group }) => !due.groups.includes(group)),
        };
        assert.equal(judge(left, today, cloudRules), undefined);
      }),
    );
  });

  it('loses no face under a legal hold', () => {
    fc.assert(
      fc.property(persons, fc.nat(1_000), (person, today) => {
        const due = judge(person, today, cloudRules);
        const held = person.faces.filter(({ isHeld }) => isHeld);
        for (const { face } of held) assert.ok(!due?.faces.includes(face));
        if (held.length > 0) assert.notEqual(due?.isPersonDue, true);
      }),
    );
  });
});
