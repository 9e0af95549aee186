// Proof that no backup brings a face back: `npm run proof:backup`, three backups with `-- --short`.
import { LibraryFolder } from '../store/library-folder.ts';
import { backUpInStorm, type StormCounts } from './storm.ts';

const isShort = process.argv.includes('--short');
const [rounds, backupsEach] = isShort ? [1, 3] : [10, 10];

const total: Record<keyof StormCounts, number> = {
  backups: 0,
  changesMeanwhile: 0,
  facesRestored: 0,
  sweptFromPair: 0,
  sweptByLedger: 0,
  sweptOntoPresentKeys: 0,
};
for (let round = 0; round < rounds; round += 1) {
  const folder = await LibraryFolder.make();
  try {
    const counts = await backUpInStorm(folder, backupsEach);
    for (const name of Object.keys(total) as (keyof StormCounts)[]) total[name] += counts[name];
  } finally {
    await folder.remove();
  }
}

const rows: [words: string, count: number][] = [
  ['backups taken while six callers add, delete and rename', total.backups],
  ['changes acknowledged or asked for while they were taken', total.changesMeanwhile],
  ['faces in them, restored with keys of the same moment', total.facesRestored],
  ['faces whose deletion crossed the backup, swept away then', total.sweptFromPair],
  ['faces deleted since, swept away by the ledger with the old keys', total.sweptByLedger],
  ['faces deleted since, swept away on the present keys', total.sweptOntoPresentKeys],
];
for (const [words, count] of rows) console.log(`${String(count).padStart(8)}  ${words}`);
// Without these the proof would have looked at nothing.
if (total.changesMeanwhile === 0 || total.sweptOntoPresentKeys === 0 || total.sweptByLedger === 0) {
  throw new Error('not proven: nothing changed meanwhile, or nothing was deleted since');
}
console.log(`proven: ${total.backups} backups, 0 faces lost, 0 brought back, 0 findings of verify-erasure`);
