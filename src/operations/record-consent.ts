// RecordConsent: Lethe's own; notes on what ground a person may be enrolled, and until when.
import * as z from 'zod';
import { writeDay } from '../wire/days.ts';
import { consentText, day, personId } from '../wire/fields.ts';
import { defineOperation } from './operation.ts';

export const recordConsent = defineOperation({
  action: 'RecordConsent',
  path: '/lethe/v1/persons/consent',
  summary: 'Record the consent that a person is enrolled on',
  evidence: 'own',
  qps: 20,
  refusals: ['personNotFound'],
  notes: [
    'A person has one consent; recording another replaces it. The texts stand sealed with the name and the note and go with them.',
    'On `endsOn` (UTC) the consent is over: AddFaces is refused from then on, and retention deletes the person with all faces.',
  ],
  request: z.object({
    personId,
    reference: consentText.describe('Where the consent or release is kept'),
    purpose: consentText.describe('What the face is used for'),
    basis: consentText.describe('The legal ground'),
    endsOn: day.describe('Day on which it ends, such as 2027-01-31; a day to come'),
  }),
  response: z.object({ personId, endsOn: z.string() }),
  example: {
    request: {
      personId: 'person1',
      reference: 'release 2026-0117',
      purpose: 'opening the staff door',
      basis: 'GDPR 9(2)(a)',
      endsOn: '2027-11-24',
    },
    response: { personId: 'person1', endsOn: '2027-11-24' },
  },
  async handle({ personId, endsOn, ...words }, { account, gallery }) {
    await gallery.clearing.recordConsent(account, personId, { ...words, endDay: endsOn });
    return { personId, endsOn: writeDay(endsOn) };
  },
});
