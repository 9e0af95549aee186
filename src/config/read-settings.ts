// Reads settings from flags and variables, checks them, and names the one that cannot be used.
import type { Setting } from './setting.ts';
import { rootKeySources, type SettingName, type Settings, settings } from './settings.ts';

/** A setting that cannot be used; the message names it and what it accepts, never the value of a secret. */
export class BadSetting extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'BadSetting';
  }
}

/**
 * Reads the settings asked for, flags before variables before defaults.
 * @throws {BadSetting} for the first that is not usable
 */
export function readSettings<Name extends SettingName>(
  names: readonly Name[],
  flags: Readonly<Partial<Record<SettingName, string | readonly string[]>>>,
  variables: Readonly<Record<string, string | undefined>>,
): Pick<Settings, Name> {
  const read = names.map((name) => [name, readSetting(name, flags[name], variables)]);
  const values = Object.fromEntries(read) as Settings;
  if (
    ('tlsCert' in values || 'tlsKey' in values) &&
    (values.tlsCert === undefined) !== (values.tlsKey === undefined)
  ) {
    throw new BadSetting('--tls-cert and --tls-key go together: give both or neither');
  }
  const sources = rootKeySources.filter((name) => values[name] !== undefined);
  if (sources.length > 1) {
    throw new BadSetting(`${sources.map(labelOf).join(' and ')} each name a root key: give one of them`);
  }
  return values;
}

/** As a person would write it: the flag, or the variable where there is none. */
function labelOf(name: SettingName): string {
  const setting: Setting = settings[name];
  return setting.flag?.split(' ')[0] ?? setting.variable;
}

function readSetting(
  name: SettingName,
  flag: string | readonly string[] | undefined,
  variables: Readonly<Record<string, string | undefined>>,
): unknown {
  const setting: Setting = settings[name];
  const variable = variables[setting.variable] || undefined;
  const given = flag ?? (setting.isRepeatable ? variable?.split(',').map((part) => part.trim()) : variable);
  const result = setting.schema.safeParse(given);
  if (result.success) return result.data;
  const label = flag === undefined ? setting.variable : labelOf(name);
  const shown = setting.flag === undefined ? '' : ` ${JSON.stringify(given)} cannot be used;`;
  throw new BadSetting(`${label}:${shown} it accepts ${setting.accepts}`);
}
