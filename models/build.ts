// `npm run models`: builds what is missing of the model sets beside this file, or says what failed and what to do.
import { fileURLToPath } from 'node:url';
import { buildModels } from './build-models.ts';

try {
  await buildModels(fileURLToPath(new URL('.', import.meta.url)), console.log);
} catch (error) {
  console.error(`models: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
