// `lethe backup`, `lethe restore` and `lethe ledger`: copies of a library, and what keeps them from bringing faces back.
import { open } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Settings } from '../config/settings.ts';
import { backUpLibrary, type LibrarySettings, readErasureLedger, restoreLibrary } from '../library.ts';
import { librarySettings, type WithSettings } from './settings.ts';

export function addBackupCommands(program: Command, withSettings: WithSettings): void {
  const backup = program
    .command('backup')
    .description('copy the data, beside a running server or without one; the keys go apart')
    .requiredOption('--to <folder>', 'new or empty folder for rows and ciphertext; no key goes there')
    .option(
      '--keys-to <folder>',
      'new or empty folder for the wrapped keys: another place, kept for days only',
    );
  withSettings(backup, ['data'], (given) => backUp(given, backup.opts()));

  const restore = program
    .command('restore')
    .description('put a backup in place, without whoever was deleted since')
    .requiredOption('--from <folder>', 'backup of the data')
    .option('--keys-from <folder>', 'backup of the keys, where those of the data folder are lost')
    .option(
      '--ledger <path>',
      'ledger of what was erased: exported, or a later backup; "none" where there is none',
    )
    .option('--replace', 'let what the data folder holds go');
  withSettings(restore, [...librarySettings, 'backupMaxAge'], (given) => bringBack(given, restore.opts()));

  const ledger = program
    .command('ledger')
    .description('write the ledger of what was erased, beside a running server or without one')
    .requiredOption('--to <file>', 'file for the JSON Lines, outside the data folder; replaced when there');
  withSettings(ledger, ['data'], (given) => exportLedger(given, ledger.opts().to));
}

async function backUp(
  { data }: Pick<Settings, 'data'>,
  { to, keysTo }: { to?: string; keysTo?: string },
): Promise<void> {
  const { faces, persons } = await backUpLibrary(data, to!, keysTo);
  console.log(`Backed up ${faces} faces of ${persons} persons to ${to}`);
  console.log(
    keysTo === undefined
      ? 'It holds no key: it can be restored where keys.bin still is'
      : `The keys went to ${keysTo}: keep them apart from it, and not for long`,
  );
}

interface RestoreFlags {
  readonly from?: string;
  readonly keysFrom?: string;
  readonly ledger?: string;
  readonly replace?: boolean;
}

async function bringBack(
  given: LibrarySettings & Pick<Settings, 'backupMaxAge'>,
  { from, keysFrom, ledger, replace }: RestoreFlags,
): Promise<void> {
  const restored = await restoreLibrary(given, {
    from: from!,
    keysFrom,
    ledger,
    isReplacing: replace === true,
  });
  console.log(
    `Restored the backup of ${restored.takenAt}: ${restored.faces} faces of ${restored.persons} persons`,
  );
  console.log(
    `Swept away: ${restored.facesWithoutKey} faces and ${restored.personsWithoutKey} persons deleted since`,
  );
  if (restored.slotsWiped > 0) {
    console.log(`Wiped: ${restored.slotsWiped} slots that the backup has no row for`);
  }
  if (restored.personsWithoutProfile > 0) {
    console.log(`${restored.personsWithoutProfile} persons lost name and note, which were changed since`);
  }
}

async function exportLedger({ data }: Pick<Settings, 'data'>, to: string): Promise<void> {
  const file = await open(to, 'w', 0o600);
  let lines = -1;
  try {
    for (const line of readErasureLedger(data)) {
      await file.write(`${line}\n`);
      lines += 1;
    }
    await file.sync();
  } finally {
    await file.close();
  }
  console.log(`${lines} entries written to ${to}`);
}
