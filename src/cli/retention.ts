// `lethe retention`: the policies of groups, the schedule they make, and a run by hand where no server runs.
import Table from 'cli-table3';
import type { Command } from 'commander';
import type { SettingName, Settings } from '../config/settings.ts';
import type { Cleared, Limit, RetentionPolicy } from '../gallery/retention.ts';
import { maxLimitDays } from '../gallery/retention.ts';
import { scheduleHtml, scheduleMarkdown } from '../gallery/retention-schedule.ts';
import { type LibrarySettings, retentionRules, runRetention, withDesk } from '../library.ts';
import { writeDay } from '../wire/days.ts';
import { groupId as groupIdField } from '../wire/fields.ts';
import { librarySettings, type WithSettings } from './settings.ts';

interface PolicyFlags {
  readonly account: string;
  readonly group: string;
  readonly maxAge?: string;
  readonly idle?: string;
  readonly inactive?: string;
  readonly clear?: true;
}

const ruleSettings = [...librarySettings, 'retention'] as const satisfies readonly SettingName[];
const scheduleSettings = [
  ...ruleSettings,
  'strictConsent',
  'keepPhotos',
] as const satisfies readonly SettingName[];

export function addRetentionCommands(program: Command, withSettings: WithSettings): void {
  const retention = program
    .command('retention')
    .description('how long groups keep whom; set, show and schedule work beside a running server');
  const set = retention
    .command('set')
    .description("give a group a policy of its own, whole: limits left out follow the server's --retention")
    .option('--account <name>', 'account the group belongs to', 'default')
    .requiredOption('--group <id>', 'group, also one that does not exist yet')
    .option('--max-age <days>', 'days a face is kept after its enrolment, or off')
    .option('--idle <days>', 'days the group keeps its persons without being searched, or off')
    .option('--inactive <days>', 'days a person is kept after its last interaction, or off')
    .option('--clear', 'take the policy back');
  withSettings(set, librarySettings, (given) => setPolicy(given, set.opts()));
  withSettings(
    retention.command('show').description('list the policies of groups, and what holds for the others'),
    ruleSettings,
    showPolicies,
  );
  const schedule = retention
    .command('schedule')
    .description('print the retention schedule to be published: no personal data')
    .option('--html', 'as a web page; Markdown otherwise');
  withSettings(schedule, scheduleSettings, (given) => printSchedule(given, schedule.opts()));
  const run = retention
    .command('run')
    .description('delete what is due now, where no server runs; a server does it by itself every day')
    .option('--dry-run', 'delete nothing, and print what would go');
  withSettings(run, ruleSettings, (given) => runByHand(given, run.opts()));
}

async function setPolicy(folder: LibrarySettings, flags: PolicyFlags): Promise<void> {
  const { account, group, clear } = flags;
  if (!groupIdField.safeParse(group).success) throw new Error('--group: it accepts the id of a group');
  const policy: RetentionPolicy = {
    ...readLimit('--max-age', 'maxAgeDays', flags.maxAge),
    ...readLimit('--idle', 'idleDays', flags.idle),
    ...readLimit('--inactive', 'inactiveDays', flags.inactive),
  };
  const isEmpty = Object.keys(policy).length === 0;
  if (isEmpty !== (clear ?? false)) {
    throw new Error('give --max-age, --idle or --inactive, or --clear alone to take the policy back');
  }
  const isSet = await withDesk(folder, (desk) => desk.setPolicy(account, group, clear ? undefined : policy));
  if (!isSet) throw new Error(`there is no account ${account}; lethe keys list shows those there are`);
  console.log(
    clear
      ? `Group ${group} follows the default rules`
      : `Group ${group}: ${describePolicy(policy)}, from the next run on`,
  );
}

function readLimit(flag: string, name: keyof RetentionPolicy, text: string | undefined): RetentionPolicy {
  if (text === undefined) return {};
  const days = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (text !== 'off' && (days < 1 || days > maxLimitDays)) {
    throw new Error(`${flag}: it accepts 1 to ${maxLimitDays} days, or off`);
  }
  return { [name]: text === 'off' ? 'off' : days };
}

const names: Record<keyof RetentionPolicy, string> = {
  maxAgeDays: 'max age',
  idleDays: 'idle',
  inactiveDays: 'inactive',
};

const describePolicy = (policy: RetentionPolicy): string =>
  Object.entries(policy)
    .map(([name, limit]) => `${names[name as keyof RetentionPolicy]} ${daysOf(limit)}`)
    .join(', ');

const daysOf = (limit: Limit | undefined): string =>
  limit === undefined ? 'default' : limit === 'off' ? 'off' : `${limit} d`;

const plain = { style: { head: [], border: [] } };

async function showPolicies(given: Pick<Settings, (typeof ruleSettings)[number]>): Promise<void> {
  const policies = await withDesk(given, (desk) => desk.listPolicies());
  const table = new Table({ head: ['account', 'group', ...Object.values(names)], ...plain });
  const rules = retentionRules(given);
  for (const { account, groupId, policy } of policies) {
    table.push([account, groupId, ...Object.keys(names).map((name) => daysOf(policy[name as 'idleDays']))]);
  }
  table.push(['all', 'all others', ...Object.keys(names).map((name) => daysOf(rules[name as 'idleDays']))]);
  console.log(table.toString());
}

async function printSchedule(
  given: Pick<Settings, (typeof scheduleSettings)[number]>,
  { html }: { html?: true },
): Promise<void> {
  const policies = await withDesk(given, (desk) => desk.listPolicies());
  const source = {
    rules: retentionRules(given),
    policies,
    isConsentRequired: given.strictConsent,
    keptPhotographs: given.keepPhotos,
  };
  console.log(html ? scheduleHtml(source) : scheduleMarkdown(source));
}

async function runByHand(
  given: Pick<Settings, (typeof ruleSettings)[number]>,
  { dryRun = false }: { dryRun?: boolean },
): Promise<void> {
  const head = ['account', 'person', dryRun ? 'would go' : 'gone', 'why', 'receipt'];
  const table = new Table({ head, ...plain });
  const counts = await runRetention(given, {
    isDryRun: dryRun,
    onCleared: (cleared) => {
      const { account, personId, reasons, receipt } = cleared;
      table.push([
        account,
        personId ?? '(id lost)',
        describeCleared(cleared),
        reasons.join(', '),
        receipt?.id ?? '',
      ]);
    },
  });
  if (table.length > 0) console.log(table.toString());
  const { day, persons, faces, memberships } = counts;
  console.log(
    `${dryRun ? 'Due' : 'Deleted'} on ${writeDay(day)} (UTC): ${persons} persons, ${faces} faces with theirs, ` +
      `${memberships} memberships of persons who stay`,
  );
}

const describeCleared = ({ isPersonGone, faceIds, faces, groupIds }: Cleared): string =>
  [
    ...(isPersonGone ? ['the person'] : groupIds.map((groupId) => `leaves ${groupId}`)),
    ...faceIds.map((faceId) => `face ${faceId}`),
    ...(faces > faceIds.length ? [`${faces - faceIds.length} unreadable faces`] : []),
  ].join('\n');
