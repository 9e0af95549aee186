// A process to be killed: restores a backup with its keys and ends itself just before the step that it is told.
import { restore } from '../../src/store/restore.ts';

const [folder, rootKey, from, keysFrom, step] = process.argv.slice(2);
await restore({
  folder: folder!,
  source: { hex: rootKey },
  from: from!,
  keysFrom,
  isReplacing: true,
  maxAgeDays: 1,
  onStep: (next) => {
    if (next === step) process.kill(process.pid, 'SIGKILL');
  },
});
