// The `lethe` command: every subcommand, joined to the settings it takes.
import { createRequire } from 'node:module';
import { Command } from 'commander';
import { BadSetting } from '../config/read-settings.ts';
import { addBackupCommands } from './backup.ts';
import { addCallCommands } from './call.ts';
import { runDemo } from './demo.ts';
import { evaluateFolder, evaluateSettings } from './evaluate-command.ts';
import { addExportCommand } from './export.ts';
import { addHoldCommands } from './holds.ts';
import { addImportCommand } from './import.ts';
import { addKeyCommands } from './keys.ts';
import { printModels } from './models.ts';
import { addReceiptCommands } from './receipts.ts';
import { addRetentionCommands } from './retention.ts';
import { serve, serveSettings } from './serve.ts';
import { withSettings } from './settings.ts';
import { addVerifyCommand } from './verify-erasure.ts';

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

const program = new Command('lethe')
  .description('A self-hosted face library that speaks the Alibaba Cloud Green face API')
  .version(version)
  .showHelpAfterError('(--help shows what there is)')
  .configureHelp({ showGlobalOptions: true });

withSettings(program.command('serve').description('serve a library'), serveSettings, serve);

addKeyCommands(program, withSettings);
addBackupCommands(program, withSettings);
addReceiptCommands(program, withSettings);
addHoldCommands(program, withSettings);
addRetentionCommands(program, withSettings);
addVerifyCommand(program, withSettings);

addCallCommands(program.command('call').description('call an operation of a server, signed'), withSettings);

addImportCommand(program, withSettings);
addExportCommand(program, withSettings);

withSettings(
  program.command('models').description('each model with its source, licence and caveat'),
  ['models'],
  printModels,
);

const evaluate = program
  .command('evaluate')
  .argument('<folder>', 'photographs, one folder a person')
  .description('measure the accuracy of the models on labelled photographs')
  .option('--pairs <csv>', 'pairs to compare, in the LFW form; all against all otherwise')
  .option('--markdown <file>', 'write the result between the evaluate markers of this file')
  .option(
    '--report <dir>',
    'write figures, charts (SVG and PNG) and the curve of false matches to this folder',
  );
withSettings(evaluate, evaluateSettings, (given, folder) => evaluateFolder(given, folder!, evaluate.opts()));

program
  .command('demo')
  .description(
    'show the life of a face on real photographs: enrolled, found, deleted, not found, with a receipt',
  )
  .action(runDemo);

try {
  await program.parseAsync();
} catch (error) {
  // What a person can mend is one sentence; anything else keeps its stack.
  const isPlain =
    error instanceof BadSetting || (error instanceof Error && (error.name === 'Error' || 'syscall' in error));
  console.error(isPlain ? `lethe: ${error.message}` : error);
  process.exitCode = 1;
}
