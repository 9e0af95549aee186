// `lethe models`: states what the models in use are, where they come from and what their licences say.
import Table from 'cli-table3';
import type { Settings } from '../config.ts';
import { describeModels } from '../main.ts';

export async function printModels({ models }: Pick<Settings, 'models'>): Promise<void> {
  const table = new Table({
    head: ['role', 'model', 'source', 'licence', 'caveat'],
    colWidths: [18, 16, 48, 24, 50],
    wordWrap: true,
    style: { head: [], border: [] },
  });
  for (const { role, id, source, licence, caveat } of await describeModels(models)) {
    table.push([role, id, source, licence, caveat]);
  }
  console.log(table.toString());
}
