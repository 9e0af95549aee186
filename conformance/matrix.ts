// The matrix of the wire-format document: what each client was given and what it made of refusals.
import { Refusal } from '../src/wire/errors.ts';
import { clients } from './clients.ts';
import type { ClientReport } from './conform.ts';
import { gatewayRefusals } from './handed-refusals.ts';
import { type Outcome, rowOf } from './play.ts';
import { scenario } from './scenario/index.ts';

const begin = '<!-- conformance: begin -->';
const end = '<!-- conformance: end -->';

type Cell = 'yes' | 'read' | 'no' | 'left out' | 'skipped';
const signs: Record<Cell, string> = { yes: '✓', read: '○', no: '✗', 'left out': '', skipped: '–' };

/** What is not a refusal of the gateway, in the order of the scenario. */
export const rows = [...new Set(scenario.map(rowOf))].filter(
  (row) => !(gatewayRefusals as readonly string[]).includes(row),
);

const cellOf = (outcomes: readonly Outcome[]): Cell => {
  if (outcomes.length === 0) return 'left out';
  if (outcomes.some(({ difference }) => difference !== undefined)) return 'no';
  return outcomes.every(({ cannot }) => cannot !== undefined) ? 'left out' : 'yes';
};

const atRow = (outcomes: readonly Outcome[], row: string) => outcomes.filter((one) => one.row === row);

function refusalCell(report: ClientReport, name: string): Cell {
  if ('skipped' in report) return 'skipped';
  const handed = cellOf(atRow(report.handed, name));
  const provoked = cellOf(atRow(report.played, name));
  if (handed !== 'yes' || provoked === 'no') return 'no';
  return provoked === 'yes' ? 'yes' : 'read';
}

const operationCell = (report: ClientReport, row: string): Cell =>
  'skipped' in report ? 'skipped' : cellOf(atRow(report.played, row));

const lineOf = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** Heading of a table: what stands in its rows, then every client. */
export const headOf = (corner: string): string => lineOf([corner, ...clients.map(({ name }) => name)]);

const table = (corner: string, lines: readonly (readonly string[])[]): string =>
  [headOf(corner), lineOf(['---', ...clients.map(() => ':-:')]), ...lines.map(lineOf)].join('\n');

/** Why a client's SDK could not be made to send anything of what a row asks for. */
function reasonsOf(report: ClientReport): string[] {
  if ('skipped' in report) return [`- ${report.client.name} was skipped: ${report.skipped}.`];
  const rowsByReason = new Map<string, Set<string>>();
  for (const { row, cannot } of report.played) {
    const isAny = atRow(report.played, row).some((one) => one.cannot === undefined);
    if (cannot !== undefined && !isAny)
      rowsByReason.set(cannot, (rowsByReason.get(cannot) ?? new Set()).add(row));
  }
  return [...rowsByReason].map(
    ([reason, without]) => `- ${report.client.name}, ${[...without].join(', ')}: ${reason}.`,
  );
}

/** In Markdown: the clients, operations by client, refusals by client, and why a cell is no tick. */
export function renderMatrix(reports: readonly ClientReport[]): string {
  const packages = [...new Set(reports.map(({ client }) => client.packages))];
  const operations = rows.map((row) => [row, ...reports.map((one) => signs[operationCell(one, row)])]);
  const refusals = gatewayRefusals.map((name) => [
    `\`${new Refusal(name, '…').code}\` (${name})`,
    ...reports.map((one) => signs[refusalCell(one, name)]),
  ]);
  return [
    `Clients: ${packages.join('; ')}.`,
    table('operation', operations),
    table('refusal of the gateway', refusals),
    reports.flatMap(reasonsOf).join('\n'),
  ].join('\n\n');
}

/** Puts a matrix between the document's markers. @throws {Error} when they are not there */
export function replaceMatrix(document: string, matrix: string): string {
  const from = document.indexOf(begin);
  const to = document.indexOf(end);
  if (from < 0 || to < from) throw new Error('docs/wire-format.md has lost its conformance markers');
  return `${document.slice(0, from + begin.length)}\n\n${matrix}\n\n${document.slice(to)}`;
}
