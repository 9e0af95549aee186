// A process that carries out one change of a library, on a disk that may end it at any step: see crash.ts.
import { Clearing } from '../../src/gallery/clearing.ts';
import { noRules } from '../../src/gallery/retention.ts';
import { openEmbeddedStore } from '../../src/store/embedded.ts';
import { FaultSwitch, say } from './disk.ts';
import { drawPhotograph, drawTemplate } from './ways.ts';

const [folder, rootKey, scenario, action, first, faceId] = process.argv.slice(2);
const store = await openEmbeddedStore({ folder: folder!, rootKey: Buffer.from(rootKey!, 'hex') });
const faults = new FaultSwitch(process.env.DISK_CONTROL!);

const scenarios: Record<string, () => Promise<unknown>> = {
  enrol: () =>
    store.addFaces('default', 'subject', 'model', [drawTemplate(512), drawTemplate(512)], false, [
      drawPhotograph(),
      drawPhotograph(),
    ]),
  'delete faces': () => store.deleteFaces('default', 'subject', [faceId!]),
  'delete person': () => store.deletePerson('default', 'subject'),
  // On the day on which the subject's consent is over.
  'retention run': () =>
    new Clearing({ store: store.retention, rules: noRules, nowMs: () => Date.now() + 86_400_000 }).run(),
  'set person': () => store.setPerson('default', { personId: 'subject', name: 'name after' }),
};

if (action === 'count') faults.clear();
else faults.arm({ action: action as 'killBefore', first: Number(first) });
say({ isBegun: true });
await scenarios[scenario!]!();
say({ isAnswered: true, steps: faults.count });
// Not closed: an image after the answer is looked at as it stands.
process.kill(process.pid, 'SIGKILL');
