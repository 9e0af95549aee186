// `lethe models`: states what the models in use are, where they come from and what their licences say.
import Table from 'cli-table3';
import { loadModels, modelsFolder } from '../biometrics/models.ts';
import type { Settings } from '../config/settings.ts';

export async function printModels({ models }: Pick<Settings, 'models'>): Promise<void> {
  const table = new Table({
    head: ['role', 'model', 'source', 'licence', 'caveat'],
    colWidths: [18, 16, 48, 24, 50],
    wordWrap: true,
    style: { head: [], border: [] },
  });
  const { all } = await loadModels(modelsFolder(models));
  for (const { role, id, source, licence, caveat } of all) {
    table.push([role, id, source, licence, caveat]);
  }
  console.log(table.toString());
}
