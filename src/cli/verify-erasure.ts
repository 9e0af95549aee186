// `lethe verify-erasure`: prints what was checked and what was found, and fails when anything was.
import Table from 'cli-table3';
import type { Command } from 'commander';
import { checkErasure, type LibrarySettings } from '../library.ts';
import { librarySettings, type WithSettings } from './settings.ts';

export function addVerifyCommand(program: Command, withSettings: WithSettings): void {
  const verify = program
    .command('verify-erasure')
    .description('check that nothing is left of what was deleted, beside a running server or without one')
    .option('--compact', 'rewrite the database without its gaps first; a running server waits for that')
    .option('--for <receipt>', 'look at one deletion, too, by the id of its receipt')
    .option('--salt <salt>', 'with --for: what x-lethe-receipt gave beside the id, to look for its faces');
  withSettings(verify, librarySettings, (given) => printChecks(given, verify.opts()));
}

/** Findings told in words; the table counts all. */
const mostTold = 10;

async function printChecks(
  folder: LibrarySettings,
  { compact, for: id, salt }: { compact?: boolean; for?: string; salt?: string },
): Promise<void> {
  if (salt !== undefined && id === undefined) throw new Error('--salt goes with --for');
  if (salt !== undefined && !/^[0-9a-f]{64}$/.test(salt)) {
    throw new Error('--salt: it accepts 64 hexadecimal digits');
  }
  const checks = await checkErasure(folder, {
    isCompacting: compact === true,
    receipt: id === undefined ? undefined : { id, salt },
  });
  const table = new Table({ head: ['check', 'looked at', 'findings'], style: { head: [], border: [] } });
  for (const { name, looked, findings } of checks) table.push([name, looked, findings.length]);
  console.log(table.toString());
  const findings = checks.flatMap((check) => check.findings);
  for (const finding of findings.slice(0, mostTold)) console.log(finding);
  if (findings.length > mostTold) console.log(`and ${findings.length - mostTold} more`);
  if (findings.length > 0) process.exitCode = 1;
  else console.log('Nothing is left of what was deleted.');
}
