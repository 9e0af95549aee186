// `lethe serve`: starts the server, says where it is and how to call it, and ends cleanly.
import type { Settings } from '../config/settings.ts';
import type { KeySeed } from '../gallery/access-keys.ts';
import { serverSettings, startLethe } from '../main.ts';
import { openLog } from '../server/observe.ts';
import { describeThresholds } from './threshold-words.ts';

export const serveSettings = [...serverSettings, 'logLevel'] as const;

export async function serve(given: Pick<Settings, (typeof serveSettings)[number]>): Promise<void> {
  const lethe = await startLethe(given, openLog(given.logLevel));
  const ended = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  console.log(`Lethe listens on ${lethe.url}${lethe.tlsUrl === undefined ? '' : ` and ${lethe.tlsUrl}`}`);
  for (const notice of lethe.notices) console.log(notice);
  if (lethe.firstKey !== undefined) console.log(firstKeyWords(lethe.firstKey, lethe.url));
  try {
    const { faces, damagedRecords, calibration, thresholds } = await lethe.ready;
    if (damagedRecords > 0) console.log(damageWords(damagedRecords));
    console.log(`Ready: ${faces} ${faces === 1 ? 'face' : 'faces'} loaded`);
    for (const line of describeThresholds(calibration, thresholds, faces)) console.log(line);
    await ended;
  } finally {
    await lethe.close();
  }
}

const damageWords = (records: number): string =>
  `Damaged: ${records === 1 ? '1 record does not open, because the disk changed its bytes' : `${records} records do not open, because the disk changed their bytes`}. ` +
  'The others are served; `lethe verify-erasure` names the slots, and a backup may hold them whole.';

const firstKeyWords = ({ id, secret }: KeySeed, url: string): string => `
This library is new. Its first AccessKey (the secret is shown this once, and stored sealed):

  AccessKey id      ${id}
  AccessKey secret  ${secret}

With the official Node client (npm i @alicloud/pop-core):

  const { ROAClient } = require('@alicloud/pop-core');
  const client = new ROAClient({
    accessKeyId: '${id}',
    accessKeySecret: '${secret}',
    endpoint: '${url}',
    apiVersion: '2018-05-09',
  });
  client.request('POST', '/green/sface/groups', {}, '{}', { 'content-type': 'application/json' }).then(console.log);
`;
