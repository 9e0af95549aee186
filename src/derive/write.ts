// Writes the derived files: `npm run derive`, from the project's root.
import { writeFileSync } from 'node:fs';
import { derivedFiles } from './documents.ts';

for (const [path, text] of Object.entries(derivedFiles())) writeFileSync(path, text);
