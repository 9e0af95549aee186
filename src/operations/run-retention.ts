// RunRetention: Lethe's own; clears what is due of the caller's account now, without waiting for the server's timer.
import * as z from 'zod';
import { writeDay } from '../wire/days.ts';
import { defineOperation } from './operation.ts';

const count = z.int().nonnegative();

export const runRetention = defineOperation({
  action: 'RunRetention',
  path: '/lethe/v1/retention/run',
  summary: 'Delete what retention makes due, or say what would go',
  evidence: 'own',
  // A run reads every person of the library.
  qps: 1,
  refusals: [],
  notes: [
    "Of the caller's account only. The server does the same for all accounts soon after its start and when the day changes (UTC).",
    'With `dryRun` nothing is deleted, and the answer is what a run at the same moment would answer.',
  ],
  request: z.object({ dryRun: z.boolean('must be true or false').default(false) }),
  response: z.object({
    day: z.string().describe('The day (UTC) it was judged on'),
    dryRun: z.boolean(),
    persons: count.describe('Persons deleted whole'),
    faces: count.describe('Faces deleted, those of the persons included'),
    memberships: count.describe('Times that a person left a group and stayed in another'),
  }),
  example: {
    request: { dryRun: true },
    response: { day: '2026-11-24', dryRun: true, persons: 2, faces: 5, memberships: 1 },
  },
  async handle({ dryRun }, { account, gallery }) {
    const { day, ...counts } = await gallery.clearing.run({ account, isDryRun: dryRun });
    return { day: writeDay(day), dryRun, ...counts };
  },
});
