// `lethe hold`: keeps a person or a face from being deleted until a day, beside a running server or without one.
import Table from 'cli-table3';
import type { Command } from 'commander';
import { type LibrarySettings, withDesk } from '../library.ts';
import { dayOf, readDay, startOfDay, writeDay } from '../wire/days.ts';
import { personId as personIdField } from '../wire/fields.ts';
import { librarySettings, type WithSettings } from './settings.ts';

interface HoldFlags {
  readonly account: string;
  readonly person: string;
  readonly face?: string;
  readonly reason: string;
  readonly owner: string;
  readonly until: string;
}

/** UTF-8 bytes: a sentence and a file number; what is sealed stays small. */
const maxTextBytes = 512;

export function addHoldCommands(program: Command, withSettings: WithSettings): void {
  const hold = program
    .command('hold')
    .description('legal holds: what must not be deleted for now, beside a running server or without one');
  const set = hold
    .command('set')
    .description('keep a person, or one face, from being deleted by anybody or by retention')
    .option('--account <name>', 'account the person belongs to', 'default')
    .requiredOption('--person <id>', 'person to be kept')
    .option('--face <id>', 'only this face of the person')
    .requiredOption('--reason <text>', 'why; stored sealed')
    .requiredOption('--owner <text>', 'who answers for it; stored sealed')
    .requiredOption('--until <date>', 'first day it no longer holds, as 2027-01-31 (UTC)');
  withSettings(set, librarySettings, (given) => setHold(given, set.opts()));
  withSettings(hold.command('list').description('list the holds that stand'), librarySettings, listHolds);
  withSettings(
    hold
      .command('end')
      .argument('<id>', 'hold id')
      .description('end a hold: what it kept can be deleted again'),
    librarySettings,
    (given, id) => endHold(given, id!),
  );
}

async function setHold(folder: LibrarySettings, flags: HoldFlags): Promise<void> {
  const { account, person, face, reason, owner, until } = flags;
  if (!personIdField.safeParse(person).success) throw new Error('--person: it accepts the id of a person');
  for (const [name, text] of Object.entries({ reason, owner })) {
    if (text === '' || Buffer.byteLength(text) > maxTextBytes) {
      throw new Error(`--${name}: it accepts 1 to ${maxTextBytes} bytes of UTF-8`);
    }
  }
  const untilMs = readUntilMs(until);
  const hold = await withDesk(folder, (desk) =>
    desk.setHold({
      account,
      personId: person,
      ...(face === undefined ? {} : { faceId: face }),
      reason,
      owner,
      untilMs,
    }),
  );
  if (hold === undefined)
    throw new Error(`account ${account} has no such ${face === undefined ? 'person' : 'face'}`);
  console.log(`Hold ${hold.id} stands until ${until}`);
}

function readUntilMs(text: string): number {
  const day = readDay(text);
  if (day === undefined) throw new Error('--until: it accepts a day such as 2027-01-31');
  if (startOfDay(day) <= Date.now()) throw new Error('--until: it accepts a day to come');
  return startOfDay(day);
}

async function listHolds(folder: LibrarySettings): Promise<void> {
  const holds = await withDesk(folder, (desk) => desk.listHolds());
  const table = new Table({
    head: ['hold', 'account', 'person', 'face', 'until', 'owner', 'reason'],
    style: { head: [], border: [] },
  });
  for (const { id, account, personId, faceId, untilMs, owner, reason } of holds) {
    table.push([id, account, personId, faceId ?? 'all', writeDay(dayOf(untilMs)), owner, reason]);
  }
  console.log(table.toString());
}

async function endHold(folder: LibrarySettings, id: string): Promise<void> {
  if (!(await withDesk(folder, (desk) => desk.endHold(id)))) {
    throw new Error(`there is no hold ${id}; lethe hold list shows those there are`);
  }
  console.log(`Hold ${id} is ended`);
}
