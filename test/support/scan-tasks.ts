// Asynchronous scans with the real sender of callbacks, which may reach loopback.
import { openCallbackSender } from '../../src/callbacks/post-form.ts';
import { type ScanTaskRules, ScanTasks } from '../../src/gallery/scan-tasks.ts';
import { allowAddresses, lookUpAllowed } from '../../src/images/addresses.ts';

const isAllowed = allowAddresses(['127.0.0.1']);

export const openScanTasks = (rules: Partial<ScanTaskRules> = {}): ScanTasks =>
  new ScanTasks({
    sender: openCallbackSender({ isAllowed, lookup: lookUpAllowed(isAllowed) }),
    admitScan: (work) => work(),
    admitCallback: (work) => work(),
    nowMs: Date.now,
    onFailure: () => {},
    onUndelivered: () => {},
    ...rules,
  });
