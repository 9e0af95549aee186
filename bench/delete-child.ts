// One deletion between two lines that it says, on a disk that records it: see delete.ts.
import { openEmbeddedStore } from '../src/store/embedded.ts';
import { say } from '../test/proofs/disk.ts';

const [folder, rootKey, personId, faceId] = process.argv.slice(2);
const store = await openEmbeddedStore({ folder: folder!, rootKey: Buffer.from(rootKey!, 'hex') });
// The first makes the log anew.
await store.setPerson('default', { personId: personId!, name: 'warm' });
say({ isBegun: true });
await store.deleteFaces('default', personId!, [faceId!]);
say({ isAnswered: true });
await store.close();
