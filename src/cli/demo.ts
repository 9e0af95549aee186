// `lethe demo`: the life of a face on real photographs, through the official client: enrolled, found, deleted, proven.
import { createPublicKey } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSettings } from '../config/read-settings.ts';
import { scoreOf } from '../gallery/decision.ts';
import type { Box, Calibration } from '../gallery/ports.ts';
import { verifyReceipt } from '../gallery/receipt-verification.ts';
import { cropFace } from '../images/crop.ts';
import { withDesk } from '../library.ts';
import { serverSettings, startLethe } from '../main.ts';
import { openLog } from '../server/observe.ts';
import { openOfficialClient } from './official-client.ts';
import { type PhotoServer, servePhotos } from './photo-server.ts';

// Photographs of @vladmandic/face-api (MIT), taken out of its package by `npm run models`.
const photoFolder = new URL('../../models/photos/', import.meta.url);
const group = 'demo';
// The three women of sample1.jpg from left to right; the one on the right stands again in sample3.jpg.
const persons = ['left', 'middle', 'right'];
const expected = 'right';

type Call = <Data>(path: string, body: object) => Promise<Data>;
interface Stage {
  readonly call: Call;
  readonly photos: PhotoServer;
  /** Of the server's models. */
  readonly calibration: Calibration;
}
interface Found {
  readonly faceItem: Box;
  readonly persons: readonly { readonly personId: string; readonly faceId: string; readonly rate: number }[];
}

export async function runDemo(): Promise<void> {
  if (!existsSync(photoFolder))
    throw new Error('the photographs of the demo are missing: run npm run models');
  const folder = await mkdtemp(join(tmpdir(), 'lethe-demo-'));
  try {
    const data = join(folder, 'data');
    await withServers(data, showLife);
    await showReceipt(data);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  console.log(`Stopped; ${folder} is removed.`);
}

async function showLife({ call, photos, calibration }: Stage): Promise<void> {
  const urlOfFirst = photos.publish('sample1.jpg', await readFile(new URL('sample1.jpg', photoFolder)));
  const urlOfThird = photos.publish('sample3.jpg', await readFile(new URL('sample3.jpg', photoFolder)));

  console.log('1. Enrol the faces of sample1.jpg, from left to right');
  await enrol(call, photos, urlOfFirst);

  console.log('2. Identify every face of sample3.jpg');
  const found = await identify(call, urlOfThird, calibration);
  const [match] = found;
  if (found.length !== 1 || match?.personId !== expected)
    throw new Error(`only ${expected} should have been found`);

  console.log(`3. Delete the face of ${expected}`);
  const { faceIds, deleteCount } = await call<{ faceIds: string[]; deleteCount: number }>(
    '/green/sface/face/delete',
    {
      personId: expected,
      faceIds: [match.faceId],
    },
  );
  console.log(`   deleteCount ${deleteCount}, faceIds ${faceIds.join(', ')}`);
  if (deleteCount !== 1) throw new Error('one face should have been deleted');

  console.log('4. Identify every face of sample3.jpg again');
  if ((await identify(call, urlOfThird, calibration)).length > 0)
    throw new Error('nobody should have been found');
}

/** Read from the library, since the official client hides the header that hands the receipt over. */
async function showReceipt(data: string): Promise<void> {
  console.log('5. Verify the receipt of the deletion');
  await withDesk({ data }, async (desk) => {
    const [receipt, ...others] = [...desk.receipts()];
    if (others.length > 0) throw new Error('there should have been one receipt');
    const { deleted, checks, technique } = verifyReceipt(receipt, createPublicKey(desk.receiptKey));
    console.log(
      `   signature good, faces ${deleted.faces}, slots read zero: ${checks.keySlotsReadZero} of keys, ${checks.recordSlotsReadZero} of templates`,
    );
    console.log(`   ${technique}`);
  });
}

async function enrol(call: Call, photos: PhotoServer, url: string): Promise<void> {
  const { faces } = await call<{ faces: { location: { x: number; y: number; w: number; h: number } }[] }>(
    '/green/face/detect',
    { url },
  );
  if (faces.length !== persons.length) throw new Error(`${persons.length} faces should have been found`);
  const boxes = faces
    .map(({ location: { x, y, w, h } }): Box => ({ x, y, width: w, height: h }))
    .sort((a, b) => a.x - b.x);
  for (const [i, personId] of persons.entries()) {
    const crop = await cropFace(photos.bytesOf('sample1.jpg'), boxes[i]!, 0.4);
    await call('/green/sface/person/add', {
      groupIds: [group],
      personId,
      name: `the woman on the ${personId}`,
    });
    const { faceImageItems } = await call<{
      faceImageItems: { faceId?: number; success: boolean; msg?: string }[];
    }>('/green/sface/face/add', { personId, urls: [photos.publish(`${personId}.jpg`, crop)] });
    const [item] = faceImageItems;
    if (!item?.success) throw new Error(`${personId} was not enrolled: ${item?.msg}`);
    console.log(`   ${personId.padEnd(7)} face ${item.faceId}`);
  }
}

/** The wire tells the rate; the score (cosine) is read off the model's curve. */
const describeMatch = ({ personId, rate }: Found['persons'][number], calibration: Calibration): string =>
  `${personId}, score ${scoreOf(rate, calibration).toFixed(2)}, rate ${rate}`;

async function identify(
  call: Call,
  url: string,
  calibration: Calibration,
): Promise<Found['persons'][number][]> {
  const [task] = await call<{ code: number; msg: string; results?: { topPersonData: Found[] }[] }[]>(
    '/green/image/scan',
    { scenes: ['sface-n'], tasks: [{ url, extras: { groupId: group } }] },
  );
  if (task?.results === undefined) throw new Error(`the search failed: ${task?.msg}`);
  const faces = [...task.results[0]!.topPersonData].sort((a, b) => a.faceItem.x - b.faceItem.x);
  for (const [i, { persons }] of faces.entries()) {
    const [best] = persons;
    console.log(`   face ${i + 1}  ${best === undefined ? 'nobody' : describeMatch(best, calibration)}`);
  }
  return faces.flatMap((face) => face.persons);
}

/** Runs the work against a server on a folder of its own, with the photographs served beside it on loopback. */
async function withServers(data: string, work: (stage: Stage) => Promise<void>): Promise<void> {
  const photos = await servePhotos();
  const flags = { data, port: '0', allowFetchFrom: ['127.0.0.1/32'] };
  const lethe = await startLethe(readSettings(serverSettings, flags, {}), openLog('error'));
  try {
    const { calibration } = await lethe.ready;
    const { id, secret } = lethe.firstKey!;
    const client = openOfficialClient({ accessKeyId: id, accessKeySecret: secret, endpoint: lethe.url });
    const call: Call = async <Data>(path: string, body: object) => {
      const headers = { 'content-type': 'application/json' };
      const answer = await client.request('POST', path, {}, JSON.stringify(body), headers, {
        timeout: 20_000,
      });
      const { code, msg, data } = answer as { code: number; msg: string; data: Data };
      if (code !== 200) throw new Error(`${path} answered ${code} ${msg}`);
      return data;
    };
    await work({ call, photos, calibration });
  } finally {
    await lethe.close();
    await photos.close();
  }
}
