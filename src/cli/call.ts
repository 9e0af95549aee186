// `lethe call <Action>`: calls any operation of a server; its flags are derived from the operation's schema.
import { type Command, Option } from 'commander';
import { BadSetting } from '../config/read-settings.ts';
import type { SettingName, Settings } from '../config/settings.ts';
import { type RequestField, requestFields } from '../derive/request-fields.ts';
import { operations } from '../operations/index.ts';
import type { Operation } from '../operations/operation.ts';
import type { WithSettings } from './settings.ts';
import { sendSigned } from './signed-request.ts';

const callSettings = [
  'endpoint',
  'accessKeyId',
  'accessKeySecret',
  'securityToken',
] as const satisfies readonly SettingName[];
type CallSettings = Pick<Settings, (typeof callSettings)[number]>;

/** Adds a subcommand for each operation. */
export function addCallCommands(call: Command, withSettings: WithSettings): void {
  for (const operation of operations) {
    const command = call
      .command(operation.action)
      .description(operation.summary)
      .option('--json <text>', 'the whole body as JSON, instead of the flags below')
      .option('--client-info <json>', 'who the end user is');
    const fields = requestFields(operation);
    for (const field of fields) command.addOption(new Option(flagOf(field), describe(field)));
    withSettings(command, callSettings, (given) =>
      callOperation(given, operation, bodyOf(command.opts(), fields), command.opts()),
    );
  }
}

const flagOf = ({ name, kind }: RequestField): string => {
  const dashed = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return `--${dashed} ${{ text: '<text>', number: '<number>', texts: '<text...>', json: '<json>' }[kind]}`;
};

const describe = ({ isRequired, schema }: RequestField): string =>
  [isRequired ? 'required' : '', (schema.description as string | undefined) ?? ''].filter(Boolean).join(': ');

function bodyOf(given: Record<string, unknown>, fields: readonly RequestField[]): string {
  if (typeof given.json === 'string') return given.json;
  const entries = fields
    .filter(({ name }) => given[name] !== undefined)
    .map(({ name, kind }) => [
      name,
      kind === 'number' ? Number(given[name]) : kind === 'json' ? readJson(name, given[name]) : given[name],
    ]);
  return JSON.stringify(Object.fromEntries(entries));
}

function readJson(name: string, text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    throw new Error(`${name}: it accepts JSON`);
  }
}

async function callOperation(
  { endpoint, accessKeyId, accessKeySecret, securityToken }: CallSettings,
  { path }: Operation,
  body: string,
  { clientInfo }: { clientInfo?: string },
): Promise<void> {
  if (accessKeyId === undefined || accessKeySecret === undefined) {
    throw new BadSetting(
      'LETHE_ACCESS_KEY_ID and LETHE_ACCESS_KEY_SECRET must hold the AccessKey to call with',
    );
  }
  const query = clientInfo === undefined ? '' : `?clientInfo=${encodeURIComponent(clientInfo)}`;
  const url = new URL(`${path}${query}`, endpoint);
  const key = { accessKeyId, accessKeySecret, securityToken };
  const response = await sendSigned(url, Buffer.from(body), key);
  const answer: unknown = JSON.parse(await response.text());
  console.log(JSON.stringify(answer, null, 2));
  if ((answer as { code?: unknown }).code !== 200) process.exitCode = 1;
}
