// The scenario, once for every client: what a program for the cloud does, in order, and the answers it must be given.
import { id } from '../pattern.ts';
import type { Step } from '../step.ts';
import { deletions, faces, searches } from './faces.ts';
import { gatewaySteps } from './gateway.ts';
import { letheOwn } from './lethe-own.ts';
import { malformed } from './malformed.ts';
import { groups, persons } from './persons.ts';
import { uploads } from './uploads.ts';

export const scenario: readonly Step[] = [
  ...persons,
  ...groups,
  ...faces,
  ...searches,
  ...uploads,
  ...malformed,
  ...deletions,
  ...letheOwn,
  ...gatewaySteps,
];

/** Asked at the end whatever happened, and whatever they answer: a real account is left as it was found. */
export const cleanup: readonly Pick<Step, 'action' | 'body'>[] = ['ada', 'grace', 'rosa'].map((person) => ({
  action: 'DeletePerson',
  body: { personId: id(person) },
}));
