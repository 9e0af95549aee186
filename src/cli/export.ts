// `lethe export`: who is enrolled, as NDJSON that `lethe import` takes back; never a template, never a key.
import { open, rename, rm } from 'node:fs/promises';
import type { Command } from 'commander';
import { type LibrarySettings, openLibraryRoll, type RollPerson } from '../main.ts';
import { writeDay } from '../wire/days.ts';
import { librarySettings, type WithSettings } from './settings.ts';

interface ExportFlags {
  readonly to: string;
  readonly account: string;
}

const notice =
  'Personal data: ids, names, notes, groups, consents and legal holds of everybody enrolled. Keep it as you keep the library.';

const help = `
The file is personal data in clear: ids, names, notes, groups, face ids, consents and legal holds of one account.
It has mode 600 and holds no template and no key; lethe import FILE takes it back, faces with their pictures only.`;

export function addExportCommand(program: Command, withSettings: WithSettings): void {
  const command = program
    .command('export')
    .description('write the persons of an account as NDJSON: personal data in clear')
    .requiredOption('--to <file>', 'file for the JSON Lines, ending in .ndjson; replaced when there')
    .option('--account <name>', 'account whose persons are written', 'default')
    .addHelpText('after', help);
  withSettings(command, librarySettings, (given) => exportPersons(given, command.opts()));
}

async function exportPersons(given: LibrarySettings, { to, account }: ExportFlags): Promise<void> {
  if (!/\.(ndjson|jsonl)$/i.test(to))
    throw new Error('--to: it accepts a file that ends in .ndjson or .jsonl');
  const roll = await openLibraryRoll(given);
  const part = `${to}.part`;
  try {
    await rm(part, { force: true });
    const file = await open(part, 'wx', 0o600);
    let [persons, faces] = [0, 0];
    try {
      await file.appendFile(
        lineOf({ 'lethe-export': 1, notice, account, writtenAt: new Date().toISOString() }),
      );
      for (const person of roll.persons(account)) {
        await file.appendFile(rowsOf(person).map(lineOf).join(''));
        persons += 1;
        faces += person.faceIds.length;
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, to);
    console.log(
      `${persons} persons and the ids of ${faces} faces written to ${to}: personal data, keep it so`,
    );
    if (roll.nameless > 0) console.log(`${roll.nameless} persons are left out: id, name and note are lost`);
    const others = [...roll.accounts.keys()].filter((name) => name !== account);
    if (others.length > 0) console.log(`Other accounts (--account): ${others.join(', ')}`);
  } finally {
    await roll.close();
    await rm(part, { force: true });
  }
}

const lineOf = (value: object): string => `${JSON.stringify(value)}\n`;

/** A row for the person, a row for each face. */
function rowsOf({ personId, name, note, groupIds, faceIds, consent, holds }: RollPerson): object[] {
  const person = {
    personId,
    name,
    note,
    groups: groupIds,
    ...(consent === undefined
      ? {}
      : { consent: { ...consent, endDay: undefined, endsOn: writeDay(consent.endDay) } }),
    ...(holds.length === 0
      ? {}
      : {
          holds: holds.map(({ faceId, reason, owner, untilMs }) => ({
            faceId,
            reason,
            owner,
            until: new Date(untilMs).toISOString().slice(0, 10),
          })),
        }),
  };
  return [person, ...faceIds.map((faceId) => ({ personId, groups: groupIds, faceId }))];
}
