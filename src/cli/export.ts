// `lethe export`: who is enrolled, as NDJSON that `lethe import` takes back; never a template, never a key.
import { open, rename, rm } from 'node:fs/promises';
import type { Command } from 'commander';
import { type LibrarySettings, openLibraryRoll, type Roll, type RollPerson } from '../library.ts';
import { dayOf, writeDay } from '../wire/days.ts';
import { librarySettings, type WithSettings } from './settings.ts';

interface ExportFlags {
  readonly to: string;
  readonly account: string;
  readonly photographs?: true;
}

const notice =
  'Personal data: ids, names, notes, groups, consents and legal holds of everybody enrolled. Keep it as you keep the library.';

const help = `
The file is personal data in clear: ids, names, notes, groups, face ids, consents and legal holds of one account,
and with --photographs their pictures. It has mode 600 and holds no template and no key. lethe import FILE takes it
back: persons whole, faces where the file holds their photographs.`;

export function addExportCommand(program: Command, withSettings: WithSettings): void {
  const command = program
    .command('export')
    .description('write the persons of an account as NDJSON: personal data in clear')
    .requiredOption('--to <file>', 'file for the JSON Lines, ending in .ndjson; replaced when there')
    .option('--account <name>', 'account whose persons are written', 'default')
    .option('--photographs', 'also the photographs of the faces, where the library keeps them')
    .addHelpText('after', help);
  withSettings(command, librarySettings, (given) => exportPersons(given, command.opts()));
}

async function exportPersons(given: LibrarySettings, flags: ExportFlags): Promise<void> {
  const { to, account } = flags;
  if (!/\.(ndjson|jsonl)$/i.test(to)) {
    throw new Error('--to: it accepts a file that ends in .ndjson or .jsonl');
  }
  const roll = await openLibraryRoll(given);
  const part = `${to}.part`;
  try {
    await rm(part, { force: true });
    const { persons, faces, pictures } = await writePersons(roll, part, flags);
    await rename(part, to);
    const shown = flags.photographs === true ? `, ${pictures} of them with their photographs,` : '';
    console.log(
      `${persons} persons and the ids of ${faces} faces${shown} written to ${to}: personal data, keep it so`,
    );
    if (roll.nameless > 0) console.log(`${roll.nameless} persons are left out: id, name and note are lost`);
    const others = [...roll.accounts.keys()].filter((name) => name !== account);
    if (others.length > 0) console.log(`Other accounts (--account): ${others.join(', ')}`);
  } finally {
    await roll.close();
    await rm(part, { force: true });
  }
}

async function writePersons(roll: Roll, path: string, { account, photographs }: ExportFlags) {
  const written = { persons: 0, faces: 0, pictures: 0 };
  const file = await open(path, 'wx', 0o600);
  try {
    await file.appendFile(
      lineOf({ 'lethe-export': 1, notice, account, writtenAt: new Date().toISOString() }),
    );
    for (const person of roll.persons(account)) {
      await file.appendFile(lineOf(personRow(person)));
      written.persons += 1;
      for (const faceId of person.faceIds) {
        const bytes = photographs === true ? await roll.readPhotograph(account, faceId) : undefined;
        await file.appendFile(lineOf(faceRow(person, faceId, bytes)));
        written.faces += 1;
        if (bytes !== undefined) written.pictures += 1;
      }
    }
    await file.sync();
    return written;
  } finally {
    await file.close();
  }
}

const lineOf = (value: object): string => `${JSON.stringify(value)}\n`;

function personRow({ personId, name, note, groupIds, consent, holds }: RollPerson): object {
  return {
    personId,
    name,
    note,
    groups: groupIds,
    ...(consent === undefined
      ? {}
      : { consent: { ...consent, endDay: undefined, endsOn: writeDay(consent.endDay) } }),
    ...(holds.length === 0 ? {} : { holds: holds.map(describeHold) }),
  };
}

const describeHold = ({ faceId, reason, owner, untilMs }: RollPerson['holds'][number]): object => ({
  faceId,
  reason,
  owner,
  until: writeDay(dayOf(untilMs)),
});

/** With the groups again, so that each row can be taken for itself. */
const faceRow = ({ personId, groupIds }: RollPerson, faceId: string, photograph?: Buffer): object => ({
  personId,
  groups: groupIds,
  faceId,
  ...(photograph === undefined ? {} : { picture: `data:;base64,${photograph.toString('base64')}` }),
});
