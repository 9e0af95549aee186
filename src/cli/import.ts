// `lethe import`: brings persons and pictures into a running Lethe: from a Green service, a folder, a CSV or NDJSON file.
import { lookup } from 'node:dns/promises';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { BadSetting } from '../config/read-settings.ts';
import type { SettingName, Settings } from '../config/settings.ts';
import { allowAddresses } from '../images/addresses.ts';
import { getGroups } from '../operations/get-groups.ts';
import { groupId as groupIdField } from '../wire/fields.ts';
import { openFileSource } from './import-file.ts';
import { openFolderSource } from './import-folder.ts';
import { openGreenSource } from './import-green.ts';
import type { ImportSource } from './import-item.ts';
import type { ImportRules } from './import-person.ts';
import { isNdjson, summarise, writeReport } from './import-report.ts';
import { runToEnd } from './import-run.ts';
import { ImportState } from './import-state.ts';
import { Remote } from './remote.ts';
import type { WithSettings } from './settings.ts';
import type { SigningKey } from './signed-request.ts';

const importSettings = [
  'endpoint',
  'accessKeyId',
  'accessKeySecret',
  'securityToken',
  'sourceAccessKeyId',
  'sourceAccessKeySecret',
  'sourceSecurityToken',
  'rate',
  'atOnce',
  'allowFetchFrom',
] as const satisfies readonly SettingName[];
type Given = Pick<Settings, (typeof importSettings)[number]>;

interface ImportFlags {
  readonly fromGreen?: string;
  readonly group?: readonly string[];
  readonly pictures?: string;
  readonly fixIds?: boolean;
  readonly intoExisting?: boolean;
  readonly report?: string;
  readonly state?: string;
}

/** A call of 20 large pictures may take so long. */
const graceMs = 10_000;

const help = `
The Lethe at --endpoint must run; LETHE_ACCESS_KEY_ID and LETHE_ACCESS_KEY_SECRET hold its AccessKey.

  lethe import photos/ --group staff            photos/mike/1.jpg: a folder is a person's id, its files are pictures
  lethe import people.csv                       columns personId, name, note, groups, picture (a path or a URL)
  lethe import people.ndjson                    the same as JSON objects, a line each; also what lethe export writes
  lethe import --from-green https://green.cn-shanghai.aliyuncs.com
                                                LETHE_SOURCE_ACCESS_KEY_ID and LETHE_SOURCE_ACCESS_KEY_SECRET hold its key

Interrupted, it goes on where it stopped when it is run again; what is enrolled is never enrolled twice.
Report and state hold personal data (mode 600): delete them when the move is done.
It ends with 0 when every picture is enrolled, with 1 when the report names some that are not.`;

export function addImportCommand(program: Command, withSettings: WithSettings): void {
  const command = program
    .command('import')
    .argument('[path]', 'a folder with a folder a person, or a .csv, .ndjson or .jsonl file')
    .description('enrol persons from a folder, a file or another Green service')
    .option('--from-green <url>', 'endpoint of the service to read, instead of a path')
    .option('--group <id>', 'group that everybody joins; several are allowed', collect)
    .option('--pictures <folder>', "where the file's paths begin and must stay; its own folder otherwise")
    .option('--fix-ids', 'replace names that are no valid ids by those the report suggests')
    .option('--into-existing', 'add faces also to persons who were in Lethe before')
    .option('--report <file>', 'what became of each face, CSV or .ndjson; beside the path otherwise')
    .option('--state <file>', 'what was done so far; beside the path otherwise')
    .addHelpText('after', help);
  withSettings(command, importSettings, (given, path) => runImport(given, path, command.opts()));
}

const collect = (text: string, before: string[] = []): string[] => [...before, text];

async function runImport(given: Given, path: string | undefined, flags: ImportFlags): Promise<void> {
  const lethe = new Remote(given.endpoint, readKey(given));
  const { source, base } = await openSource(given, path, flags);
  const report = flags.report ?? `${base}.import-report.csv`;
  const statePath = flags.state ?? `${base}.import-state`;
  await lethe.probe(getGroups);
  const state = await ImportState.open(statePath, source.label, new URL(given.endpoint).origin);
  try {
    if (state.isUnderWay) console.log('Going on with the import that was interrupted');
    try {
      const { isWhole, enrolled, persons, facesASecond } = await runToEnd({
        source,
        lethe,
        state,
        atOnce: given.atOnce,
        isIntoExisting: flags.intoExisting === true,
        graceMs,
      });
      console.log(
        `Enrolled now: ${enrolled} faces, ${facesASecond.toFixed(1)} a second; ${persons} new persons`,
      );
      if (!isWhole) console.log('Stopped before the end: run the same command again to go on');
      process.exitCode = isWhole ? 0 : 130;
    } finally {
      await writeReport(report, state.rows);
      printSummary(state, report, statePath);
    }
  } finally {
    await state.close();
  }
}

function printSummary(state: ImportState, report: string, statePath: string): void {
  const { enrolled, others } = summarise(state.rows);
  console.log(`Enrolled in all: ${enrolled} faces`);
  if (others.length > 0) {
    console.log('Not enrolled:');
    for (const [words, count] of others) console.log(`  ${String(count).padStart(6)}  ${words}`);
    process.exitCode ||= 1;
  }
  console.log(`Report, a line a face: ${report}`);
  console.log(`State, for running again: ${statePath}`);
  console.log('Both hold personal data: delete them when the move is done');
}

function readKey({ accessKeyId, accessKeySecret, securityToken }: Given): SigningKey {
  if (accessKeyId === undefined || accessKeySecret === undefined) {
    throw new BadSetting(
      'LETHE_ACCESS_KEY_ID and LETHE_ACCESS_KEY_SECRET must hold an AccessKey of the Lethe',
    );
  }
  return { accessKeyId, accessKeySecret, securityToken };
}

/** What is read, and the path that report and state are named after. */
async function openSource(
  given: Given,
  path: string | undefined,
  { fromGreen, group = [], fixIds, pictures }: ImportFlags,
): Promise<{ source: ImportSource; base: string }> {
  for (const id of group) {
    const { error } = groupIdField.safeParse(id);
    if (error !== undefined) throw new BadSetting(`--group: it ${error.issues[0]?.message}`);
  }
  if ((path === undefined) === (fromGreen === undefined)) {
    throw new BadSetting('give a folder or a file, or --from-green with an endpoint');
  }
  const rules: ImportRules = { groupIds: group, isFixingIds: fixIds === true };
  if (path === undefined) return openGreen(given, fromGreen!, rules);
  const base = resolve(path);
  if ((await stat(base)).isDirectory()) {
    if (group.length === 0)
      throw new BadSetting('--group: a folder names no groups, so give one that all join');
    return { source: openFolderSource(base, rules), base };
  }
  if (!isNdjson(base) && !/\.(csv|tsv)$/i.test(base)) {
    throw new BadSetting(`${path}: it must be a folder or end in .csv, .tsv, .ndjson or .jsonl`);
  }
  const isAllowed = allowAddresses(given.allowFetchFrom);
  return { source: openFileSource(base, { ...rules, pictures, isAllowed }), base };
}

async function openGreen(
  given: Given,
  endpoint: string,
  rules: ImportRules,
): Promise<{ source: ImportSource; base: string }> {
  if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol)) {
    throw new BadSetting('--from-green: it accepts an http or https URL');
  }
  const { hostname, host, origin } = new URL(endpoint);
  if (origin === new URL(given.endpoint).origin) {
    throw new BadSetting('--from-green and --endpoint name the same server');
  }
  const { sourceAccessKeyId: accessKeyId, sourceAccessKeySecret: accessKeySecret } = given;
  if (accessKeyId === undefined || accessKeySecret === undefined) {
    throw new BadSetting(
      'LETHE_SOURCE_ACCESS_KEY_ID and LETHE_SOURCE_ACCESS_KEY_SECRET must hold an AccessKey of the source',
    );
  }
  const key = { accessKeyId, accessKeySecret, securityToken: given.sourceSecurityToken };
  const remote = new Remote(origin, key, given.rate);
  await remote.probe(getGroups);
  // The service that the operator names may hand out pictures of its own, also in a private network.
  const own = await lookup(hostname.replace(/^\[|\]$/g, ''), { all: true }).catch(() => []);
  const isAllowed = allowAddresses([...given.allowFetchFrom, ...own.map(({ address }) => address)]);
  return {
    source: openGreenSource(remote, { ...rules, isAllowed }),
    base: resolve(`green-${host.replace(/[^\w.]+/g, '-')}`),
  };
}
