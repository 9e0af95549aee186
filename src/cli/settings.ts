// How a subcommand is joined to the settings it takes; `main.ts` does it.
import type { Command } from 'commander';
import { rootKeySources, type SettingName, type Settings } from '../config.ts';

/** Adds the flags of settings to a command; the action gets them read, then the command's arguments. */
export type WithSettings = <Name extends SettingName>(
  command: Command,
  names: readonly Name[],
  run: (given: Pick<Settings, Name>, ...rest: string[]) => Promise<void>,
) => Command;

/** What it takes to open a data folder. */
export const librarySettings = ['data', ...rootKeySources] as const;
