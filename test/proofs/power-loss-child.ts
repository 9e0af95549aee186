// A process whose every write and sync is recorded, and which tells in the same record what it asked and was answered.
import { openEmbeddedStore } from '../../src/store/embedded.ts';
import { say } from './disk.ts';
import { drawPhotograph, drawTemplate } from './ways.ts';

const [folder, rootKey, changes] = process.argv.slice(2);
const store = await openEmbeddedStore({ folder: folder!, rootKey: Buffer.from(rootKey!, 'hex') });
say({ isOpen: true });

/** One caller with a person of its own; several at once share batches. */
async function live(personId: string, turns: number): Promise<void> {
  let faceIds: string[] = [];
  let isThere = false;
  for (let turn = 0; turn < turns; turn += 1) {
    const choice = Math.random();
    if (!isThere) {
      const name = `name ${turn}`;
      say({ personId, asks: 'person', name });
      await store.addPerson('default', { personId, name }, ['staff']);
      say({ personId, did: 'person', name });
      isThere = true;
    } else if (faceIds.length < 2 || choice < 0.3) {
      say({ personId, asks: 'add', faces: 1 });
      const photographs = [drawPhotograph()];
      const templates = [drawTemplate(512)];
      const added = (await store.addFaces('default', personId, 'model', templates, false, photographs))!
        .faceIds;
      say({ personId, did: 'add', faceIds: added });
      faceIds.push(...added);
    } else if (choice < 0.7) {
      const gone = faceIds.splice(0, 1);
      say({ personId, asks: 'delete', faceIds: gone });
      await store.deleteFaces('default', personId, gone);
      say({ personId, did: 'delete', faceIds: gone });
    } else if (choice < 0.9) {
      const name = `name ${turn}`;
      say({ personId, asks: 'rename', name });
      await store.setPerson('default', { personId, name });
      say({ personId, did: 'rename', name });
    } else {
      say({ personId, asks: 'delete person' });
      await store.deletePerson('default', personId);
      say({ personId, did: 'delete person' });
      faceIds = [];
      isThere = false;
    }
  }
}

/** A commit so large that its first slots are written while its last are filled. */
async function enrolMany(persons: number): Promise<void> {
  const personIds = Array.from({ length: persons }, (_, i) => `many-${i}`);
  for (const personId of personIds) {
    say({ personId, asks: 'person' });
    await store.addPerson('default', { personId }, ['staff']);
    say({ personId, did: 'person' });
  }
  await Promise.all(
    personIds.map(async (personId) => {
      const templates = Array.from({ length: 20 }, () => drawTemplate(512));
      say({ personId, asks: 'add', faces: templates.length });
      const { faceIds } = (await store.addFaces('default', personId, 'model', templates))!;
      say({ personId, did: 'add', faceIds });
    }),
  );
}

await Promise.all(['p0', 'p1', 'p2'].map((personId) => live(personId, Number(changes) / 3)));
await enrolMany(9);
process.kill(process.pid, 'SIGKILL');
