// The formats of library.db in order: a database of format n becomes n + 1 by the n-th step.
import { library } from './001-library.ts';
import { retention } from './002-retention.ts';
import { receipts } from './003-receipts.ts';
import { ledger } from './004-ledger.ts';
import { allowedActions } from './005-allowed-actions.ts';

export const migrations: readonly string[] = [library, retention, receipts, ledger, allowedActions];
