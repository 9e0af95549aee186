// A process killed at any instant has lost nothing it acknowledged, and brings back nothing it deleted.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { once } from 'node:events';
import { it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { verifyChain } from '../../src/gallery/receipt-verification.ts';
import type { EmbeddedStore } from '../../src/store/embedded.ts';
import { LibraryFolder } from './library-folder.ts';

const rounds = 4;

/** What one caller knows for certain, and what it had asked when the process was killed. */
interface Known {
  readonly faceIds: Set<string>;
  readonly deleted: Set<string>;
  /** Ids given out with deletions. */
  readonly receipts: string[];
  name: string | undefined;
  asks?: { asks: 'add' } | { asks: 'delete'; faceIds: string[] } | { asks: 'rename'; name: string };
}

it(`a library killed ${rounds} times while six callers change it holds exactly what was acknowledged`, async () => {
  const folder = await LibraryFolder.make();
  await (await folder.open()).close();
  const known = new Map<string, Known>();
  let acknowledged = 0;
  try {
    for (let round = 0; round < rounds; round += 1) {
      const lines = await runAndKill(folder, 20 + Math.random() * 60);
      for (const line of lines) acknowledged += learn(known, line);
      const store = await folder.open();
      try {
        for (const [personId, caller] of known) await check(store, personId, caller);
        checkReceipts(store, known);
        assert.equal(store.damagedRecords + store.recovery.facesWithoutKey, 0);
      } finally {
        await store.close();
      }
    }
  } finally {
    await folder.remove();
  }
  assert.ok(acknowledged > 50, `only ${acknowledged} answers were given before the kills`);
});

/** Every acknowledged deletion has its receipt in the chain, once; one more at most for what each caller had asked. */
function checkReceipts(store: EmbeddedStore, known: ReadonlyMap<string, Known>): void {
  const chain = [...store.receipts()];
  verifyChain(chain, createPublicKey(store.receiptKey));
  const ids = new Set(chain.map(({ id }) => id));
  const acknowledged = [...known.values()].flatMap(({ receipts }) => receipts);
  assert.deepEqual(
    acknowledged.filter((id) => !ids.has(id)),
    [],
    'acknowledged, yet without a receipt',
  );
  const gone = [...known.values()].reduce((sum, { deleted }) => sum + deleted.size, 0);
  assert.equal(chain.length, gone, 'one receipt for each face deleted');
}

/** Kills it at some instant after so many requests were made. */
async function runAndKill(folder: LibraryFolder, requests: number): Promise<Record<string, unknown>[]> {
  const child = spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      fileURLToPath(new URL('./crash-child.ts', import.meta.url)),
      folder.path,
      folder.rootKey.toString('hex'),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  while (output.split('"asks"').length <= requests) await once(child.stdout, 'data');
  await pause(Math.random() * 5);
  child.kill('SIGKILL');
  await once(child, 'close');
  const whole = output.slice(0, output.lastIndexOf('\n'));
  return whole.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Counts the answers among what was said. */
function learn(known: Map<string, Known>, line: Record<string, unknown>): number {
  const personId = line.personId as string;
  const caller = known.get(personId) ?? {
    faceIds: new Set(),
    deleted: new Set(),
    receipts: [],
    name: undefined,
  };
  known.set(personId, caller);
  if ('asks' in line) {
    caller.asks = line as unknown as NonNullable<Known['asks']>;
    return 0;
  }
  delete caller.asks;
  if ('found' in line) return 0;
  for (const faceId of (line.added as string[]) ?? []) caller.faceIds.add(faceId);
  if (typeof line.receipt === 'string') caller.receipts.push(line.receipt);
  for (const faceId of (line.deleted as string[]) ?? []) {
    caller.faceIds.delete(faceId);
    caller.deleted.add(faceId);
  }
  if ('renamed' in line) caller.name = line.renamed as string;
  return 1;
}

/** Settles what the kill left open by what is found, after checking that it is one of the two possible ends. */
async function check(store: EmbeddedStore, personId: string, caller: Known): Promise<void> {
  const person = await store.getPerson('default', personId);
  const found = new Set(person?.faceIds);
  assert.deepEqual(
    [...caller.deleted].filter((faceId) => found.has(faceId)),
    [],
    'deleted, yet back',
  );
  const { asks } = caller;
  const atStake = new Set(asks?.asks === 'delete' ? asks.faceIds : []);
  assert.deepEqual(
    [...caller.faceIds].filter((faceId) => !found.has(faceId) && !atStake.has(faceId)),
    [],
    'acknowledged, yet lost',
  );
  const unknown = [...found].filter((faceId) => !caller.faceIds.has(faceId));
  assert.ok(unknown.length === 0 || (asks?.asks === 'add' && unknown.length === 2), 'half an enrolment');
  if (person?.name !== caller.name) {
    assert.equal(asks?.asks, 'rename', 'a name nobody asked for');
    assert.equal(person?.name, asks?.asks === 'rename' ? asks.name : undefined);
  }
  caller.name = person?.name;
  caller.faceIds.clear();
  for (const faceId of found) caller.faceIds.add(faceId);
  for (const faceId of atStake) if (!found.has(faceId)) caller.deleted.add(faceId);
  delete caller.asks;
}
