// GetConsent: Lethe's own; reads the consent that was recorded for a person.
import * as z from 'zod';
import { writeDay } from '../wire/days.ts';
import { personId } from '../wire/fields.ts';
import { defineOperation } from './operation.ts';

export const getConsent = defineOperation({
  action: 'GetConsent',
  path: '/lethe/v1/persons/consent/get',
  summary: 'Read the consent of a person',
  evidence: 'own',
  qps: 20,
  refusals: ['personNotFound'],
  notes: [
    '`consent` is left out where none was recorded; its texts are, where it was withdrawn before that.',
  ],
  request: z.object({ personId }),
  response: z.object({
    personId,
    consent: z
      .object({
        reference: z.string().optional(),
        purpose: z.string().optional(),
        basis: z.string().optional(),
        endsOn: z.string(),
      })
      .optional(),
  }),
  example: {
    request: { personId: 'person1' },
    response: {
      personId: 'person1',
      consent: {
        reference: 'release 2026-0117',
        purpose: 'opening the staff door',
        basis: 'GDPR 9(2)(a)',
        endsOn: '2027-11-24',
      },
    },
  },
  async handle({ personId }, { account, gallery }) {
    const consent = await gallery.clearing.readConsent(account, personId);
    if (consent === undefined) return { personId };
    const { endDay, ...words } = consent;
    return { personId, consent: { ...words, endsOn: writeDay(endDay) } };
  },
});
