// Makes bench/template-statistics.bin from labelled photographs, a folder a person: what templates of real faces are like
// on the whole, and nobody's. Run: npm run bench:statistics -- FOLDER
import { writeFile } from 'node:fs/promises';
import { readPhotographs } from './photographs.ts';
import { statisticsFile, writeStatistics } from './templates.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('a folder of photographs is needed, one folder a person in it');
const faces = await readPhotographs(folder);
await writeFile(statisticsFile, writeStatistics(faces));
console.log(`${statisticsFile.pathname}: ${faces.length} templates`);
