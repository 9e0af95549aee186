// A process to be killed: rotates the root key and ends itself just before the step that it is told.
import { rotateRoot } from '../../src/store/rotate-root.ts';

const [folder, step, newFile] = process.argv.slice(2);
await rotateRoot({
  folder: folder!,
  source: {},
  newFile: newFile || undefined,
  onStep: (next) => {
    if (next === step) process.kill(process.pid, 'SIGKILL');
  },
});
