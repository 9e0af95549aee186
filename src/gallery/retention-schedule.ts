// The public retention schedule (BIPA 15(a): what, how long, how destroyed), derived from the rules in force.
import type { KeptPhotographs } from './recognise.ts';
import type { GroupPolicy, Limit, RetentionRules } from './retention.ts';

/** What the schedule is derived from. */
export interface ScheduleSource {
  readonly rules: RetentionRules;
  readonly policies: readonly GroupPolicy[];
  readonly isConsentRequired: boolean;
  readonly keptPhotographs: KeptPhotographs;
}

/** A page of plain parts, so that Markdown and HTML say the same. */
type Part =
  | { readonly heading: string }
  | { readonly text: string }
  | { readonly list: readonly string[] }
  | { readonly table: readonly (readonly string[])[] };

const days = (limit: Limit): string =>
  limit === 'off' ? 'no limit' : `${limit} ${limit === 1 ? 'day' : 'days'}`;

/** Groups that have rules of their own, then all others; the account only where there are several. */
function scheduleRows({ rules, policies }: ScheduleSource): string[][] {
  const isShared = new Set(policies.map(({ account }) => account)).size > 1;
  const own = policies.map(({ account, groupId, policy }): [string, RetentionRules] => [
    isShared ? `${account} / ${groupId}` : groupId,
    { ...rules, ...policy },
  ]);
  const rest: [string, RetentionRules] = [own.length === 0 ? 'all' : 'all others', rules];
  return [...own, rest].map(([name, { maxAgeDays, idleDays, inactiveDays }]) => [
    name,
    days(maxAgeDays),
    days(inactiveDays),
    days(idleDays),
  ]);
}

const photographsKept: Record<KeptPhotographs, string> = {
  none: 'Photographs are not kept.',
  crop: 'Of the photograph that a face was enrolled from, the part that shows the face is kept, encrypted, until the face is destroyed and together with it.',
  original:
    'The photograph that a face was enrolled from is kept whole, encrypted, until the face is destroyed and together with it.',
};

function scheduleParts(source: ScheduleSource): Part[] {
  const { rules, isConsentRequired } = source;
  return [
    { heading: 'Retention and destruction of face data' },
    {
      text: `What is kept: of each enrolled face a template (numbers computed from a photograph) and the day of enrolment; of each person an id and, where given, a name, a note and the consent on record. ${photographsKept[source.keptPhotographs]}`,
    },
    {
      text: 'Each is destroyed on the first of these days. Days begin at 00:00 UTC; destruction follows within the hour while the service runs, and at its next start otherwise.',
    },
    {
      table: [
        [
          'group',
          'after enrolment of the face',
          'after the last interaction',
          'after the last search of the group',
        ],
        ...scheduleRows(source),
      ],
    },
    {
      list: [
        'After enrolment: a face goes when it is older than the shortest such limit among the groups of its person.',
        'After the last interaction (being enrolled, changed, or found by a search): the person leaves the group.',
        'After the last search of the group, counted no earlier than the joining and the newest face of the person: the person leaves the group. A group that nobody searches serves no purpose any more.',
        'A person whom these leave without a group or without a face is destroyed whole: faces, name, note, id and consent.',
        ...(rules.idleDays === 'off'
          ? []
          : [
              `A person in no group, whom no search can find, is destroyed ${days(rules.idleDays)} after the last interaction.`,
            ]),
        isConsentRequired
          ? 'Consent: no face is enrolled without one on record. On the day it ends, and at once when it is withdrawn, the person is destroyed whole.'
          : 'Consent: where one is on record, the person is destroyed whole on the day it ends, and at once when it is withdrawn.',
        'At any time on request.',
        'Exception: what a legal hold keeps, with a reason, an owner and an end on record, is destroyed on the first such day after the hold.',
      ],
    },
    {
      text: 'How it is destroyed: the key that alone opens the record is overwritten with zeros, then the encrypted record itself, both on disk before the destruction counts (NIST SP 800-88 Rev. 2, cryptographic erase), and the template in memory. A signed receipt that names nobody records each destruction.',
    },
  ];
}

/** The page as Markdown. */
export const scheduleMarkdown = (source: ScheduleSource): string =>
  scheduleParts(source)
    .map((part) => {
      if ('heading' in part) return `# ${part.heading}`;
      if ('text' in part) return part.text;
      if ('list' in part) return part.list.map((item) => `- ${item}`).join('\n');
      const [head, ...rows] = part.table.map((cells) => `| ${cells.join(' | ')} |`);
      return [head, `|${' --- |'.repeat(part.table[0]!.length)}`, ...rows].join('\n');
    })
    .join('\n\n');

// Group ids hold no such characters; the sentences do.
const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** The page as a whole HTML document. */
export const scheduleHtml = (source: ScheduleSource): string => {
  const row = (cells: readonly string[], tag: 'th' | 'td') =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`;
  const parts = scheduleParts(source);
  const body = parts.map((part) => {
    if ('heading' in part) return `<h1>${escapeHtml(part.heading)}</h1>`;
    if ('text' in part) return `<p>${escapeHtml(part.text)}</p>`;
    if ('list' in part) return `<ul>${part.list.map((item) => `<li>${escapeHtml(item)}</li>`).join('')}</ul>`;
    return `<table>${part.table.map((cells, i) => row(cells, i === 0 ? 'th' : 'td')).join('\n')}</table>`;
  });
  const title = 'Retention and destruction of face data';
  return `<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>${title}</title>\n${body.join('\n')}\n</html>`;
};
