// Requests that the service must refuse: HTTP 200 with the refusal in the body, which no SDK makes an error of.
import { id } from '../pattern.ts';
import type { Step } from '../step.ts';

const malformedRow = 'malformed requests';

export const malformed: readonly Step[] = [
  {
    row: malformedRow,
    action: 'AddPerson',
    body: { personId: id('ada') },
    isForLetheOnly: true,
    expect: { refusal: 'badRequest', detail: 'groupIds: is required' },
  },
  {
    row: malformedRow,
    action: 'DeleteFaces',
    body: { personId: id('ada'), faceIds: [] },
    isForLetheOnly: true,
    expect: { refusal: 'badRequest', detail: 'faceIds: must not be empty' },
  },
  {
    row: malformedRow,
    action: 'GetPersons',
    body: { groupId: 'an id with blanks' },
    isForLetheOnly: true,
    expect: { refusal: 'badRequest', detail: 'groupId: may hold letters, digits, _ and - only' },
  },
];
