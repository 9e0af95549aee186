// `npm run conformance`: the official clients against Lethe, or against the endpoint that GREEN_ENDPOINT names.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { portrait } from '../test/support/portraits.ts';
import { type ClientReport, conform, type Elsewhere } from './conform.ts';
import { pictureNames } from './lethe-stage.ts';
import { renderMatrix, replaceMatrix } from './matrix.ts';

const document = new URL('../docs/wire-format.md', import.meta.url);

const { values } = parseArgs({
  options: { short: { type: 'boolean', default: false }, pictures: { type: 'string' } },
});

/** For whoever asks a service that fetches public URLs only: the scenario's pictures, to be published. */
async function writePictures(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of pictureNames) await writeFile(join(folder, `${name}.jpg`), await portrait(name));
  console.log(`${pictureNames.length} pictures are in ${folder}`);
}

async function run(isShort: boolean): Promise<number> {
  const elsewhere = readElsewhere(process.env);
  const reports = await conform({
    ...(isShort ? { clients: ({ language }) => language === 'Node' } : {}),
    mayInstall: !isShort,
    ...(elsewhere === undefined ? {} : { elsewhere }),
  });
  console.log(renderMatrix(reports));
  const differences = reports.flatMap(differencesOf);
  for (const difference of differences) console.log(`\nDIFFERS  ${difference}`);
  const isWhole = reports.every((one) => !('skipped' in one) || one.client.language === 'PHP');
  if (isWhole && elsewhere === undefined) {
    await writeFile(document, replaceMatrix(await readFile(document, 'utf8'), renderMatrix(reports)));
    console.log('\nWritten into docs/wire-format.md');
  } else if (!isShort)
    console.log('\nNot written into docs/wire-format.md: not every client played against Lethe');
  const steps = reports.flatMap((one) => ('skipped' in one ? [] : [...one.played, ...one.handed]));
  console.log(`${steps.length - differences.length} passed, ${differences.length} failed`);
  return differences.length === 0 ? 0 : 1;
}

const differencesOf = (report: ClientReport): string[] =>
  'skipped' in report
    ? []
    : [...report.played, ...report.handed].flatMap(({ row, difference }) =>
        difference === undefined ? [] : [`${report.client.name} · ${row} · ${difference}`],
      );

/** @throws {Error} when an endpoint is given without what goes with it */
function readElsewhere(variables: NodeJS.ProcessEnv): Elsewhere | undefined {
  const endpoint = variables.GREEN_ENDPOINT;
  if (endpoint === undefined) return undefined;
  const id = variables.LETHE_ACCESS_KEY_ID ?? variables.ALIBABA_CLOUD_ACCESS_KEY_ID;
  const secret = variables.LETHE_ACCESS_KEY_SECRET ?? variables.ALIBABA_CLOUD_ACCESS_KEY_SECRET;
  const pictureBase = variables.GREEN_PICTURES;
  if (id === undefined || secret === undefined || pictureBase === undefined) {
    throw new Error(
      'GREEN_ENDPOINT goes with a key in ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, and with ' +
        'the pictures of npm run conformance -- --pictures FOLDER published under the URL in GREEN_PICTURES',
    );
  }
  const token = variables.ALIBABA_CLOUD_SECURITY_TOKEN;
  const key = { id, secret, ...(token === undefined ? {} : { token }) };
  return { endpoint, key, pictureBase: pictureBase.replace(/\/$/, '') };
}

if (values.pictures !== undefined) await writePictures(values.pictures);
else process.exitCode = await run(values.short);
