// The header in which a deletion's receipt travels: the body of the answer stays the cloud's.
import type { ReceiptTicket } from '../gallery/receipts.ts';

/** As an operation declares it. */
export const receiptHeader = {
  'x-lethe-receipt':
    'Where something was deleted: `<receipt id>;salt=<salt>`. The salt, which nobody else gets, shows that the receipt is about a face',
} as const;

export const receiptHeaderValue = ({ id, salt }: ReceiptTicket): string => `${id};salt=${salt}`;
