// `lethe receipt` and `lethe receipts`: one receipt read or checked, the whole chain checked or exported.
import { createPublicKey, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync, readSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import type { Command } from 'commander';
import { verifyChain, verifyReceipt } from '../gallery/receipt-verification.ts';
import { type ChainHead, canonicalJson, type Receipt, subjectOf } from '../gallery/receipts.ts';
import { type LibrarySettings, withDesk } from '../library.ts';
import { parseJson } from '../wire/json.ts';
import { librarySettings, type WithSettings } from './settings.ts';

const publicKeyFlag = ['--public-key <file>', 'public key (PEM), from lethe receipts public-key'] as const;

export function addReceiptCommands(program: Command, withSettings: WithSettings): void {
  const receipt = program.command('receipt').description('one receipt of a deletion');
  withSettings(
    receipt
      .command('get')
      .argument('<id>', 'receipt id')
      .description('print a receipt, beside a running server or without one'),
    librarySettings,
    (given, id) => printReceipt(given, id!),
  );
  receipt
    .command('verify')
    .argument('<file>', 'receipt as JSON')
    .description('check a receipt offline, with the public key and nothing else')
    .requiredOption(...publicKeyFlag)
    .option('--face-id <id>', 'check that the receipt is about this face; needs --salt')
    .option('--salt <salt>', 'what x-lethe-receipt gave beside the id')
    .action(checkReceipt);

  const receipts = program.command('receipts').description('the chain of all receipts of a library');
  const chain = receipts
    .command('verify-chain')
    .argument('[file]', "exported chain (JSON Lines); the library's own when left out")
    .description('check that no receipt was changed, removed, added or reordered')
    .option(...publicKeyFlag)
    .option(
      '--head <sequence:hash>',
      'head printed by an earlier check: shows a chain that was cut off since',
    );
  withSettings(chain, librarySettings, (given, file) => checkChain(given, file, chain.opts()));
  withSettings(
    receipts.command('export').description('print the chain as JSON Lines'),
    librarySettings,
    exportChain,
  );
  withSettings(
    receipts.command('public-key').description('print the key that verifies every receipt'),
    librarySettings,
    (given) => withDesk(given, async ({ receiptKey }) => console.log(receiptKey.trimEnd())),
  );
}

const printReceipt = (folder: LibrarySettings, id: string): Promise<void> =>
  withDesk(folder, async (desk) => {
    const receipt = desk.findReceipt(id);
    if (receipt === undefined) throw new Error(`there is no receipt ${id}`);
    console.log(JSON.stringify(receipt, null, 2));
  });

async function checkReceipt(
  file: string,
  { publicKey, faceId, salt }: { publicKey: string; faceId?: string; salt?: string },
): Promise<void> {
  if ((faceId === undefined) !== (salt === undefined)) throw new Error('--face-id and --salt go together');
  const key = await readPublicKey(publicKey);
  const receipt = about(file, async () => verifyReceipt(readJson(await readFile(file, 'utf8')), key));
  console.log(describe(await receipt));
  if (faceId === undefined || salt === undefined) return;
  if (!/^[0-9a-f]{64}$/.test(salt)) throw new Error('--salt: it accepts 64 hexadecimal digits');
  if (!(await receipt).faces.includes(subjectOf(salt, faceId))) {
    throw new Error(`${file} is not about face ${faceId}, or the salt is another's`);
  }
  console.log(`It is about face ${faceId}.`);
}

const describe = ({ id, sequence, deleted, cause, begunAt, finishedAt }: Receipt): string =>
  [
    `Receipt ${id}, number ${sequence} of its chain, is as it was signed.`,
    `Deleted: ${deleted.faces} faces, ${deleted.persons} persons, ${deleted.photographs} photographs (${cause}),`,
    `unsearchable from ${begunAt}, overwritten by ${finishedAt}.`,
  ].join('\n');

async function checkChain(
  folder: LibrarySettings,
  file: string | undefined,
  flags: { publicKey?: string; head?: string },
): Promise<void> {
  const remembered = flags.head === undefined ? undefined : readHead(flags.head);
  const given = flags.publicKey === undefined ? undefined : await readPublicKey(flags.publicKey);
  if (file === undefined) {
    await withDesk(folder, async (desk) => {
      const key = given ?? createPublicKey(desk.receiptKey);
      report(verifyChain(desk.receipts(), key, remembered));
    });
    return;
  }
  if (given === undefined) throw new Error('--public-key: a file is checked with the key you trust');
  report(await about(file, async () => verifyChain(readLines(file), given, remembered)));
}

const report = ({ sequence, hash }: ChainHead): void =>
  console.log(
    `${sequence} receipts, unbroken from the first.\nHead ${sequence}:${hash}\nRemember the head: given as --head, it shows a chain that was cut off or replaced since.`,
  );

function readHead(text: string): ChainHead {
  const [, sequence, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (hash === undefined) throw new Error('--head: it accepts what verify-chain printed, as 17:9f86…');
  return { sequence: Number(sequence), hash };
}

const exportChain = (folder: LibrarySettings): Promise<void> =>
  withDesk(folder, async (desk) => {
    for (const receipt of desk.receipts()) {
      if (!process.stdout.write(`${canonicalJson(receipt)}\n`)) await once(process.stdout, 'drain');
    }
  });

async function readPublicKey(file: string): Promise<KeyObject> {
  const pem = await readFile(file, 'utf8');
  const key = await about(file, async () => createPublicKey(pem)).catch(() => undefined);
  if (key?.asymmetricKeyType !== 'ed25519') throw new Error(`${file} holds no Ed25519 public key (PEM)`);
  return key;
}

/** Line by line, since a chain may be larger than a string can be. */
function* readLines(file: string): Iterable<unknown> {
  const descriptor = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(1 << 16);
    const decoder = new StringDecoder('utf8');
    let rest = '';
    for (let count = -1; count !== 0; ) {
      count = readSync(descriptor, bytes);
      const lines = (rest + decoder.write(bytes.subarray(0, count))).split('\n');
      rest = lines.pop()!;
      for (const line of lines) yield readJson(line);
    }
    if (rest !== '') yield readJson(rest);
  } finally {
    closeSync(descriptor);
  }
}

function readJson(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    throw new Error('it is no JSON');
  }
}

async function about<Value>(file: string, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw error;
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
  }
}
