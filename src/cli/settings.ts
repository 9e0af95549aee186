// How a subcommand is joined to the settings it takes.
import { type Command, Option } from 'commander';
import { readSettings } from '../config/read-settings.ts';
import { type Setting, writeDefault } from '../config/setting.ts';
import { rootKeySources, type SettingName, type Settings, settings } from '../config/settings.ts';

/** What it takes to open a data folder. */
export const librarySettings = ['data', ...rootKeySources] as const;

function describeSetting(setting: Setting): string {
  const { sentence, accepts, variable } = setting;
  const preset = writeDefault(setting);
  return `${sentence}: ${accepts}${preset === '' ? '' : `; default ${preset}`} [${variable}]`;
}

/** Adds the flags of settings to a command; the action gets them read, in the order flag, variable, default. */
export function withSettings<Name extends SettingName>(
  command: Command,
  names: readonly Name[],
  run: (given: Pick<Settings, Name>, ...rest: string[]) => Promise<void>,
): Command {
  for (const name of names) {
    const setting = settings[name];
    if (!('flag' in setting)) continue;
    const option = new Option(setting.flag, describeSetting(setting));
    if ('isRepeatable' in setting) option.argParser((text, before: string[] = []) => [...before, text]);
    command.addOption(option);
  }
  return command.action((...received: unknown[]) => {
    const rest = received.slice(0, -2) as string[];
    return run(readSettings(names, command.optsWithGlobals(), process.env), ...rest);
  });
}

export type WithSettings = typeof withSettings;
