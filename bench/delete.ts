// Durable deletions a second over signed HTTP, beside the bare writes and syncs that one makes: recorded, then repeated.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type Change, Disk } from '../test/proofs/disk.ts';
import { drawTemplate } from '../test/proofs/ways.ts';
import { BareWrites } from './bare-writes.ts';
import { defineBench, type Page } from './bench.ts';
import { median, timeMs } from './figures.ts';
import { startServer, TemporaryLibrary } from './server.ts';
import { signRequest } from './signed-client.ts';

const alone = 40;
const together = 64;
/** Deletions of each of the 64 clients in a round. */
const each = 32;
/** Rounds before those that count: the server's code is compiled as it runs. */
const warmUpRounds = 1;
const facesPerPerson = 20;

interface Enrolled {
  readonly personId: string;
  readonly faceId: string;
}

export const bench = defineBench({
  sentence:
    'Durable deletions over signed HTTP, beside the bare writes and syncs that one makes (Linux with a C compiler, which records them).',
  minutes: { full: 1, short: 0.4 },
  options: { rounds: ['6', '1', 'rounds of 40 deletions by one client and 2,048 by 64'] },
  async run(options, page) {
    const library = new TemporaryLibrary();
    try {
      await measure(library, Number(options.rounds), page);
    } finally {
      library.remove();
    }
  },
});

async function measure(library: TemporaryLibrary, rounds: number, page: Page): Promise<void> {
  const faces = await enrol(library, 1 + (warmUpRounds + rounds) * (alone + together * each));
  const trace = await recordOne(library, faces.pop()!);
  const bareFolder = join(library.parent, 'bare');
  const bare = new BareWrites(bareFolder, trace);
  const syncOnly = new BareWrites(bareFolder, [
    { kind: 'write', file: 'one', at: 0, bytes: Buffer.alloc(4096, 2) },
    { kind: 'sync', file: 'one', at: 0, bytes: Buffer.alloc(0) },
  ]);
  const server = await startServer(library, { flags: ['--workers', '1'] });
  const sign = ({ personId, faceId }: Enrolled) => {
    const send = signRequest<{ deleteCount: number }>(server.url, '/green/sface/face/delete', {
      personId,
      faceIds: [faceId],
    });
    return async () => assert.equal((await send()).deleteCount, 1);
  };
  const times = {
    one: [] as number[],
    bare: [] as number[],
    sync: [] as number[],
    perSecond: [] as number[],
  };
  for (let round = -warmUpRounds; round < rounds; round += 1) {
    if (round === 0) for (const values of Object.values(times)) values.length = 0;
    for (const send of faces.splice(0, alone).map(sign)) {
      times.one.push(await timeMs(send));
      times.bare.push(await timeMs(() => bare.run()));
      times.sync.push(await timeMs(() => syncOnly.run()));
    }
    const clients = Array.from({ length: together }, () => faces.splice(0, each).map(sign));
    const tookMs = await timeMs(() =>
      Promise.all(
        clients.map(async (sends) => {
          for (const send of sends) await send();
        }),
      ),
    );
    times.perSecond.push((together * each * 1000) / tookMs);
  }
  await server.stop();
  bare.close();
  syncOnly.close();
  const count = (kind: Change['kind']) => trace.filter((change) => change.kind === kind);
  const written = count('write').reduce((sum, { bytes }) => sum + bytes.length, 0);
  assert.ok(written > 0);
  const [one, bareOne] = [median(times.one), median(times.bare)];
  page.say(
    `Medians; rounds: ${rounds}, after ${warmUpRounds} to warm up. A deletion makes ${count('write').length} writes of ${(written / 1024).toFixed(0)} KiB in all, ${count('sync').length} syncs and ${count('truncate').length} cuts.\n`,
  );
  page.head(['figure', '']);
  page.row(['one write of 4 KiB and its sync, ms', median(times.sync).toFixed(2)]);
  page.row(['the bare writes and syncs of a deletion, ms', bareOne.toFixed(2)]);
  page.row(['a deletion by one client, ms', one.toFixed(2)]);
  page.row(['the same as a multiple of the bare writes and syncs', (one / bareOne).toFixed(2)]);
  page.row(['deletions a second, 1 client', (1000 / one).toFixed(0)]);
  page.row(['bare writes and syncs of a deletion, a second', (1000 / bareOne).toFixed(0)]);
  page.row([`deletions a second, ${together} clients`, median(times.perSecond).toFixed(0)]);
}

async function enrol(library: TemporaryLibrary, faces: number): Promise<Enrolled[]> {
  const enrolled: Enrolled[] = [];
  await library.fill(async (store, { modelId, dimensions }) => {
    const persons = Array.from({ length: Math.ceil(faces / facesPerPerson) }, (_, i) => `person-${i}`);
    await Promise.all(
      persons.map(async (personId) => {
        await store.addPerson('default', { personId }, ['staff']);
        const templates = Array.from({ length: facesPerPerson }, () => drawTemplate(dimensions));
        const { faceIds } = (await store.addFaces('default', personId, modelId, templates))!;
        for (const faceId of faceIds) enrolled.push({ personId, faceId });
      }),
    );
  });
  // Dealt out so that neighbours in time are not neighbours on disk.
  return enrolled.sort(() => Math.random() - 0.5);
}

/** The writes, cuts and syncs of one deletion, recorded. */
async function recordOne(
  { data, rootKey }: TemporaryLibrary,
  { personId, faceId }: Enrolled,
): Promise<Change[]> {
  const disk = await Disk.make();
  try {
    const args = [rootKey.toString('hex'), personId, faceId];
    const { trace } = await disk.run('../../bench/delete-child.ts', data, args, { isTraced: true });
    const said = trace.flatMap(({ kind }, i) => (kind === 'said' ? [i] : []));
    return trace.slice(said[0]! + 1, said[1]).filter(({ file }) => !file.endsWith('-shm'));
  } finally {
    await disk.remove();
  }
}
