// A process to be killed: several callers change a library without end, and say what they ask and what was answered.
import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { openEmbeddedStore } from '../../src/store/embedded.ts';
import { templateOf } from '../contract/store.ts';

const [folder, rootKey] = process.argv.slice(2);
const store = await openEmbeddedStore({ folder: folder!, rootKey: Buffer.from(rootKey!, 'hex') });
// Straight to the pipe: a line written before a kill is read after it.
const say = (line: object) => writeSync(1, `${JSON.stringify(line)}\n`);

async function live(personId: string): Promise<void> {
  const person = await store.getPerson('default', personId);
  if (person === undefined) await store.addPerson('default', { personId }, ['staff']);
  const faceIds = [...(person?.faceIds ?? [])];
  say({ personId, found: faceIds, name: person?.name });
  for (let turn = 0; ; turn += 1) {
    const choice = Math.random();
    if (faceIds.length < 3 || (choice < 0.4 && faceIds.length < 18)) {
      say({ personId, asks: 'add' });
      const templates = [templateOf(turn), templateOf(-turn)];
      // Every other time with photographs, which are files of their own.
      const pictures = turn % 2 === 0 ? templates.map(() => Uint8Array.from(randomBytes(30_000))) : [];
      const added = await store.addFaces('default', personId, 'model', templates, false, pictures);
      faceIds.push(...added!.faceIds);
      say({ personId, added: added!.faceIds });
    } else if (choice < 0.9) {
      const gone = faceIds.splice(Math.floor(Math.random() * faceIds.length), 1);
      say({ personId, asks: 'delete', faceIds: gone });
      const { receipt } = (await store.deleteFaces('default', personId, gone))!;
      say({ personId, deleted: gone, receipt: receipt?.id });
    } else {
      const name = `name ${turn}`;
      say({ personId, asks: 'rename', name });
      await store.setPerson('default', { personId, name });
      say({ personId, renamed: name });
    }
  }
}

await Promise.all(['p0', 'p1', 'p2', 'p3', 'p4', 'p5'].map(live));
